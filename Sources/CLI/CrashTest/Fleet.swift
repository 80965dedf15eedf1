import Foundation
import Node

/// The nodes of a run: real processes with folders and ports of their own.
actor Fleet {
    private var launches: [ChildNode.Launch]
    private var nodes: [ChildNode?]
    private let patience: Duration
    nonisolated let addresses: [String]

    init(_ settings: CrashTestSettings) throws {
        let ports = try FreePorts.pick(settings.nodes)
        launches = ports.enumerated().map { position, port in
            ChildNode.Launch(
                executable: settings.executable, data: "\(settings.folder)/node\(position + 1)", port: port,
                seeds: position == 0 ? [] : ["127.0.0.1:\(ports[0])"], name: "node\(position + 1)")
        }
        addresses = launches.map(\.address)
        nodes = Array(repeating: nil, count: settings.nodes)
        patience = settings.patience
    }

    nonisolated var count: Int { addresses.count }
    var folders: [String] { launches.map(\.data) }
    var isUp: [Bool] { nodes.map { $0 != nil } }

    func start(_ position: Int) throws -> ChildNode {
        let node = try ChildNode.start(launches[position])
        nodes[position] = node
        return node
    }

    /// Starts a node that is down and waits until it serves. Returns how long that took.
    @discardableResult
    func startUntilReady(_ position: Int) async throws -> Duration {
        let node = try start(position)
        try await node.waitUntilReady(timeout: patience)
        return node.timeToReady ?? .zero
    }

    /// `kill -9`; returns once the process is gone.
    func kill(_ position: Int) async throws {
        guard let node = nodes[position] else { return }
        guard node.process.exit == nil else { throw died(position, node) }
        node.kill()
        guard await node.waitForExit() != nil else { throw ChildError("node\(position + 1) does not die") }
        nodes[position] = nil
    }

    /// `kill -9` of all, the signals at one moment.
    func killAll() async throws {
        for case let node? in nodes { node.kill() }
        for position in nodes.indices {
            guard let node = nodes[position] else { continue }
            guard await node.waitForExit() != nil else { throw ChildError("node\(position + 1) does not die") }
            nodes[position] = nil
        }
    }

    func pause(_ position: Int) { nodes[position]?.pause() }
    func resume(_ position: Int) { nodes[position]?.resume() }

    /// SIGTERM; returns how it ended, nil if that took longer than `limit`, and how long it took.
    func terminate(_ position: Int, within limit: Duration = .seconds(5)) async throws -> (exit: ExitStatus?, time: Duration) {
        guard let node = nodes[position] else { return (.code(0), .zero) }
        let start = ContinuousClock.now
        node.terminate()
        let exit = await node.waitForExit(timeout: limit)
        let time = (node.process.exitedAt ?? ContinuousClock.now) - start
        if exit == nil {
            node.kill()
            _ = await node.waitForExit()
        }
        nodes[position] = nil
        return (exit, time)
    }

    /// Says which node has ended by itself, if one has: no node may.
    func checkAlive() throws {
        for (position, node) in nodes.enumerated() {
            if let node, node.process.exit != nil { throw died(position, node) }
        }
    }

    private func died(_ position: Int, _ node: ChildNode) -> ChildError {
        ChildError(
            "node\(position + 1) ended by itself with \(node.process.exit!). The end of \(node.launch.logFile):\n"
                + node.endOfLog())
    }

    /// Ends what still runs.
    func endAll() async {
        for case let node? in nodes { node.kill() }
        for case let node? in nodes { _ = await node.waitForExit() }
    }

    /// A node that has data needs no seeds: some restarts go without.
    func useSeeds(_ isWanted: Bool, for position: Int) {
        launches[position].seeds = isWanted && position > 0 ? [addresses[0]] : []
    }
}
