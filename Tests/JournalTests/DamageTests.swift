import Consensus
import Engine
import Foundation
import Primitives
import Shards
import Testing

@testable import Journal

/// Damage is found, named and never mended in silence (HAZARDS 20).
@Suite struct DamageTests {
    /// A closed journal: 40 entries of two groups in segments and behind them, a checkpoint with every kind of row.
    private func journal(_ folder: Folder) throws {
        var options = JournalOptions()
        options.rowsPerFlush = 16
        let file = try JournalFile.withGroup(folder, options)
        try file.write(
            batch {
                $0.createGroup(descriptor(2))
                $0.hardState(GroupID(2), term: Term(1), vote: nil)
                $0.meet(KnownPeer(node: NodeID(3), address: "h:1", start: 1, process: .random()))
            })
        var (log, other) = (LogMaker(), LogMaker())
        var first: [Entry] = []
        for round in 0..<20 {
            let mine = log.record(.increment("alice", UInt64(round + 1), request: .key([65])))
            let theirs = other.increments(1, of: "bob", from: UInt64(round + 1))
            first.append(mine)
            try file.write(
                batch {
                    $0.append(group1, [mine])
                    $0.append(GroupID(2), theirs)
                })
        }
        var (point, state) = checkpoint(first[4])
        state.entities = [EntityRow(entity: [65], stored: StoredState(revision: 5, state: Array("{}".utf8)))]
        state.sessions = [SessionRow(client: 1, opened: 2, acknowledgedBelow: 3, lastIndex: LogIndex(4), replies: [])]
        state.keys = [
            KeyRow(
                entity: [65], key: [66], recordedAt: .zero,
                reply: StoredReply(
                    index: LogIndex(3), term: Term(1), revision: 3, fingerprint: 1, outcome: Outcome(json: [49])))
        ]
        try file.write(
            batch { [point, state] in
                $0.checkpoint(group1, at: point, state)
                $0.commit(group1, LogIndex(20))
                $0.commit(GroupID(2), LogIndex(20))
            })
        try file.close()
    }

    private func verify(_ folder: Folder) throws -> Verification {
        let reader = try JournalReader(directory: folder.path)
        defer { reader.close() }
        return try reader.verify()
    }

    @Test func `a sound journal is found sound, open and closed`() throws {
        let folder = Folder()
        try journal(folder)
        var expected = Verification()
        (expected.entries, expected.groups, expected.entities, expected.sessions, expected.keys) = (40, 2, 1, 1, 1)
        #expect(try verify(folder) == expected)
        let (file, recovery) = try JournalFile.opened(folder)
        #expect(recovery.groups.map(\.log.entries.count) == [15, 20])
        #expect(try verify(folder) == expected)
        try file.close()
    }

