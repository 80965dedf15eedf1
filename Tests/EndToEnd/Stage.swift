import CLI
import Foundation
import Testing

/// Everything here runs real processes, two tests at a time; see `Places`.
@Suite struct EndToEnd {}

/// A folder of its own, the nodes started in it, and the `holdfast` program to talk to them. Nothing outlives it.
final class Stage {
    let folder: String
    private var nodes: [ChildNode] = []
    private var commands = 0

    private init() throws {
        folder = NSTemporaryDirectory() + "/holdfast-end-to-end-\(UUID().uuidString.prefix(8))"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    }

    /// - Parameter isAlone: for a test whose measure is time.
    static func run(isAlone: Bool = false, _ body: (Stage) async throws -> Void) async throws {
        let place = await Places.shared.take(isAlone: isAlone)
        let start = ContinuousClock.now
        do {
            try await run(body)
        } catch {
            await Places.shared.giveBack(place)
            throw error
        }
        await Places.shared.giveBack(place)
        // What the test runner tells counts the wait for a place.
        print("On the stage for \((ContinuousClock.now - start).formatted(.units(allowed: [.seconds], fractionalPart: .show(length: 1)))): \(Test.current?.name ?? "")")
    }

    private static func run(_ body: (Stage) async throws -> Void) async throws {
        let stage = try Stage()
        do {
            try await body(stage)
            await stage.end(keeping: false)
        } catch {
            await stage.end(keeping: true)
            throw error
        }
    }

    private func end(keeping isKept: Bool) async {
        for node in nodes { node.kill() }
        for node in nodes { _ = await node.waitForExit() }
        if isKept {
            print("The nodes' files are kept in \(folder)")
        } else {
            try? FileManager.default.removeItem(atPath: folder)
        }
    }

    /// The program, beside the bundle of tests.
    static let executable: String = {
        let bundle = Bundle.allBundles.first { $0.bundlePath.hasSuffix(".xctest") }?.bundlePath
        let place = bundle ?? ownExecutable()
        return (place as NSString).deletingLastPathComponent + "/holdfast"
    }()

    // MARK: Nodes

    func launch(_ name: String, port: Int? = nil, seeds: [String] = [], arguments: [String] = []) throws -> ChildNode.Launch {
        var launch = ChildNode.Launch(
            executable: Self.executable, data: "\(folder)/\(name)", port: try port ?? FreePorts.pick(1)[0], seeds: seeds,
            name: name)
        launch.extraArguments = arguments
        return launch
    }

    /// Starts a node and returns at once.
    func begin(_ launch: ChildNode.Launch) throws -> ChildNode {
        let node = try ChildNode.start(launch)
        nodes.append(node)
        return node
    }

    func start(_ launch: ChildNode.Launch) async throws -> ChildNode {
        let node = try begin(launch)
        try await node.waitUntilReady()
        return node
    }

    /// A node of its own cluster.
    func startOne(arguments: [String] = []) async throws -> ChildNode { try await start(launch("node1", arguments: arguments)) }

    /// A cluster whose shards have all their replicas.
    func startThree(arguments: [String] = []) async throws -> [ChildNode] {
        let first = try await startOne(arguments: arguments)
        var all = [first]
        for name in ["node2", "node3"] { all.append(try await start(launch(name, seeds: [first.address], arguments: arguments))) }
        let wait = try await run(["cluster", "wait", "3", "--settled", "--timeout", "60"], at: first)
        #expect(wait.exit == .code(0), "\(wait)")
        return all
    }

    func restart(_ node: ChildNode) async throws -> ChildNode { try await start(node.launch) }

    // MARK: Commands

    struct Result: CustomStringConvertible {
        var exit: CLI.ExitStatus
        var output: String
        var errors: String

        var line: String { output.trimmingCharacters(in: .whitespacesAndNewlines) }
        var description: String { "\(exit); output: \(output); errors: \(errors)" }
    }

    /// - Parameter runner: words before the program's own, for one that is started by another.
    func run(
        _ arguments: [String], at node: ChildNode? = nil, through runner: [String] = [], environment: [String: String] = [:],
        executable: String = Stage.executable, timeout: Duration = .seconds(60)
    ) async throws -> Result {
        commands += 1
        let errorFile = "\(folder)/command\(commands).err"
        let words = runner + [executable] + arguments + (node.map { ["--connect", $0.address] } ?? [])
        var launch = ChildProcess.Launch(executable: words[0], arguments: Array(words.dropFirst()), errorFile: errorFile)
        launch.environment = environment
        let process = try ChildProcess.start(launch)
        guard let exit = await process.waitForExit(timeout: timeout) else {
            process.signal(SIGKILL)
            throw ChildError("`holdfast \(arguments.joined(separator: " "))` did not end within \(timeout)")
        }
        let errors = (try? String(contentsOfFile: errorFile, encoding: .utf8)) ?? ""
        return Result(exit: exit, output: process.output, errors: errors)
    }

    func increment(_ id: String, by amount: Int64, requestID: String? = nil, at node: ChildNode) async throws -> Result {
        let request = requestID.map { ["--request-id", $0] } ?? []
        return try await run(["counter", "increment", id, "--by", "\(amount)"] + request, at: node)
    }

    func get(_ id: String, at node: ChildNode) async throws -> Result { try await run(["counter", "get", id], at: node) }

    // MARK: Files

    /// All bytes of a file, to see whether something touched it.
    func content(_ path: String) throws -> Data { try Data(contentsOf: URL(fileURLWithPath: path)) }
}
