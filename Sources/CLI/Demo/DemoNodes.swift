import Foundation

/// The demo's nodes: `node-1`, `node-2` and so on, each a process with a folder of its own.
actor DemoNodes {
    private let folder: String
    private var nodes: [ChildNode] = []

    init(folder: String) { self.folder = folder }

    /// Starts one more node and waits until it serves.
    @discardableResult
    func start(seed: String? = nil) async throws -> ChildNode {
        let name = "node-\(nodes.count + 1)"
        let port = try FreePorts.pick(1)[0]
        let node = try ChildNode.start(
            ChildNode.Launch(
                data: "\(folder)/\(name)", port: port, seeds: seed.map { [$0] } ?? [], name: name))
        nodes.append(node)
        try await node.waitUntilReady()
        return node
    }

    /// `kill -9`; returns the process that was hit, once it is gone.
    func kill(_ name: String) async throws -> Int32 {
        guard let node = nodes.first(where: { $0.launch.name == name }) else {
            throw ChildError("there is no node \(name) to be killed")
        }
        node.kill()
        _ = await node.waitForExit()
        return node.pid
    }

    /// Ends every node that lives.
    func stop() async {
        let living = nodes.filter { $0.process.exit == nil }
        await withTaskGroup(of: Void.self) { group in
            for node in living { group.addTask { await node.stop() } }
        }
    }

    nonisolated func journal(of name: String) -> String { "\(folder)/\(name)/journal.db" }
}
