import Primitives
import Testing

@testable import Directory

@Suite("MoveChoice")
struct MoveChoiceTests {
    /// Six shards on node 1, none of them on node 2.
    func shards(_ change: (inout [ShardRecord]) -> Void = { _ in }) -> [ShardRecord] {
        var shards = (1...6).map { number in
            ShardRecord(
                group: GroupID(UInt32(number)), kind: number < 5 ? "a" : "b", number: 0, initialVoters: nodes(1),
                replicas: nodes(1), preferredLeader: nil,
                reported: ReportedConfiguration(group: GroupID(UInt32(number)), index: .zero, voters: nodes(1)))
        }
        change(&shards)
        return shards
    }

    let kinds = [
        KindRecord(name: "a", shards: 4, replication: 1, firstGroup: GroupID(1)),
        KindRecord(name: "b", shards: 2, replication: 1, firstGroup: GroupID(5)),
    ]

    func order(_ shards: [ShardRecord]) -> [Int] {
        var choice = MoveChoice(shards, kinds, slots: 2)
        var result: [Int] = []
        while let offset = choice.next(NodeID(1), NodeID(2)) { result.append(offset) }
        return result
    }

    @Test("The kind of which there is most goes first, each shard once")
    func kindsInTurn() {
        #expect(order(shards()) == [0, 1, 4, 2, 5, 3] || order(shards()) == [0, 1, 2, 4, 3, 5])
        #expect(Set(order(shards())) == Set(0..<6))
    }

    @Test("What the target has already goes before what the source has not got, then what the source does not lead")
    func prices() {
        let order = order(
            shards { shards in
                shards[3].reported.learners = nodes(2)
                shards[2].reported.voters = nodes(2)
                shards[5].reported.voters = nodes(3)
                for offset in [0, 1, 4] { shards[offset].preferredLeader = NodeID(1) }
                shards[4].preferredLeader = nil
            })
        #expect(order == [2, 3, 5, 4, 0, 1])
    }

    @Test("A pinned leader stays, and no node gets a second replica")
    func notMoved() {
        let order = order(
            shards { shards in
                shards[0].pinnedLeader = NodeID(1)
                shards[1].replicas = nodes(1, 2)
            })
        #expect(Set(order) == Set(2..<6))
    }
}
