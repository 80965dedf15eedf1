import Consensus
import Engine
import Primitives
import Shards
import Testing

@testable import Journal

/// What people see with `sqlite3`.
@Suite struct ViewTests {
    private func journal(_ folder: Folder) throws -> JournalFile {
        let (file, _) = try JournalFile.opened(folder)
        try file.write(
            batch {
                $0.createGroup(GroupDescriptor(group: .directory, kind: "", number: 0, configuration: voters))
                $0.createGroup(descriptor())
                $0.hardState(.directory, term: Term(1), vote: nil)
                $0.hardState(group1, term: Term(1), vote: NodeID(2))
            })
        return file
    }

    private func record(
        _ events: String, _ entity: String = "alice", revision: UInt64 = 1, request: RequestID? = nil, at time: Int64 = 0
    ) -> EntryRecord {
        EntryRecord(
            entity: Array(entity.utf8), firstRevision: revision, events: Array(events.utf8), request: request,
            fingerprint: 0, reply: [], recordedAt: WallTime(milliseconds: time))
    }

    @Test func `events shows one row per committed event, as the contract says`() throws {
        let folder = Folder()
        let file = try journal(folder)
        var log = LogMaker()
        let session = RequestID.session(SessionRequest(client: 0xAB, opened: 1, number: 12, acknowledgedBelow: 1))
        let entries = [
            log.entry(1, .empty, []),
            log.record(record(#"[{"incremented":{"by":10}}]"#, request: .key(Array("order 7".utf8)), at: 1_700_000_000_007)),
            log.entry(1, .configuration, voters.encoded()),
            log.record(
                record(#"[{"renamed":{"to":"ö","tags":[1,true,null]}},{"closed":{}}]"#, "bob", revision: 4, request: session)),
            log.record(record(#"[{"incremented":{"by":5}}]"#, revision: 2)),
        ]
        var directory = LogMaker()
        let joined = directory.record(record(#"[{"joined":{"node":1}}]"#, ""))
        try file.write(
            batch {
                $0.append(group1, entries)
                $0.append(.directory, [joined])
            })
        #expect(try folder.rows("SELECT * FROM events") == [])
        try file.write(
            batch {
                $0.commit(group1, LogIndex(4))
                $0.commit(.directory, LogIndex(1))
            })
        try file.writeCommits()
        #expect(
            try folder.rows("SELECT * FROM events") == [
                #"2|counter/0|2|1|counter|alice|1|incremented|{"by":10}|order 7|2023-11-14T22:13:20.007Z"#,
                #"4|counter/0|4|1|counter|bob|4|renamed|{"to":"ö","tags":[1,true,null]}|00000000000000ab/12|1970-01-01T00:00:00.000Z"#,
                #"4|counter/0|4|1|counter|bob|5|closed|{}|00000000000000ab/12|1970-01-01T00:00:00.000Z"#,
                #"6|directory|1|1|directory||1|joined|{"node":1}|NULL|1970-01-01T00:00:00.000Z"#,
            ])
        let names = try Connection(path: folder.file, access: .readOnly)
            .prepare("SELECT group_concat(name) FROM pragma_table_info('events')")
        #expect(try names.step())
        #expect(names.text(0) == "position,shard,index,term,kind,entity,revision,type,data,request_id,recorded_at")
        try file.close()
        #expect(try folder.rows("SELECT count(*) FROM events") == ["4"])
    }

    @Test func `events that are strange JSON, or none, hide no others`() throws {
        let folder = Folder()
        let file = try journal(folder)
        var log = LogMaker()
        var entries = [#"["plain"]"#, "[7,null,true,[1,2]]", #"[{"x":true},{"x":"y"},{"x":null},{}]"#, "[", "{}", "[]"]
            .map { log.record(record($0)) }
        entries.append(log.entry(1, .record, [1, 2, 3]))
        entries.append(log.record(record(#"[{"incremented":{"by":5}}]"#, revision: 9)))
        try file.write(
            batch {
                $0.append(group1, entries)
                $0.commit(group1, LogIndex(8))
            })
        try file.writeCommits()
        #expect(
            try folder.rows(#"SELECT "index", revision, type, data FROM events"#) == [
                #"1|1|NULL|"plain""#, "2|1|NULL|7", "2|2|NULL|null", "2|3|NULL|true", "2|4|NULL|[1,2]", "3|1|x|true",
                #"3|2|x|"y""#, "3|3|x|null", "3|4|NULL|NULL", #"8|9|incremented|{"by":5}"#,
            ])
        try file.close()
    }

    @Test func `entity_states and shard_status show the checkpoint and the log's ends`() throws {
        let folder = Folder()
        let file = try journal(folder)
        var log = LogMaker()
        let entries = log.increments(5)
        var (point, state) = checkpoint(entries[2])
        state.entities = [
            EntityRow(entity: Array("alice".utf8), stored: StoredState(revision: 3, state: Array(#"{"balance":30}"#.utf8)))
        ]
        try file.write(
            batch { [point, state] in
                $0.append(group1, entries)
                $0.checkpoint(group1, at: point, state)
            })
        #expect(try folder.rows("SELECT * FROM entity_states") == [#"counter|alice|3|{"balance":30}"#])
        #expect(
            try folder.rows("SELECT * FROM shard_status") == [
                #"directory|0|1|NULL|1|0|0|0|{"voters":[1,2,3],"learners":[]}"#,
                #"counter/0|1|1|2|1|5|3|3|{"voters":[1,2,3],"learners":[]}"#,
            ])
        try file.write(batch { $0.retireGroup(group1) })
        #expect(try folder.rows("SELECT shard FROM shard_status") == ["directory"])
        #expect(try folder.rows("SELECT * FROM entity_states") == [])
        #expect(try folder.rows("SELECT * FROM events") == [])
        try file.close()
    }

    @Test func `a reader lists shards and events beside the writer and after it`() throws {
        let folder = Folder()
        var options = JournalOptions()
        options.rowsPerFlush = 8
        let (file, _) = try JournalFile.opened(folder, options)
        try file.write(
            batch {
                $0.createGroup(descriptor())
                $0.hardState(group1, term: Term(1), vote: nil)
            })
        var log = LogMaker()
        for round in 0..<10 {
            let entries = log.increments(1, of: "alice", from: UInt64(round + 1)) + log.increments(1, of: "bob", from: UInt64(round + 1))
            try file.write(batch { $0.append(group1, entries) })
        }
        try file.write(batch { $0.commit(group1, LogIndex(18)) })
        try file.writeCommits()
        for isOpen in [true, false] {
            if !isOpen { try file.close() }
            let reader = try JournalReader(directory: folder.path)
            #expect(try reader.identity().starts.count == 1)
            #expect(try reader.shards().map(\.lastIndex) == [LogIndex(20)])
            let events = try reader.events(group1, entity: Array("bob".utf8), after: 2, limit: 5)
            #expect(events.map(\.revision) == [3, 4, 5, 6, 7])
            #expect(events.map(\.index.rawValue) == [6, 8, 10, 12, 14])
            #expect(String(decoding: events[0].event, as: UTF8.self) == #"{"incremented":{"by":10}}"#)
            #expect(try reader.events(group1, entity: Array("bob".utf8), after: 8, limit: 50).map(\.revision) == [9])
            // The caller may know more of what is committed than the file, where to begin, and how much is enough.
            let bob = Array("bob".utf8)
            #expect(try reader.events(group1, entity: bob, after: 8, limit: 50, committed: LogIndex(20)).map(\.revision) == [9, 10])
            for from: UInt64 in [0, 1, 13, 14] {
                let page = try reader.events(group1, entity: bob, after: 6, limit: 2, from: LogIndex(from))
                #expect(page.map(\.revision) == [7, 8], "from \(from)")
            }
            #expect(try reader.events(group1, entity: bob, after: 0, limit: 9, from: LogIndex(15)).map(\.revision) == [8, 9])
            #expect(try reader.events(group1, entity: bob, after: 0, limit: 9, from: LogIndex(.max)).isEmpty)
            #expect(try reader.events(group1, entity: bob, after: 0, limit: 9, bytesMax: 30).map(\.revision) == [1, 2])
            #expect(try reader.events(GroupID(9), entity: Array("bob".utf8), after: 0, limit: 5) == [])
            var listed: [UInt64] = []
            try reader.forEachEvent(entity: "alice") { event in
                listed.append(event.revision)
                return listed.count < 4
            }
            #expect(listed == [1, 2, 3, 4])
            // The range spans segments and rows that no segment lists.
            let loaded = try reader.entries(group1, from: LogIndex(3), through: LogIndex(19), bytesMax: 1 << 20)
            #expect(loaded.entries.map(\.index.rawValue) == Array(3...19))
            #expect(try reader.entries(group1, from: LogIndex(3), through: LogIndex(19), bytesMax: 1).entries.count == 1)
            #expect(try reader.entries(group1, from: LogIndex(21), through: LogIndex(29), bytesMax: 1) .entries == [])
            reader.close()
        }
    }
}
