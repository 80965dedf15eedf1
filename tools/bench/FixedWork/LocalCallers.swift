import Directory
import Engine
import Entities
import Primitives

/// Callers over the cluster's counters, each with one request under way: what a client's loop puts on the wire, without the wire.
struct LocalCallers {
    private let cluster: LocalCluster
    private let kind: KindRecord
    private let owners: [UInt32]
    private let callers: Int
    private let counters: Int
    private let reads: Int
    private var generator = RandomGenerator(seed: 1)
    private var number: UInt64 = 0
    private let increment = Array(#"{"by":1}"#.utf8)
    private let client = ClientID(1)

    /// - Parameter reads: in a hundred requests.
    init(_ cluster: LocalCluster, callers: Int, counters: Int, reads: Int) throws {
        self.cluster = cluster
        self.callers = callers
        self.counters = counters
        self.reads = reads
        let map = try cluster.map()
        kind = map.kinds.first { $0.name == Counter.kind }!
        owners = map.owners
    }

    /// Every caller sends `rounds` requests, the next when the last of all is answered.
    mutating func run(rounds: Int) throws {
        for _ in 0..<rounds {
            var frames: [UInt32: ByteWriter] = [:]
            let acknowledged = number + 1
            for _ in 0..<callers { write(acknowledgedBelow: acknowledged, to: &frames) }
            for node in cluster.nodes {
                guard let frame = frames[node.engine.node.rawValue] else { continue }
                try node.turn(cluster.clock) { try $0.received(frame.bytes, from: client) }
            }
            var answered = try takeAnswers()
            while answered < callers {
                try cluster.step()
                answered += try takeAnswers()
            }
        }
    }

    private mutating func write(acknowledgedBelow: UInt64, to frames: inout [UInt32: ByteWriter]) {
        number += 1
        let entity = Array("bench-\(Int.random(in: 0..<counters, using: &generator))".utf8)
        let owner = owners[Int(kind.group(of: entity).rawValue) - 1]
        let request: Request =
            Int.random(in: 0..<100, using: &generator) < reads
            ? .query(
                EntityQuery(
                    kind: kind.name, entity: entity, name: "balance", payload: Array("{}".utf8), consistency: .linearizable))
            : .command(
                EntityCommand(
                    kind: kind.name, entity: entity, name: "increment", payload: increment,
                    request: .session(
                        SessionRequest(client: 7, opened: 1_700_000_000_000, number: number, acknowledgedBelow: acknowledgedBelow))))
        frames[owner, default: ByteWriter()].write(number)
        frames[owner, default: ByteWriter()].write(request)
    }

    private func takeAnswers() throws -> Int {
        var count = 0
        for node in cluster.nodes {
            for frame in node.takeAnswers() {
                var reader = ByteReader(frame)
                while !reader.isAtEnd {
                    let _: UInt64 = try reader.read()
                    switch try reader.readResponse() {
                    case .committed, .answered: count += 1
                    case let other: preconditionFailure("a request was not answered: \(other)")
                    }
                }
            }
        }
        return count
    }
}
