import Directory
import JSON
import Primitives
import Testing

@Suite("The directory as JSON")
struct CodingTests {
    func text(_ value: some Encodable) throws -> String { String(decoding: try JSON.encode(value), as: UTF8.self) }

    @Test("Events are one-key objects with bare numbers and plain text: the disk format")
    func events() throws {
        let joined = DirectoryEvent.memberJoined(
            node: NodeID(2), name: "b", address: address(2), file: unique(2), startCounter: 1, process: unique(3))
        let golden: [(DirectoryEvent, String)] = [
            (
                .clusterFounded(cluster: unique(1)),
                #"{"clusterFounded":{"cluster":"00000000-0000-4000-8000-000000000001"}}"#
            ),
            (
                joined,
                #"{"memberJoined":{"node":2,"name":"b","address":"10.0.0.2:7400","file":"00000000-0000-4000-8000-000000000002","startCounter":1,"process":"00000000-0000-4000-8000-000000000003"}}"#
            ),
            (
                .memberStarted(node: NodeID(2), startCounter: 2, process: unique(4), address: address(2)),
                #"{"memberStarted":{"node":2,"startCounter":2,"process":"00000000-0000-4000-8000-000000000004","address":"10.0.0.2:7400"}}"#
            ),
            (.statusChanged(node: NodeID(3), status: .down), #"{"statusChanged":{"node":3,"status":"down"}}"#),
            (
                .kindRegistered(
                    name: "counter", shards: 2, replication: 3, firstGroup: GroupID(1),
                    voters: [nodes(1, 2), nodes(2, 1)]),
                #"{"kindRegistered":{"name":"counter","shards":2,"replication":3,"firstGroup":1,"voters":[[1,2],[2,1]]}}"#
            ),
            (
                .shardsPlaced(placements: [
                    ShardPlacement(group: GroupID(1), replicas: nodes(1, 2), preferredLeader: NodeID(2)),
                    ShardPlacement(
                        group: GroupID(2), replicas: nodes(1), preferredLeader: NodeID(1), pinnedLeader: NodeID(1)),
                ]),
                #"{"shardsPlaced":{"placements":[{"group":1,"replicas":[1,2],"preferredLeader":2},{"group":2,"replicas":[1],"preferredLeader":1,"pinnedLeader":1}]}}"#
            ),
            (
                .configurationsReported(configurations: [
                    ReportedConfiguration(
                        group: GroupID(1), index: LogIndex(7), voters: nodes(1), learners: nodes(2))
                ]),
                #"{"configurationsReported":{"configurations":[{"group":1,"index":7,"voters":[1],"learners":[2]}]}}"#
            ),
            (.directoryVotersChanged(voters: nodes(1, 2, 3)), #"{"directoryVotersChanged":{"voters":[1,2,3]}}"#),
        ]
        for (event, json) in golden {
            #expect(try text(event) == json)
            #expect(try JSON.decode(DirectoryEvent.self, from: Array(json.utf8)) == event)
        }
    }

    @Test("State, commands, orders, reports and refusals come back as they went")
    func roundTrips() throws {
        var state = try DirectoryState.cluster(4)
        try state.perform(.registerKind(name: "counter", shards: 5, replication: nil))
        try state.perform(.move(group: GroupID(2), node: NodeID(4)))
        try state.perform(.setStatus(node: NodeID(3), status: .down))
        #expect(try JSON.decode(DirectoryState.self, from: JSON.encode(state)) == state)

        let commands: [DirectoryCommand] = [
            .found(
                cluster: unique(1), file: unique(2), name: "a", address: address(1), startCounter: .max,
                process: unique(3)),
            .join(file: unique(2), name: "", address: address(1), startCounter: 1, process: unique(3)),
            .started(node: NodeID(1), file: unique(2), startCounter: 1, process: unique(3), address: address(1)),
            .setStatus(node: NodeID(1), status: .up), .remove(node: NodeID(.max)),
            .registerKind(name: "counter", shards: 5, replication: nil),
            .registerKind(name: "counter", shards: 5, replication: 1), .place(placements: []),
            .reportConfigurations(configurations: []), .setDirectoryVoters(voters: nodes(1)),
            .move(group: GroupID(1), node: NodeID(1)), .unpin(group: GroupID(1)),
        ]
        for command in commands {
            #expect(try JSON.decode(DirectoryCommand.self, from: JSON.encode(command)) == command)
        }
        for action in [
            GroupOrder.Action.addLearner(node: NodeID(1)), .promote(node: NodeID(1)),
            .remove(node: NodeID(1), keeping: 2), .transfer(to: NodeID(1)),
        ] {
            let order = GroupOrder(
                group: GroupID(3), leader: NodeID(2), term: Term(.max), configurationIndex: LogIndex(9), action: action)
            #expect(try JSON.decode(GroupOrder.self, from: JSON.encode(order)) == order)
        }
        let report = GroupReport(
            group: GroupID(3), leader: NodeID(2), term: Term(4), configurationIndex: LogIndex(9), isSettled: true,
            voters: nodes(1, 2), learners: nodes(3), caughtUp: nodes(2), commit: LogIndex(12))
        #expect(try JSON.decode(GroupReport.self, from: JSON.encode(report)) == report)
        let refused = DirectoryRefusal(.staleJournal, "it is \"old\"")
        #expect(try text(refused) == #"{"code":"staleJournal","message":"it is \"old\""}"#)
        #expect(try JSON.decode(DirectoryRefusal.self, from: JSON.encode(refused)) == refused)
    }

    @Test("Text that is no UUID or address is refused when read")
    func malformed() {
        for json in [
            #"{"clusterFounded":{"cluster":"4000"}}"#,
            #"{"statusChanged":{"node":-1,"status":"down"}}"#,
            #"{"statusChanged":{"node":1,"status":"asleep"}}"#,
            #"{"memberStarted":{"node":2,"startCounter":2,"process":"00000000-0000-4000-8000-000000000004","address":"x"}}"#,
        ] {
            #expect(throws: JSONError.self) { try JSON.decode(DirectoryEvent.self, from: Array(json.utf8)) }
        }
    }
}
