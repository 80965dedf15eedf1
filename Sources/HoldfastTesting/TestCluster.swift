public import Entities
internal import Foundation
internal import Logging
public import Node
internal import Processes

/// Nodes of one cluster in this process: real sockets on loopback, real journals in a folder that goes when the cluster ends.
///
/// ```swift
/// try await TestCluster.run(kinds: [BankAccount.self]) { cluster in
///     let accounts = try await cluster.entities(BankAccount.self)
///     _ = try await accounts["alice"].send(BankAccount.Deposit(cents: 500))
///     await cluster.kill(0)
///     #expect(try await accounts["alice"].ask(BankAccount.Balance()) == 500)
///     try await cluster.restart(0)
/// }
/// ```
public actor TestCluster {
    private let folder: String
    private let addresses: [String]
    private let kinds: [any Entity.Type]
    private var nodes: [Node?]
    private let client: Cluster

    private static let silent = Logger(label: "holdfast.testing", factory: { _ in SwiftLogNoOpLogHandler() })

    /// Starts nodes, has `body` use them, and ends them.
    /// - Parameters:
    ///   - nodes: 1 to 9. With three or more, one can be killed and the rest goes on.
    ///   - kinds: what the nodes run.
    ///   - shards: of each kind.
    ///   - body: uses the cluster, which ends with it.
    /// - Throws: what `body` throws; `NodeError` or `Failure` if the cluster cannot be started.
    public static func run<Result: Sendable>(
        nodes: Int = 3, kinds: [any Entity.Type], shards: Int = 4, body: (TestCluster) async throws -> Result
    ) async throws -> Result {
        precondition((1...9).contains(nodes), "a test cluster has 1 to 9 nodes")
        let folder = NSTemporaryDirectory() + "/holdfast-test-cluster-\(UUID().uuidString.prefix(8))"
        let addresses = try FreePorts.pick(nodes).map { "127.0.0.1:\($0)" }
        var started: [Node] = []
        do {
            for position in 0..<nodes {
                let configuration = configuration(position, folder, addresses)
                started.append(try await Node.start(configuration, kinds: kinds))
            }
            try await started[0].waitUntilReady()
            for kind in kinds { try await register(kind, shards, on: started[0]) }
            try await started[0].waitFor(members: nodes)
            try await started[0].waitUntilSettled()
            let client = try await Cluster.connect(to: addresses, logger: silent)
            let cluster = TestCluster(folder, addresses, kinds, started, client)
            let result: Result
            do { result = try await body(cluster) } catch {
                await cluster.end()
                throw error
            }
            await cluster.end()
            return result
        } catch {
            for node in started { await node.abandon() }
            try? FileManager.default.removeItem(atPath: folder)
            throw error
        }
    }

    private init(_ folder: String, _ addresses: [String], _ kinds: [any Entity.Type], _ nodes: [Node], _ client: Cluster) {
        self.folder = folder
        self.addresses = addresses
        self.kinds = kinds
        self.nodes = nodes
        self.client = client
    }

    private static func configuration(_ position: Int, _ folder: String, _ addresses: [String]) -> NodeConfiguration {
        var configuration = NodeConfiguration(dataDirectory: "\(folder)/node\(position + 1)")
        configuration.name = "node\(position + 1)"
        configuration.listenAddress = addresses[position]
        configuration.seeds = position == 0 ? [] : [addresses[0]]
        configuration.logger = silent
        return configuration
    }

    private static func register<E: Entity>(_ kind: E.Type, _ shards: Int, on node: Node) async throws {
        _ = try await node.entities(kind, shards: shards)
    }

    /// The entities of one kind, through a client outside the nodes.
    public func entities<E: Entity>(_ kind: E.Type) async throws -> EntityCollection<E> { try await client.entities(kind) }

    /// Ends a node, counted from 0, as the end of its process would: it hands nothing over, and its connections break. For `kill -9` of
    /// real processes there is ``Workload/crashTest(program:nodes:for:faults:callers:seed:progress:)``.
    public func kill(_ position: Int) async {
        let node = nodes[position]
        nodes[position] = nil
        await node?.abandon()
    }

    /// Stops a node, counted from 0, as SIGTERM would: it hands over first.
    public func stop(_ position: Int) async {
        let node = nodes[position]
        nodes[position] = nil
        await node?.stop()
    }

    /// Starts a node that was killed or stopped, on its old folder and address, and waits until it serves.
    /// - Throws: `NodeError`
    public func restart(_ position: Int) async throws {
        precondition(nodes[position] == nil, "node \(position) runs")
        let node = try await Node.start(Self.configuration(position, folder, addresses), kinds: kinds)
        nodes[position] = node
        try await node.waitUntilReady()
    }

    /// Waits until every shard has an owner and all its replicas, so that another node can be killed.
    /// - Throws: `Failure` after a minute.
    public func waitUntilSettled() async throws { try await client.waitUntilSettled() }

    private func end() async {
        await client.close()
        for node in nodes { await node?.abandon() }
        nodes = []
        try? FileManager.default.removeItem(atPath: folder)
    }
}
