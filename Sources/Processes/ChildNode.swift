internal import Foundation

/// A `holdfast node`, or a program with the same command, in a process of its own: real sockets, a real file, and real signals to be hit with.
///
/// ```swift
/// let node = try ChildNode.start(ChildNode.Launch(data: folder, port: try FreePorts.pick(1)[0]))
/// try await node.waitUntilReady()
/// node.kill()
/// ```
package final class ChildNode: Sendable {
    package struct Launch: Sendable {
        /// This very program, if nothing else is said.
        package var executable: String
        package var data: String
        /// Where it listens.
        package var host = "127.0.0.1"
        package var port: Int
        /// Where HTTP is served; the node's own default if nil.
        package var httpPort: Int?
        /// `host:port` of nodes to join.
        package var seeds: [String]
        package var name: String
        package var extraArguments: [String] = []
        /// Words before the program's own, for one that is started by another: `ip netns exec NAME`.
        package var runner: [String] = []
        /// Added to this process's environment.
        package var environment: [String: String] = [:]
        /// Takes standard error, of every start one after the other.
        package var logFile: String

        /// - Parameter logFile: `node.log` beside the folder, with the folder's name, if nil.
        package init(
            executable: String = ownExecutable(), data: String, port: Int, httpPort: Int? = nil, seeds: [String] = [],
            name: String = "", logFile: String? = nil
        ) {
            self.executable = executable
            self.data = data
            self.port = port
            self.httpPort = httpPort
            self.seeds = seeds
            self.name = name
            self.logFile = logFile ?? data + ".log"
        }

        package var address: String { "\(host):\(port)" }

        package var arguments: [String] {
            var arguments = ["node", "--data", data, "--listen", address]
            if let httpPort { arguments += ["--http", "127.0.0.1:\(httpPort)"] }
            for seed in seeds { arguments += ["--seed", seed] }
            if !name.isEmpty { arguments += ["--name", name] }
            return arguments + extraArguments
        }
    }

    package let launch: Launch
    package let process: ChildProcess

    private init(launch: Launch, process: ChildProcess) {
        self.launch = launch
        self.process = process
    }

    /// Starts the node and returns at once.
    package static func start(_ launch: Launch) throws(ChildError) -> ChildNode {
        let words = launch.runner + [launch.executable] + launch.arguments
        var child = ChildProcess.Launch(executable: words[0], arguments: Array(words.dropFirst()), errorFile: launch.logFile)
        // Settings of the shell that this was started from are not meant for these nodes.
        for variable in ProcessInfo.processInfo.environment.keys where variable.hasPrefix("HOLDFAST_") { child.environment[variable] = "" }
        child.environment.merge(launch.environment) { $1 }
        let process = try ChildProcess.start(child)
        return ChildNode(launch: launch, process: process)
    }

    package var pid: Int32 { process.pid }
    package var address: String { launch.address }

    /// Whether `ready` has been printed: the node serves.
    package var isReady: Bool { process.firstLineAt != nil && process.output.hasPrefix("ready\n") }

    /// How long the way from the start to `ready` took; nil before it.
    package var timeToReady: Duration? { process.firstLineAt.map { $0 - process.startedAt } }

    /// - Throws: if the node ends first, or is not ready in time; the message has the end of its log.
    package func waitUntilReady(timeout: Duration = .seconds(30)) async throws(ChildError) {
        _ = await waitUntil(within: timeout) { isReady || process.exit != nil }
        guard !isReady else { return }
        let what = process.exit.map { "ended with \($0)" } ?? "was not ready after \(timeout)"
        throw ChildError(
            "node \(launch.name) (pid \(pid), \(address)) \(what) before it was ready. The end of \(launch.logFile):\n"
                + endOfLog())
    }

    /// `kill -9`.
    package func kill() { process.signal(SIGKILL) }
    /// Asks the node to hand over, flush and end.
    package func terminate() { process.signal(SIGTERM) }
    /// Stops the process in its tracks, sockets open.
    package func pause() { process.signal(SIGSTOP) }
    package func resume() { process.signal(SIGCONT) }

    package func waitForExit(timeout: Duration = .seconds(10)) async -> ExitStatus? {
        await process.waitForExit(timeout: timeout)
    }

    /// Ends the process: by SIGTERM, and if that takes longer than `timeout`, by `kill -9`.
    @discardableResult
    package func stop(timeout: Duration = .seconds(6)) async -> ExitStatus? {
        resume()
        terminate()
        if let exit = await waitForExit(timeout: timeout) { return exit }
        kill()
        return await waitForExit(timeout: .seconds(5))
    }

    /// The last lines of the node's log.
    package func endOfLog(lines: Int = 12) -> String {
        guard let text = try? String(contentsOfFile: launch.logFile, encoding: .utf8) else { return "" }
        return text.split(separator: "\n").suffix(lines).joined(separator: "\n")
    }
}

/// The path of the program that runs.
package func ownExecutable() -> String {
    #if os(Linux)
        if let path = try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe") { return path }
    #endif
    return Bundle.main.executablePath ?? CommandLine.arguments[0]
}
