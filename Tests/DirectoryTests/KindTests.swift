import Directory
import Primitives
import Testing

@Suite("DirectoryState, kinds and shards")
struct KindTests {
    @Test("The number of shards is fixed at registration; another one is refused with both numbers")
    func shardCountIsFixed() throws {
        var state = try DirectoryState.cluster(3)
        try state.perform(.registerKind(name: "counter", shards: 10, replication: nil))
        #expect(try state.decide(.registerKind(name: "counter", shards: 10, replication: nil)) == [])
        #expect(try state.decide(.registerKind(name: "counter", shards: 10, replication: 3)) == [])
        let other = refusal { try state.perform(.registerKind(name: "counter", shards: 12, replication: nil)) }
        #expect(other?.code == .shardCountFixed)
        #expect(other?.message.contains("10 shards") == true && other?.message.contains("not 12") == true)
        #expect(
            refusal { try state.perform(.registerKind(name: "counter", shards: 10, replication: 5)) }?.code
                == .replicationOutOfRange)
    }

    @Test("Counts and names outside their limits are refused", arguments: [0, -1, 4_097, Int.max])
    func limits(_ count: Int) throws {
        var state = try DirectoryState.cluster(1)
        #expect(
            refusal { try state.perform(.registerKind(name: "counter", shards: count, replication: nil)) }?.code
                == .shardCountOutOfRange)
        for name in ["", "a/b", "9lives", "directory", "naïve", "a b", String(repeating: "k", count: 65)] {
            #expect(
                refusal { try state.perform(.registerKind(name: name, shards: 1, replication: nil)) }?.code
                    == .malformedName, "\(name)")
        }
        for copies in [0, -3, 8] {
            #expect(
                refusal { try state.perform(.registerKind(name: "counter", shards: 1, replication: copies)) }?.code
                    == .replicationOutOfRange)
        }
    }

    @Test("A node never gets more groups than it can carry")
    func groupsPerNode() throws {
        var state = try DirectoryState.cluster(1)
        try state.perform(.registerKind(name: "a", shards: 4_096, replication: nil))
        try state.perform(.registerKind(name: "b", shards: 4_096, replication: nil))
        #expect(
            refusal { try state.perform(.registerKind(name: "c", shards: 4_096, replication: nil)) }?.code
                == .tooManyShards)
        try state.perform(.registerKind(name: "c", shards: 9_999 - 8_192, replication: nil))
    }

    @Test("New shards are spread evenly, replicas and leaders, over the nodes that are up")
    func evenAtBirth() throws {
        for count in 1...12 {
            for shards in [1, 2, 7, 10, 64, 500] {
                var state = try DirectoryState.cluster(count)
                if count > 4 { try state.perform(.setStatus(node: NodeID(2), status: .down)) }
                try state.perform(.registerKind(name: "counter", shards: shards, replication: nil))
                let up = state.membersUp.map(\.id)
                let first = state.spread
                #expect(range(up.map { first.leaders[$0] ?? 0 }) <= 1, "\(count) nodes, \(shards) shards")
                try state.perform(.registerKind(name: "other", shards: 5, replication: nil))
                let both = state.spread
                #expect(range(up.map { both.replicas[$0] ?? 0 }) <= 1, "\(count) nodes, \(shards) shards")
                // The first kind's leaders stay where they are; the planner may move one later.
                #expect(range(up.map { both.leaders[$0] ?? 0 }) <= 2, "\(count) nodes, \(shards) shards")
                for shard in state.shards {
                    #expect(shard.replicas.count == min(3, up.count))
                    #expect(shard.replicas == Set(shard.replicas).sorted())
                    #expect(shard.initialVoters == shard.replicas && shard.reported.voters == shard.replicas)
                    #expect(shard.preferredLeader.map { shard.replicas.contains($0) } == true)
                    #expect(shard.replicas.allSatisfy { up.contains($0) })
                }
            }
        }
    }

    @Test("Two nodes share shards with many others, so that a dead node's work falls to many")
    func pairsAreMixed() throws {
        var state = try DirectoryState.cluster(6)
        try state.perform(.registerKind(name: "counter", shards: 60, replication: nil))
        let partners = Set(state.shards.filter { $0.replicas.contains(NodeID(1)) }.flatMap(\.replicas))
        #expect(partners.count == 6)
    }

    @Test("Group numbers go on from kind to kind, and a shard is found by its name")
    func groupNumbers() throws {
        var state = try DirectoryState.cluster(3)
        try state.perform(.registerKind(name: "counter", shards: 10, replication: nil))
        try state.perform(.registerKind(name: "account", shards: 4, replication: nil))
        #expect(state.kind("account")?.firstGroup == GroupID(11))
        #expect(state.nextGroup == GroupID(15))
        #expect(try state.shard(named: "account/3").group == GroupID(14))
        #expect(state.shard(GroupID(14))?.name == "account/3")
        for text in ["account/4", "account", "account/x", "/1", "nobody/0", "counter/-1", "account/99999999999999999999"] {
            #expect(refusal { _ = try state.shard(named: text) }?.code == .unknownShard, "\(text)")
        }
    }

    @Test("An entity's shard never changes from one version to the next")
    func routing() {
        let kind = KindRecord(name: "counter", shards: 10, replication: 3, firstGroup: GroupID(5))
        let shards = ["alice", "bob", "carol", ""].map { kind.shard(of: Array($0.utf8)) }
        #expect(shards == [9, 7, 8, 1])
        #expect(kind.group(of: Array("alice".utf8)) == GroupID(14))
    }

    @Test("A configuration is recorded once, and an older one never overwrites a newer")
    func reports() throws {
        var state = try DirectoryState.cluster(3)
        try state.perform(.registerKind(name: "counter", shards: 2, replication: nil))
        func report(_ index: UInt64, _ voters: [NodeID]) -> DirectoryCommand {
            .reportConfigurations(configurations: [
                ReportedConfiguration(group: GroupID(2), index: LogIndex(index), voters: voters)
            ])
        }
        try state.perform(report(5, nodes(2, 1)))
        #expect(state.shard(GroupID(2))?.reported.voters == nodes(1, 2))
        #expect(try state.decide(report(5, nodes(1, 2))) == [])
        #expect(try state.decide(report(4, nodes(1, 2, 3))) == [])
    }

    @Test("A replica may go only when the group went on without it, it is not wanted, and it knows nothing newer")
    func retiring() throws {
        var state = try DirectoryState.cluster(4)
        try state.perform(.registerKind(name: "counter", shards: 1, replication: nil))
        let group = GroupID(1)
        func mayRetire(_ index: UInt64) -> Bool { state.mayRetire(group, on: NodeID(3), knowing: LogIndex(index)) }
        #expect(!mayRetire(0))
        try state.perform(
            .place(placements: [
                ShardPlacement(group: group, replicas: nodes(1, 2, 4), preferredLeader: NodeID(1))
            ]))
        #expect(!mayRetire(0), "its vote may still be counted")
        try state.perform(
            .reportConfigurations(configurations: [
                ReportedConfiguration(group: group, index: LogIndex(9), voters: nodes(1, 2, 4))
            ]))
        #expect(mayRetire(9))
        #expect(!mayRetire(10), "it may have been taken in again")
        try state.perform(
            .place(placements: [
                ShardPlacement(group: group, replicas: nodes(1, 2, 3), preferredLeader: NodeID(1))
            ]))
        #expect(!mayRetire(9), "it is wanted back")
        #expect(!state.mayRetire(.directory, on: NodeID(3), knowing: LogIndex(0)))
    }
}

