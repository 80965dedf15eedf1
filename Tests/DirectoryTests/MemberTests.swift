import Directory
import Primitives
import Testing

/// The code of the refusal that `body` ends in.
func refusal(_ body: () throws -> Void) -> DirectoryRefusal? {
    do {
        try body()
        return nil
    } catch {
        return error as? DirectoryRefusal
    }
}

@Suite("DirectoryState, members")
struct MemberTests {
    let founding = DirectoryCommand.found(
        cluster: unique(1_000), file: unique(1), name: "one", address: address(1), startCounter: 1, process: unique(9))

    @Test("The founder is node 1, up, and the directory's only voter")
    func founder() throws {
        var state = DirectoryState()
        try state.perform(founding)
        #expect(state.cluster == unique(1_000))
        #expect(state.directoryVoters == nodes(1))
        #expect(
            state.members == [
                Member(
                    id: NodeID(1), name: "one", address: address(1), file: unique(1), startCounter: 1, process: unique(9),
                    status: .up)
            ])
        #expect(try state.decide(founding) == [])
    }

    @Test("A directory is founded once, and nothing comes before")
    func foundedOnce() throws {
        #expect(refusal { _ = try DirectoryState().decide(.remove(node: NodeID(1))) }?.code == .notFounded)
        let state = try DirectoryState.cluster(1)
        let other = DirectoryCommand.found(
            cluster: unique(1_001), file: unique(2), name: "", address: address(2), startCounter: 1, process: unique(3))
        #expect(refusal { _ = try state.decide(other) }?.code == .alreadyFounded)
    }

    @Test("A file that asks again gets its id again, also with another start and address")
    func joinAgain() throws {
        var state = try DirectoryState.cluster(1)
        func join(_ counter: UInt64, _ process: Int, _ place: Int) -> DirectoryCommand {
            .join(
                file: unique(2), name: "two", address: address(place), startCounter: counter, process: unique(process))
        }
        try state.perform(join(1, 50, 2))
        #expect(state.member(file: unique(2))?.id == NodeID(2))
        #expect(state.member(file: unique(2))?.status == .joining)
        #expect(try state.decide(join(1, 50, 2)) == [])
        try state.perform(join(2, 51, 7))
        #expect(state.members.count == 2)
        #expect(state.member(NodeID(2))?.address == address(7))
        #expect(refusal { try state.perform(join(2, 52, 7)) }?.code == .staleJournal)
    }

    @Test("Ids are never given out again")
    func idsAreNotReused() throws {
        var state = try DirectoryState.cluster(3)
        try state.perform(.setDirectoryVoters(voters: nodes(1)))
        try state.perform(.remove(node: NodeID(3)))
        try state.perform(.setStatus(node: NodeID(3), status: .removed))
        try state.admit(4)
        #expect(state.members.map(\.id) == nodes(1, 2, 3, 4))
    }

    @Test("A start must raise the counter, unless it is the same start once more")
    func startCounter() throws {
        var state = try DirectoryState.cluster(2)
        func start(_ counter: UInt64, _ process: Int) -> DirectoryCommand {
            .started(
                node: NodeID(2), file: unique(2), startCounter: counter, process: unique(process), address: address(2))
        }
        try state.perform(start(5, 60))
        #expect(state.member(NodeID(2))?.startCounter == 5)
        #expect(try state.decide(start(5, 60)) == [])
        // The copy of a folder, started beside the original.
        let stale = refusal { try state.perform(start(5, 61)) }
        #expect(stale?.code == .staleJournal)
        #expect(stale?.message.contains("started 5 times") == true)
        #expect(refusal { try state.perform(start(4, 62)) }?.code == .staleJournal)
        let other = DirectoryCommand.started(
            node: NodeID(2), file: unique(77), startCounter: 9, process: unique(63), address: address(2))
        #expect(refusal { try state.perform(other) }?.code == .otherFile)
    }

    @Test("A removed member's file is refused for good, by its id and by a new join")
    func removedStaysOut() throws {
        var state = try DirectoryState.cluster(2)
        try state.perform(.remove(node: NodeID(2)))
        try state.perform(.setStatus(node: NodeID(2), status: .removed))
        let start = DirectoryCommand.started(
            node: NodeID(2), file: unique(2), startCounter: 9, process: unique(63), address: address(2))
        #expect(refusal { try state.perform(start) }?.code == .removedNode)
        let join = DirectoryCommand.join(
            file: unique(2), name: "", address: address(2), startCounter: 9, process: unique(63))
        #expect(refusal { try state.perform(join) }?.code == .removedNode)
    }

    @Test("A member is removed only when it holds nothing")
    func removedOnlyEmpty() throws {
        var state = try DirectoryState.cluster(2)
        try state.perform(.registerKind(name: "counter", shards: 1, replication: nil))
        #expect(refusal { try state.perform(.setStatus(node: NodeID(2), status: .removed)) }?.code == .statusConflict)
        try state.perform(.remove(node: NodeID(2)))
        #expect(state.member(NodeID(2))?.status == .leaving)
        #expect(refusal { try state.perform(.setStatus(node: NodeID(2), status: .removed)) }?.code == .notEmpty)
        try state.perform(
            .place(placements: [
                ShardPlacement(group: GroupID(1), replicas: nodes(1), preferredLeader: NodeID(1))
            ]))
        // It still votes in the group as far as the directory knows.
        #expect(refusal { try state.perform(.setStatus(node: NodeID(2), status: .removed)) }?.code == .notEmpty)
        try state.perform(
            .reportConfigurations(configurations: [
                ReportedConfiguration(group: GroupID(1), index: LogIndex(4), voters: nodes(1))
            ]))
        try state.perform(.setStatus(node: NodeID(2), status: .removed))
        #expect(state.member(NodeID(2))?.status == .removed)
    }

    @Test("The last node that is up cannot be removed")
    func lastNode() throws {
        var state = try DirectoryState.cluster(2)
        try state.perform(.setStatus(node: NodeID(2), status: .down))
        #expect(refusal { try state.perform(.remove(node: NodeID(1))) }?.code == .lastNode)
        try state.perform(.remove(node: NodeID(2)))
        #expect(try state.decide(.remove(node: NodeID(2))) == [])
    }

    @Test("A name belongs to one member at a time; without one a member gets its number's")
    func names() throws {
        var state = try DirectoryState.cluster(1)
        func join(_ number: Int, _ name: String) -> DirectoryCommand {
            .join(file: unique(number), name: name, address: address(number), startCounter: 1, process: unique(number))
        }
        #expect(state.member(NodeID(1))?.name == "node-1")
        try state.perform(join(2, "node-3"))
        try state.perform(join(3, ""))
        #expect(state.member(NodeID(3))?.name == "node-3x")
        #expect(refusal { try state.perform(join(4, "node-3")) }?.code == .nameTaken)
        #expect(refusal { try state.perform(join(4, "42")) }?.code == .malformedName)
        #expect(refusal { try state.perform(join(4, "a b")) }?.code == .malformedName)
        #expect(refusal { try state.perform(join(4, String(repeating: "n", count: 65))) }?.code == .malformedName)
    }

    @Test("A person finds a member by id, name or address")
    func lookup() throws {
        let state = try DirectoryState.cluster(3)
        #expect(try state.member(named: "2").id == NodeID(2))
        #expect(try state.member(named: "node-2").id == NodeID(2))
        #expect(try state.member(named: "10.0.0.2:7400").id == NodeID(2))
        #expect(refusal { _ = try state.member(named: "node-9") }?.code == .unknownNode)
    }

    @Test("One node more than the limit is refused")
    func limit() throws {
        var state = try DirectoryState.cluster(Limits.nodesMax)
        #expect(refusal { try state.admit(Limits.nodesMax + 1) }?.code == .tooManyNodes)
    }

    @Test("Statuses change along their arrows only", arguments: MemberStatus.allCases)
    func arrows(_ status: MemberStatus) throws {
        var state = try DirectoryState.cluster(2)
        try state.perform(.setStatus(node: NodeID(2), status: .down))
        let isAllowed = status == .up || status == .down
        let refused = refusal { try state.perform(.setStatus(node: NodeID(2), status: status)) }
        #expect(refused?.code == (isAllowed ? nil : .statusConflict))
    }
}
