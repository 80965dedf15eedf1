import ArgumentParser
import Entities
import Foundation
import Node

struct ShellCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "shell",
        abstract: "A prompt for quick looks at a cluster.",
        discussion: """
            `help` lists what it knows. Arrow keys, Ctrl-A/E/K/U/W and Tab edit; the history is kept in ~/.holdfast_history, or in the file that \
            HOLDFAST_HISTORY names (empty: nowhere). Lines may also be piped in; then the exit code is that of the last one that failed.
            """)

    @OptionGroup var cluster: ClusterOptions
    @OptionGroup var output: OutputOptions

    func run() async throws {
        let isInteractive = isatty(STDIN_FILENO) == 1
        let failure = try await cluster.withCluster { cluster in
            let session = ShellSession(cluster: cluster, timeout: self.cluster.limit, output: output)
            return isInteractive ? await interact(session) : try await obey(session)
        }
        if let failure { throw failure }
    }

    private static func historyFile(_ environment: [String: String]) -> String? {
        if let named = environment["HOLDFAST_HISTORY"] { return named.isEmpty ? nil : named }
        return environment["HOME"].map { $0 + "/.holdfast_history" }
    }

    private func interact(_ session: ShellSession) async -> CommandFailure? {
        var editor = LineEditor(
            prompt: "\(Program.current.name)> ", words: ShellSession.verbs, historyFile: Self.historyFile(ProcessInfo.processInfo.environment))
        StandardError.line("Connected. `help` lists what this prompt knows, `quit` or Ctrl-D ends it.")
        while case let input = editor.read(), input != .end {
            guard case .line(let line) = input else { continue }
            do {
                guard try await session.run(line) else { break }
            } catch {
                StandardOutput.flush()
                StandardError.line("Error: \(session.failure(error).message)")
            }
            StandardOutput.flush()
        }
        editor.save()
        return nil
    }

    /// Runs all lines; each failure is told where it happens.
    private func obey(_ session: ShellSession) async throws -> CommandFailure? {
        var lines = try LineSource(path: nil)
        var last: CommandFailure?
        while let line = try lines.next() {
            do {
                guard try await session.run(String(decoding: line, as: UTF8.self)) else { break }
            } catch {
                let failure = session.failure(error)
                if let former = last { StandardError.line("Error: \(former.message)") }
                last = CommandFailure(failure.exit, failure.code, "line \(lines.number): \(failure.message)", requestID: failure.requestID)
            }
            StandardOutput.flush()
        }
        return last
    }
}
