internal import Foundation
internal import Synchronization

/// How a process ended.
package enum ExitStatus: Hashable, Sendable, CustomStringConvertible {
    case code(Int32)
    case signal(Int32)

    package var description: String {
        switch self {
        case .code(let code): "exit code \(code)"
        case .signal(let signal): "signal \(signal)"
        }
    }
}

/// Why a process could not be started, or did not do in time what was awaited of it.
package struct ChildError: Error, CustomStringConvertible {
    package var description: String
    package init(_ description: String) { self.description = description }
}

/// A process of its own, with its output collected. It never outlives this process; see `Lifeline`.
///
/// Signals go to the process itself, never to a later one with the same number: it is reaped only under the lock that
/// `signal` takes.
package final class ChildProcess: Sendable {
    package struct Launch: Sendable {
        package var executable: String
        package var arguments: [String]
        /// Added to this process's environment, or set anew in it.
        package var environment: [String: String] = [:]
        /// Standard error is appended to this file.
        package var errorFile: String

        package init(executable: String, arguments: [String], errorFile: String) {
            self.executable = executable
            self.arguments = arguments
            self.errorFile = errorFile
        }
    }

    private struct State {
        var output: [UInt8] = []
        /// When the first line of output was complete.
        var firstLineAt: ContinuousClock.Instant?
        var exit: ExitStatus?
        var exitedAt: ContinuousClock.Instant?
    }

    /// Output beyond this is read and thrown away.
    private static let outputBytesMax = 16 << 20

    package let pid: Int32
    package let startedAt: ContinuousClock.Instant
    private let state = Mutex(State())

    private init(pid: pid_t) {
        self.pid = pid
        startedAt = ContinuousClock.now
    }

    /// Starts a process with standard input from `/dev/null`, in a process group of its own.
    package static func start(_ launch: Launch) throws(ChildError) -> ChildProcess {
        var pipe: [Int32] = [-1, -1]
        guard Foundation.pipe(&pipe) == 0 else { throw ChildError("pipe: \(errorText())") }
        let pid: pid_t
        do throws(ChildError) {
            pid = try Spawn.start(launch, output: pipe[1])
        } catch {
            close(pipe[0])
            close(pipe[1])
            throw error
        }
        close(pipe[1])
        Lifeline.shared.add(pid)
        let child = ChildProcess(pid: pid)
        let reading = pipe[0]
        let thread = Thread { child.collect(from: reading) }
        thread.name = "child-\(pid)"
        thread.start()
        return child
    }

    /// Reads the output to its end and takes the exit status. The process's own thread.
    private func collect(from reading: Int32) {
        var buffer = [UInt8](repeating: 0, count: 64 << 10)
        while true {
            let count = read(reading, &buffer, buffer.count)
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { break }
            state.withLock { state in
                if state.output.count < Self.outputBytesMax { state.output += buffer[..<count] }
                if state.firstLineAt == nil, buffer[..<count].contains(UInt8(ascii: "\n")) {
                    state.firstLineAt = ContinuousClock.now
                }
            }
        }
        close(reading)
        var information = siginfo_t()
        while waitid(P_PID, id_t(pid), &information, WEXITED | WNOWAIT) != 0, errno == EINTR {}
        state.withLock { state in
            Lifeline.shared.remove(pid)
            var status: Int32 = 0
            while waitpid(pid, &status, 0) < 0, errno == EINTR {}
            let signal = status & 0x7f
            state.exit = signal == 0 ? .code((status >> 8) & 0xff) : .signal(signal)
            state.exitedAt = ContinuousClock.now
        }
    }

    /// Sends a signal; does nothing once the process has ended.
    package func signal(_ number: Int32) {
        state.withLock { state in
            if state.exit == nil { _ = Foundation.kill(pid, number) }
        }
    }

    /// Nil while the process lives.
    package var exit: ExitStatus? { state.withLock { $0.exit } }
    package var exitedAt: ContinuousClock.Instant? { state.withLock { $0.exitedAt } }
    package var firstLineAt: ContinuousClock.Instant? { state.withLock { $0.firstLineAt } }

    /// Everything on standard output so far.
    package var output: String { state.withLock { String(decoding: $0.output, as: UTF8.self) } }

    /// Waits for the end; nil if it has not come after `timeout`.
    package func waitForExit(timeout: Duration) async -> ExitStatus? {
        _ = await waitUntil(within: timeout) { exit != nil }
        return exit
    }
}

/// Waits until `condition` holds. False if it does not within `limit`.
package func waitUntil(
    within limit: Duration, every pause: Duration = .milliseconds(2), _ condition: () async -> Bool
) async -> Bool {
    let end = ContinuousClock.now + limit
    while true {
        if await condition() { return true }
        guard ContinuousClock.now < end else { return false }
        do { try await Task.sleep(for: pause) } catch { return await condition() }
    }
}

/// What the system says of an error.
package func errorText(_ code: Int32 = errno) -> String { String(cString: strerror(code)) }