    /// What is done to the file, what the verification says of it, and whether recovery must notice as well.
    static let damages: [(sql: String, word: String, isFoundByRecovery: Bool)] = [
        // Entries before, after and without a checkpoint, in segments and behind them.
        ("UPDATE journal SET reply = '7' WHERE position = 1", "entry 1 of counter/0: its checksum is wrong", false),
        ("UPDATE journal SET reply = '7' WHERE position = 13", "entry 7 of counter/0: its checksum is wrong", true),
        ("UPDATE journal SET events = '[]' WHERE position = 2", "entry 1 of counter/1: its checksum is wrong", true),
        ("UPDATE journal SET entity = 'alicf' WHERE position = 39", "entry 20 of counter/0: its checksum is wrong", true),
        ("UPDATE journal SET first_revision = 99 WHERE position = 39", "its checksum is wrong", true),
        ("UPDATE journal SET request_key = 'B' WHERE position = 39", "its checksum is wrong", true),
        ("UPDATE journal SET request_key = NULL WHERE position = 39", "its checksum is wrong", true),
        ("UPDATE journal SET fingerprint = 0 WHERE position = 39", "its checksum is wrong", true),
        ("UPDATE journal SET recorded_at = 0 WHERE position = 39", "its checksum is wrong", true),
        ("UPDATE journal SET term = 0 WHERE position = 39", "its checksum is wrong", true),
        ("UPDATE journal SET type = 0 WHERE position = 39", "its checksum is wrong", true),
        ("UPDATE journal SET type = 77 WHERE position = 39", "its columns hold no entry", true),
        ("UPDATE journal SET checksum = checksum + 1 WHERE position = 39", "its checksum is wrong", true),
        ("UPDATE journal SET log_index = 30 WHERE position = 39", "entry 20 should be there", true),
        ("UPDATE journal SET replica = 2 WHERE position = 39", "entry 20 of counter/1: its checksum is wrong", true),
        // Rows that are gone.
        ("DELETE FROM journal WHERE position = 1", "entry 1 should be there", false),
        ("DELETE FROM journal WHERE position = 20", "entry 10 should be there", true),
        ("DELETE FROM journal WHERE position = 35", "entry 18 should be there", true),
        ("DELETE FROM journal WHERE position > 38", "its commit index 20", true),
        ("DELETE FROM journal WHERE position > 32", "its commit index 20", true),
        ("DELETE FROM segments WHERE replica = 1 AND first_index = 9", "rows and segments differ", true),
        ("UPDATE segments SET positions = x'01' WHERE replica = 2", "is malformed", true),
        ("UPDATE segments SET first_index = 2 WHERE replica = 1 AND first_index = 1", "is not entry 2 of replica 1", true),
        // Everything that is no entry.
        ("UPDATE groups SET term = 2 WHERE group_id = 1", "group 1 in table `groups` is wrong", true),
        ("UPDATE groups SET vote = 2 WHERE group_id = 1", "group 1 in table `groups` is wrong", true),
        ("UPDATE groups SET commit_index = 19 WHERE group_id = 1", "group 1 in table `groups` is wrong", true),
        ("UPDATE checkpoints SET log_index = 6 WHERE replica = 1", "replica 1 in table `checkpoints` is wrong", true),
        ("UPDATE checkpoints SET configuration = '{}' WHERE replica = 1", "a configuration lacks", true),
        ("DELETE FROM checkpoints WHERE replica = 1", "no checkpoint", true),
        ("UPDATE entities SET state = '[]'", "the checksum of an entity of replica 1", false),
        ("UPDATE entities SET revision = 4", "the checksum of an entity of replica 1", false),
        ("UPDATE entities SET unapplied = '[]'", "the checksum of an entity of replica 1", false),
        ("UPDATE sessions SET acknowledged_below = 4", "the checksum of session", true),
        ("UPDATE request_keys SET reply = '2'", "the checksum of a request key", false),
        ("UPDATE peers SET start = 9", "node 3 in table `peers` is wrong", true),
        ("UPDATE peers SET address = 'h:2'", "node 3 in table `peers` is wrong", true),
    ]

    @Test(arguments: damages)
    func `damage is found where it lies, and the file stays as it is`(
        damage: (sql: String, word: String, isFoundByRecovery: Bool)
    ) throws {
        let folder = Folder()
        try journal(folder)
        try folder.sql(damage.sql)
        let before = folder.bytes()
        let found = try verify(folder)
        #expect(found.problems.contains { $0.contains(damage.word) }, "\(found.problems)")
        let file = try JournalFile.open(directory: folder.path)
        let error = journalError { _ = try file.recover() }
        #expect((error?.code == .corrupt) == damage.isFoundByRecovery, "\(String(describing: error))")
        try file.close()
        if damage.isFoundByRecovery {
            // Nothing but the start counter was written, and that to the WAL.
            #expect(folder.bytes() == before)
            #expect(try verify(folder).problems == found.problems)
        }
    }

    @Test func `a file whose identity is damaged is refused`() throws {
        for sql in ["UPDATE file SET start_counter = 9", "UPDATE file SET node = 9", "DELETE FROM file",
            "UPDATE starts SET start = 3", "UPDATE starts SET started_at = 1", "UPDATE starts SET process_uuid = '00000000-0000-4000-8000-000000000003'",
        ] {
            let folder = Folder()
            try journal(folder)
            try folder.sql(sql)
            let before = folder.bytes()
            #expect(journalError { _ = try JournalFile.open(directory: folder.path) }?.code == .corrupt)
            #expect(folder.bytes() == before)
        }
    }