@Suite("DirectoryState, moves by an operator")
struct MoveTests {
    @Test("A shard moves to a replica by its leadership alone")
    func toReplica() throws {
        var state = try DirectoryState.cluster(3)
        try state.perform(.registerKind(name: "counter", shards: 3, replication: nil))
        let events = try state.perform(.move(group: GroupID(1), node: NodeID(3)))
        #expect(events.count == 1)
        #expect(
            state.placement(1)
                == ShardPlacement(
                    group: GroupID(1), replicas: nodes(1, 2, 3), preferredLeader: NodeID(3), pinnedLeader: NodeID(3)))
        #expect(try state.decide(.move(group: GroupID(1), node: NodeID(3))) == [])
        try state.perform(.unpin(group: GroupID(1)))
        #expect(state.placement(1)?.pinnedLeader == nil)
        #expect(try state.decide(.unpin(group: GroupID(1))) == [])
    }

    @Test("A shard moves to another node in place of a replica that is not up, else of the one on the fullest node")
    func toStranger() throws {
        var state = try DirectoryState.cluster(4)
        try state.perform(.registerKind(name: "counter", shards: 4, replication: nil))
        let shard = try #require(state.shards.first)
        let stranger = try #require(nodes(1, 2, 3, 4).first { !shard.replicas.contains($0) })
        var other = state
        try state.perform(.move(group: shard.group, node: stranger))
        let placement = try #require(state.placement(1))
        #expect(placement.replicas.count == 3 && placement.replicas.contains(stranger))

        try other.perform(.setStatus(node: shard.replicas[0], status: .down))
        try other.perform(.move(group: shard.group, node: stranger))
        #expect(other.placement(1)?.replicas.contains(shard.replicas[0]) == false)
    }

    @Test("A shard cannot move to a node that is down, unknown or leaving, nor can a shard that is not there")
    func refused() throws {
        var state = try DirectoryState.cluster(3)
        try state.perform(.registerKind(name: "counter", shards: 3, replication: nil))
        try state.perform(.setStatus(node: NodeID(3), status: .down))
        #expect(refusal { try state.perform(.move(group: GroupID(1), node: NodeID(3))) }?.code == .statusConflict)
        #expect(refusal { try state.perform(.move(group: GroupID(1), node: NodeID(9))) }?.code == .unknownNode)
        #expect(refusal { try state.perform(.move(group: GroupID(9), node: NodeID(1))) }?.code == .unknownShard)
        #expect(refusal { try state.perform(.move(group: GroupID(0), node: NodeID(1))) }?.code == .unknownShard)
    }

    @Test("A placement planned before an operator's move does not undo it")
    func planIsLate() throws {
        var state = try DirectoryState.cluster(3)
        try state.perform(.registerKind(name: "counter", shards: 1, replication: nil))
        let planned = DirectoryCommand.place(placements: [
            ShardPlacement(group: GroupID(1), replicas: nodes(1, 2, 3), preferredLeader: NodeID(2))
        ])
        try state.perform(.move(group: GroupID(1), node: NodeID(3)))
        #expect(try state.decide(planned) == [])
    }

    @Test("Pins on a node end when it leaves")
    func pinsEnd() throws {
        var state = try DirectoryState.cluster(3)
        try state.perform(.registerKind(name: "counter", shards: 2, replication: nil))
        try state.perform(.move(group: GroupID(1), node: NodeID(3)))
        try state.perform(.remove(node: NodeID(3)))
        #expect(state.placement(1)?.pinnedLeader == nil)
    }

    @Test("A placement names known members, each once, and a leader among them")
    func malformed() throws {
        var state = try DirectoryState.cluster(3)
        try state.perform(.registerKind(name: "counter", shards: 1, replication: nil))
        func place(_ replicas: [NodeID], _ leader: UInt32?) -> DirectoryRefusal? {
            refusal {
                try state.perform(
                    .place(placements: [
                        ShardPlacement(group: GroupID(1), replicas: replicas, preferredLeader: leader.map { NodeID($0) })
                    ]))
            }
        }
        #expect(place([], nil)?.code == .malformedPlacement)
        #expect(place(nodes(1, 1), nil)?.code == .malformedPlacement)
        #expect(place(nodes(1, 2), 3)?.code == .malformedPlacement)
        #expect(place(nodes(1, 7), nil)?.code == .unknownNode)
        #expect(place(nodes(3, 1), 3) == nil)
        #expect(state.placement(1)?.replicas == nodes(1, 3))
    }
}
