import Consensus
import Engine
import Foundation
import Primitives
import Shards
import Testing

@testable import Journal

/// Files as shipped versions wrote them: later ones must read them, and what this version writes must look the same.
///
/// A golden file is made once, with `HOLDFAST_WRITE_GOLDEN` set, and never again.
@Suite struct GoldenTests {
    private static func golden(_ version: Int) -> URL {
        URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("Golden/journal-v\(version).db")
    }

    /// The same journal every time, down to its UUIDs.
    private func make(_ folder: Folder) throws {
        var options = JournalOptions()
        options.fileID = UniqueID(high: 0x1111_2222_3333_4444, low: 0x8555_6666_7777_8888)
        options.process = UniqueID(high: 0x2222_3333_4444_4555, low: 0x8666_7777_8888_9999)
        options.rowsPerFlush = 6
        options.commitDelayMilliseconds = 0
        let (file, _) = try JournalFile.opened(folder, options)
        try file.write(
            batch {
                $0.adoptCluster(UniqueID(high: 1, low: 2), node: NodeID(3), name: "east")
                $0.meet(Self.peer)
                $0.createGroup(GroupDescriptor(group: .directory, kind: "", number: 0, configuration: voters))
                $0.createGroup(descriptor())
                $0.createGroup(descriptor(2))
                $0.hardState(.directory, term: Term(1), vote: NodeID(1))
                $0.hardState(group1, term: Term(2), vote: NodeID(3))
                $0.hardState(GroupID(2), term: Term(9), vote: nil)
            })
        var other = LogMaker()
        let given = other.increments(2, term: 9)
        try file.write(batch { $0.append(GroupID(2), given) })
        let entries = Self.entries
        try file.write(batch { $0.append(group1, Array(entries[..<7])) })
        var (point, state) = checkpoint(entries[2])
        state.entities = [
            EntityRow(entity: Array("alice".utf8), stored: StoredState(revision: 1, state: Array(#"{"balance":10}"#.utf8))),
            EntityRow(
                entity: Array("böb".utf8),
                stored: StoredState(revision: 2, state: Array("{}".utf8), unapplied: Array(#"[{"x":{}}]"#.utf8))),
        ]
        let reply = StoredReply(
            index: LogIndex(2), term: Term(1), revision: 1, fingerprint: .max, outcome: Outcome(json: Array("10".utf8)))
        var refused = reply
        refused.outcome.refusalMessage = "no"
        state.sessions = [
            SessionRow(
                client: 0xAB, opened: -5, acknowledgedBelow: 2, lastIndex: LogIndex(3),
                replies: [NumberedReply(number: 2, reply: reply), NumberedReply(number: 3, reply: refused)])
        ]
        state.keys = [
            KeyRow(entity: Array("alice".utf8), key: Array("k".utf8), recordedAt: WallTime(milliseconds: 77), reply: refused)
        ]
        (state.forgottenOpened, state.meta) = (4, Array("{}".utf8))
        try file.write(
            batch { [point, state] in
                $0.checkpoint(group1, at: point, state)
                $0.append(group1, Array(entries[7...]))
                $0.commit(group1, LogIndex(6))
                $0.retireGroup(GroupID(2))
            })
        try file.close()
    }

    private static let peer = KnownPeer(node: NodeID(1), address: "host:7400", start: 4, process: UniqueID(high: 4, low: 4))

    private static let entries: [Entry] = {
        var log = LogMaker()
        let session = SessionRequest(client: 0xAB, opened: -5, number: 3, acknowledgedBelow: 2)
        return [
            log.entry(1, .empty, []), log.record(.increment("alice", 1, request: .key(Array("order 7".utf8)))),
            log.record(.increment("böb", 1, request: .session(session))), log.entry(1, .configuration, voters.encoded()),
            log.entry(2, .record, [1, 2, 3]), log.record(.increment("alice", 2), term: 2),
            log.record(.increment("", 1), term: 2), log.record(.increment("böb", 2), term: 2),
            log.record(.increment("carol", 1), term: 2),
        ]
    }()

    private static let tables = [
        "SELECT * FROM journal", "SELECT replica, first_index, count, hex(positions), hex(entities) FROM segments",
        "SELECT * FROM groups", "SELECT *, hex(meta) FROM checkpoints", "SELECT * FROM entities", "SELECT *, hex(replies) FROM sessions",
        "SELECT * FROM request_keys", "SELECT * FROM discards", "SELECT * FROM events", "SELECT * FROM entity_states",
        "SELECT * FROM shard_status", "SELECT file_uuid, cluster_uuid, node, name, start_counter, next_replica, flushed_through FROM file",
        "SELECT start, process_uuid FROM starts", "SELECT * FROM peers",
        "SELECT type, name, sql FROM sqlite_schema ORDER BY name", "PRAGMA user_version", "PRAGMA application_id",
    ]

    @Test func `version 3 is written as it was when it shipped`() throws {
        let (now, then) = (Folder(), Folder())
        try make(now)
        if ProcessInfo.processInfo.environment["HOLDFAST_WRITE_GOLDEN"] != nil {
            try FileManager.default.copyItem(atPath: now.file, toPath: Self.golden(3).path)
        }
        try then.put([UInt8](Data(contentsOf: Self.golden(3))))
        for table in Self.tables { #expect(try now.rows(table) == then.rows(table), "\(table)") }
    }

    @Test(arguments: 1...3) func `a file of each version is looked at as it is, migrated, verified and written on`(version: Int) throws {
        let folder = Folder()
        try folder.put([UInt8](Data(contentsOf: Self.golden(version))))
        let visitor = try JournalReader(directory: folder.path)
        #expect(try visitor.verify().isSound)
        visitor.close()
        #expect(try folder.rows("PRAGMA user_version") == ["\(version)"])
        let (file, recovery) = try JournalFile.opened(folder)
        #expect(recovery.identity.cluster == UniqueID(high: 1, low: 2))
        #expect(recovery.groups.map(\.descriptor.shardName) == ["directory", "counter/0"])
        let found = recovery.groups[1]
        #expect(found.log.base.index == LogIndex(3))
        #expect(found.log.entries == Array(Self.entries[3...]))
        #expect(found.log.commit == LogIndex(6))
        #expect(found.shard.sessions.first?.replies.map(\.number) == [2, 3])
        // Version 1 did not keep how far a replica that was given up had come.
        let promised = version == 1 ? nil : LogPosition(term: Term(9), index: LogIndex(2))
        #expect(recovery.tombstones == [Tombstone(group: GroupID(2), term: Term(9), vote: nil, promised: promised)])
        #expect(try folder.rows("PRAGMA user_version") == ["3"])
        #expect(recovery.peers == (version < 3 ? [] : [Self.peer]))
        #expect(recovery.identity.starts.count == 2)
        // Earlier versions counted their starts and did not keep which processes those were.
        #expect(recovery.identity.starts.processes.count == (version < 3 ? 1 : 2))
        var log = LogMaker(last: LogPoint(Self.entries[8]))
        try file.write(batch { $0.append(group1, log.increments(3, term: 2)) })
        let reader = try JournalReader(path: file.path, index: file.index)
        #expect(try reader.verify().isSound)
        // Those of the replica that was given up are deleted when there is leisure.
        #expect(try reader.verify().entries == (version == 1 ? 12 : 14))
        reader.close()
        try file.close()
    }
}
