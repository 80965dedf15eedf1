import ArgumentParser
import Entities
import JSON
import Journal
import Node
import Primitives

/// One run of the program: parses, runs, and says how it ended.
struct Invocation {
    let arguments: [String]

    init(_ arguments: [String]) { self.arguments = arguments }

    /// Whether errors are to be JSON. Looked up by hand, as an error may be about the arguments themselves.
    var wantsJSON: Bool { arguments.prefix { $0 != "--" }.contains("--json") }

    func run() async -> CommandExit {
        do {
            let command = try HoldfastCommand.parseAsRoot(arguments)
            try await Self.run(command)
            StandardOutput.flush()
            return .done
        } catch {
            StandardOutput.flush()
            return report(error)
        }
    }

    private static func run(_ command: some ParsableCommand) async throws {
        var command = command
        if var asynchronous = command as? any AsyncParsableCommand {
            try await asynchronous.run()
        } else {
            try command.run()
        }
    }

    private func report(_ error: any Error) -> CommandExit {
        guard let failure = Self.failure(from: error) else { return reportParsing(error) }
        if wantsJSON {
            StandardError.line(Self.json(failure))
        } else {
            StandardError.line("Error: \(failure.message)")
            if let requestID = failure.requestID, failure.exit == .outcomeUnknown {
                StandardError.line("To try again without counting twice, add: --request-id \(requestID)")
            }
        }
        return failure.exit
    }

    /// Help and version are no errors; the rest of the parser's words are about usage.
    private func reportParsing(_ error: any Error) -> CommandExit {
        let message = HoldfastCommand.fullMessage(for: error)
        guard HoldfastCommand.exitCode(for: error) != .success else {
            if !message.isEmpty { StandardOutput.line(message) }
            StandardOutput.flush()
            return .done
        }
        if wantsJSON {
            StandardError.line(Self.json(.usage(HoldfastCommand.message(for: error))))
        } else {
            StandardError.line(message)
        }
        return .usage
    }

    /// Nil for what the parser has to say.
    static func failure(from error: any Error) -> CommandFailure? {
        switch error {
        case let failure as CommandFailure: failure
        case let failure as Failure: CommandFailure(failure)
        case let error as NodeError: CommandFailure(error)
        case let error as JournalError: CommandFailure(error)
        case is JSONError, is MalformedBytes: CommandFailure(.journal, "corrupt", "a record cannot be read: \(error)")
        case _ where HoldfastCommand.exitCode(for: error) == .failure: CommandFailure(.unavailable, "failed", "\(error)")
        default: nil
        }
    }

    static func json(_ failure: CommandFailure) -> String {
        var body = JSONObject([("code", .string(failure.code)), ("message", .string(failure.message))])
        body["requestID"] = failure.requestID.map(JSONValue.string)
        return JSONValue.object(JSONObject([("error", .object(body))])).description
    }
}
