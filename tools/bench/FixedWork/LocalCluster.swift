import Directory
import Engine
import Entities
import JSON
import Primitives

/// Three nodes in one thread: the same work takes the same instructions, whatever else the machine does.
final class LocalCluster {
    private(set) var nodes: [LocalNode] = []
    private(set) var clock = LocalClock()
    private let cluster = UniqueID(high: 0x486F_6C64, low: 0x6661_7374)
    private var nextTick: Instant = .zero
    private var connected: Set<[UInt32]> = []
    private var nextToken: UInt64 = 1

    /// - Parameter folder: for the nodes' journals; empty.
    init(folder: String, nodes count: Int) throws {
        nodes.append(
            try LocalNode(folder: "\(folder)/1", cluster: cluster, node: NodeID(1), clock: clock) { engine, _ in
                engine.found(name: "node-1", address: Self.address(1))
            })
        _ = try ask(.registerKind(name: Counter.kind, shards: 10, replication: nil))
        for number in 2...count { try join(number, folder) }
        while try !isSettled() {
            for _ in 0..<1_000 { try step() }
        }
    }

    private static func address(_ number: Int) -> NodeAddress {
        // A constant of the right form.
        try! NodeAddress("node:\(7400 + number)")
    }

    private func join(_ number: Int, _ folder: String) throws {
        let file = UniqueID(high: 0, low: UInt64(number))
        let map = try ask(
            .join(
                file: file, name: "", address: Self.address(number), startCounter: 1,
                process: UniqueID(high: UInt64(number), low: 1)))
        let node = map.members.first { $0.file == file }!.id
        nodes.append(
            try LocalNode(folder: "\(folder)/\(number)", cluster: cluster, node: node, clock: clock) { engine, _ in
                engine.adopt(name: "")
                engine.learnPeers(
                    map.members.map { EngineOutputs.PeerAddress(node: $0.id, address: $0.address.description) })
            })
    }

    // MARK: Asking

    /// Changes the directory; gives the map as it is then.
    private func ask(_ command: DirectoryCommand) throws -> ClusterMap {
        try document(.directory(JSON.encode(command)))
    }

    func map() throws -> ClusterMap { try document(.shardMap) }

    private func isSettled() throws -> Bool {
        let status: ClusterStatus = try document(.status)
        let owners = Set(status.shards.filter { $0.group != .directory }.compactMap(\.owner))
        return status.isSettled && owners.count == nodes.count
    }

    private func document<Value: Decodable>(_ request: ClusterRequest) throws -> Value {
        while true {
            let token = nextToken
            nextToken += 1
            try nodes[0].turn(clock) { $0.request(.cluster(request), token: token) }
            while nodes[0].responses[token] == nil { try step() }
            if case .document(let body)? = nodes[0].responses[token] { return try JSON.decode(Value.self, from: body) }
        }
    }

    // MARK: Time

    /// Delivers every frame that is under way, and lets a tenth of a millisecond pass.
    func step() throws {
        clock.advance(Span(nanoseconds: 100_000))
        for node in nodes {
            for frame in node.takeFrames() {
                guard let receiver = nodes.first(where: { $0.engine.node == frame.to }) else { continue }
                try receiver.turn(clock) { try $0.received(frame.bytes, from: node.engine.node) }
            }
        }
        guard nextTick <= clock.now else { return }
        nextTick = clock.now + .milliseconds(50)
        for node in nodes { try connect(node) }
        for node in nodes { try node.turn(clock) { $0.tick() } }
    }

    private func connect(_ node: LocalNode) throws {
        for peer in node.peers where nodes.contains(where: { $0.engine.node == peer.node }) {
            guard connected.insert([node.engine.node.rawValue, peer.node.rawValue]).inserted else { continue }
            try node.turn(clock) { $0.peerConnected(peer.node, startCounter: 1) }
        }
    }
}
