import Consensus
import Engine
import Entities
import Primitives
import Shards
import Testing

@testable import Journal

/// The states that people see are those that the events make.
@Suite struct StateReplayTests {
    private let kinds = [KindRuntime(Counter.self)]

    /// A closed journal: alice with five events of 10, bob with three, and a checkpoint after both with these states.
    private func journal(
        _ folder: Folder, _ rows: [(String, StoredState)], kind: String = "counter", trimmedBefore: UInt64? = nil
    ) throws {
        let (file, _) = try JournalFile.opened(folder)
        var log = LogMaker()
        let entries = log.increments(5) + log.increments(3, of: "bob")
        var (point, state) = checkpoint(entries.last!)
        state.entities = rows.map { EntityRow(entity: Array($0.0.utf8), stored: $0.1) }
        try file.write(
            batch { [point, state] in
                $0.createGroup(descriptor(kind: kind))
                $0.hardState(group1, term: Term(1), vote: nil)
                // Later ones are no part of the states.
                $0.append(group1, entries + log.increments(2, from: 6))
                $0.checkpoint(group1, at: point, state)
                $0.commit(group1, LogIndex(10))
            })
        if let trimmedBefore { try file.write(batch { $0.trim(group1, before: LogIndex(trimmedBefore)) }) }
        try file.close()
    }

    private func balance(_ revision: UInt64, _ text: String, unapplied: String? = nil) -> StoredState {
        StoredState(revision: revision, state: Array(text.utf8), unapplied: unapplied.map { Array($0.utf8) })
    }

    private func verify(_ folder: Folder, entitiesMax: Int64 = 1_000_000) throws -> Verification {
        let reader = try JournalReader(directory: folder.path)
        defer { reader.close() }
        // Whatever is found here, every checksum is right.
        #expect(try reader.verify().isSound)
        let found = try Verifier(reader, replaying: kinds, entitiesMax: entitiesMax, progress: { _ in }).run()
        let whole = try reader.verify(replaying: kinds)
        #expect(whole == found)
        return found
    }

    private let alice = #"{"balance":50}"#
    private let bob = #"{"balance":30}"#

    @Test(arguments: [1_000_000, 1] as [Int64])
    func `states that their events make are sound, in one pass or several`(entitiesMax: Int64) throws {
        let folder = Folder()
        try journal(folder, [("alice", balance(5, alice)), ("bob", balance(3, bob))])
        let found = try verify(folder, entitiesMax: entitiesMax)
        #expect(found.problems == [] && found.replayed == 2)
    }

    @Test func `a state in other bytes that says the same is sound`() throws {
        let folder = Folder()
        try journal(folder, [("alice", balance(5, #"{ "balance" : 50 }"#)), ("bob", balance(3, bob))])
        #expect(try verify(folder).replayed == 2)
    }

    /// Each is written with the checksum that belongs to it.
    static let damages: [(alice: (UInt64, String)?, word: String)] = [
        ((5, #"{"balance":51}"#), #"counter/0: the state of alice at revision 5 is {"balance":51}, and its events make {"balance":50}"#),
        ((5, #"{}"#), #"counter/0: the state of alice at revision 5 is {}, and its events make {"balance":50}"#),
        ((4, #"{"balance":40}"#), "the state of alice as of entry 8 is of revision 4, and its events make revision 5"),
        ((6, #"{"balance":60}"#), "the state of alice as of entry 8 is of revision 6, and its events make revision 5"),
        (nil, "counter/0: alice has no state as of entry 8, and its events make revision 5"),
    ]

    @Test(arguments: damages, [1_000_000, 1] as [Int64])
    func `a state that its events do not make is named, whatever its checksum says`(
        damage: (alice: (UInt64, String)?, word: String), entitiesMax: Int64
    ) throws {
        let folder = Folder()
        try journal(folder, (damage.alice.map { [("alice", balance($0.0, $0.1))] } ?? []) + [("bob", balance(3, bob))])
        let found = try verify(folder, entitiesMax: entitiesMax)
        #expect(found.problems.count == 1 && found.problems[0].contains(damage.word), "\(found.problems)")
        #expect(found.replayed == 1)
    }

    @Test func `a row that cannot be read is told of once, in one pass or several`() throws {
        let folder = Folder()
        try journal(folder, [("alice", balance(5, alice)), ("bob", balance(3, bob))])
        try folder.sql("UPDATE entities SET checksum = checksum + 1")
        let reader = try JournalReader(directory: folder.path)
        defer { reader.close() }
        for entitiesMax: Int64 in [1_000_000, 1] {
            let found = try Verifier(reader, replaying: kinds, entitiesMax: entitiesMax, progress: { _ in }).run()
            #expect(found.problems.count { $0.contains("the checksum of an entity") } == 2, "\(entitiesMax): \(found.problems)")
            #expect(found.problems.count { $0.contains("has no state") } == 2 && found.problems.count == 4, "\(entitiesMax): \(found.problems)")
        }
    }

    @Test func `a state without events is named, except where the log is trimmed`() throws {
        let rows = [("alice", balance(5, alice)), ("bob", balance(3, bob)), ("carol", balance(1, #"{"balance":1}"#))]
        let folder = Folder()
        try journal(folder, rows)
        #expect(try verify(folder).problems == ["counter/0: carol has a state of revision 1, and no events up to entry 8"])
        let trimmed = Folder()
        try journal(trimmed, rows, trimmedBefore: 3)
        // Of alice the first two events are gone, so that her state cannot be made anew; bob's can.
        let found = try verify(trimmed)
        #expect(found.problems == [] && found.replayed == 1)
    }

    @Test func `where the log is trimmed, revisions are still compared`() throws {
        let folder = Folder()
        try journal(folder, [("alice", balance(4, alice)), ("bob", balance(3, bob))], trimmedBefore: 3)
        #expect(try verify(folder).problems.first?.contains("alice as of entry 8 is of revision 4") == true)
    }

    @Test func `a quarantined entity is compared by its revision`() throws {
        let folder = Folder()
        let unapplied = #"[{"incremented":{"by":10}},{"incremented":{"by":10}}]"#
        try journal(folder, [("alice", balance(3, #"{"balance":30}"#, unapplied: unapplied)), ("bob", balance(3, bob))])
        let found = try verify(folder)
        #expect(found.problems == [] && found.replayed == 1)
    }

    @Test func `of a kind that this program does not know, revisions are compared`() throws {
        let folder = Folder()
        try journal(folder, [("alice", balance(5, "7")), ("bob", balance(2, "8"))], kind: "account")
        let found = try verify(folder)
        #expect(found.problems.count == 1 && found.problems[0].contains("the state of bob as of entry 8 is of revision 2"), "\(found.problems)")
        #expect(found.replayed == 0)
    }

    @Test func `a view that shows something else is named, and others' views are not`() throws {
        let folder = Folder()
        try journal(folder, [("alice", balance(5, alice)), ("bob", balance(3, bob))])
        try folder.sql("CREATE VIEW mine AS SELECT 1")
        #expect(try verify(folder).problems == [])
        try folder.sql("DROP VIEW entity_states; CREATE VIEW entity_states AS SELECT 'counter' AS kind, 'alice' AS entity, 1 AS revision, '{}' AS state")
        let reader = try JournalReader(directory: folder.path)
        defer { reader.close() }
        #expect(try reader.verify().problems.map { $0.contains("the view `entity_states` is not the one of version") } == [true])
    }
}