    @Test func `a damaged entity, key or entry is not handed out`() throws {
        let folder = Folder()
        try journal(folder)
        try folder.sql("UPDATE entities SET state = '[]'; UPDATE request_keys SET reply = '2'; UPDATE journal SET reply = '7' WHERE position = 3")
        let reader = try JournalReader(directory: folder.path)
        let state = LoadRequest(entity: [65], wantsState: true, key: nil, checkpoint: .zero)
        let key = LoadRequest(entity: [65], wantsState: false, key: [66], checkpoint: .zero)
        #expect(journalError { _ = try reader.load(group1, [state]) }?.code == .corrupt)
        #expect(journalError { _ = try reader.load(group1, [key]) }?.code == .corrupt)
        #expect(journalError { _ = try reader.checkpoint(of: group1) }?.code == .corrupt)
        #expect(
            journalError { _ = try reader.entries(group1, from: LogIndex(2), through: LogIndex(5), bytesMax: 9_999) }?.code
                == .corrupt)
        let (alice, bob) = (Array("alice".utf8), Array("bob".utf8))
        #expect(journalError { _ = try reader.events(group1, entity: alice, after: 0, limit: 40) }?.code == .corrupt)
        #expect(try reader.events(GroupID(2), entity: bob, after: 0, limit: 40).count == 20)
        // What lies beside the damage is still readable: the reader has not got stuck in a transaction.
        #expect(try reader.entries(GroupID(2), from: LogIndex(1), through: LogIndex(20), bytesMax: 99_999).entries.count == 20)
        reader.close()
    }

    @Test func `flipped bits anywhere in the file are found, or hurt nothing`() throws {
        let folder = Folder()
        try journal(folder)
        let bytes = try #require(folder.bytes())
        let sound = try verify(folder)
        let rows = try folder.rows("SELECT * FROM journal")
        var generator = RandomGenerator(seed: 11)
        var harmless = 0
        for _ in 0..<150 {
            var damaged = bytes
            let place = Int.random(in: 100..<bytes.count, using: &generator)
            damaged[place] ^= 1 << UInt8.random(in: 0..<8, using: &generator)
            try folder.put(damaged)
            do {
                if try verify(folder) == sound {
                    harmless += 1
                    #expect(try folder.rows("SELECT * FROM journal") == rows, "byte \(place)")
                }
            } catch let error as JournalError {
                #expect(error.code == .corrupt || error.code == .notADatabase || error.code == .failed, "\(error)")
            }
        }
        // Most of a small file is unused space; a suite in which no flip was found would prove nothing.
        #expect(harmless < 150)
    }

    @Test func `a backup is whole, verified, and replaces nothing`() throws {
        let folder = Folder()
        try journal(folder)
        let (file, _) = try JournalFile.opened(folder)
        var log = LogMaker()
        try file.write(
            batch {
                $0.createGroup(descriptor(3))
                $0.hardState(GroupID(3), term: Term(1), vote: nil)
                $0.append(GroupID(3), log.increments(2))
            })
        let reader = try JournalReader(directory: folder.path)
        let target = Folder()
        try target.make()
        #expect(try reader.backup(to: target.file).entries == 42)
        #expect(try FileManager.default.contentsOfDirectory(atPath: target.path) == ["journal.db"])
        let copy = try JournalReader(directory: target.path)
        #expect(try copy.identity() == reader.identity())
        #expect(try copy.shards() == reader.shards())
        #expect(try copy.verify() == reader.verify())
        copy.close()
        let before = target.bytes()
        #expect(journalError { _ = try reader.backup(to: target.file) }?.code == .cannotWrite)
        #expect(target.bytes() == before)
        reader.close()
        try file.close()
    }

    @Test func `a backup of a damaged journal is not kept`() throws {
        let folder = Folder()
        try journal(folder)
        try folder.sql("UPDATE journal SET reply = '7' WHERE position = 1")
        let reader = try JournalReader(directory: folder.path)
        let target = Folder()
        try target.make()
        #expect(journalError { _ = try reader.backup(to: target.file) }?.code == .corrupt)
        #expect(try FileManager.default.contentsOfDirectory(atPath: target.path) == [])
        reader.close()
    }
}
