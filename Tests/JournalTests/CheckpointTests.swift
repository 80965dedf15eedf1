import Consensus
import Engine
import Primitives
import Shards
import Testing

@testable import Journal

@Suite struct CheckpointTests {
    private func state(_ value: Int, _ revision: UInt64, unapplied: String? = nil) -> StoredState {
        StoredState(
            revision: revision, state: Array(#"{"balance":\#(value)}"#.utf8), unapplied: unapplied.map { Array($0.utf8) })
    }

    private func row(_ name: String, _ state: StoredState) -> EntityRow { EntityRow(entity: Array(name.utf8), stored: state) }

    private func reply(_ index: UInt64, refusal: String? = nil) -> StoredReply {
        StoredReply(
            index: LogIndex(index), term: Term(1), revision: index * 2, fingerprint: .max - index,
            outcome: Outcome(json: Array("\(index)".utf8), refusalMessage: refusal))
    }

    private func key(_ entity: String, _ key: String, _ index: UInt64) -> KeyRow {
        KeyRow(
            entity: Array(entity.utf8), key: Array(key.utf8), recordedAt: WallTime(milliseconds: Int64(index) * 1_000),
            reply: reply(index, refusal: index % 2 == 0 ? "no" : nil))
    }

    private func want(_ entity: String, key: String? = nil, state: Bool = true) -> LoadRequest {
        LoadRequest(
            entity: Array(entity.utf8), wantsState: state, key: key.map { Array($0.utf8) }, checkpoint: .zero)
    }

    @Test func `entities, sessions and keys come back, and a later checkpoint changes what it names`() throws {
        let folder = Folder()
        let file = try JournalFile.withGroup(folder)
        var log = LogMaker()
        let entries = log.increments(20)
        try file.write(batch { $0.append(group1, entries) })

        var (point, first) = checkpoint(entries[9])
        first.entities = [row("alice", state(10, 1)), row("böb", state(-3, 7, unapplied: #"[{"x":{}}]"#))]
        let session = SessionRow(
            client: .max, opened: -7, acknowledgedBelow: 4, lastIndex: LogIndex(9),
            replies: [
                NumberedReply(number: 4, reply: reply(3)), NumberedReply(number: 1 << 63, reply: reply(9, refusal: "nö")),
            ])
        let other = SessionRow(client: 5, opened: 1, acknowledgedBelow: 1, lastIndex: LogIndex(1), replies: [])
        first.sessions = [session, other]
        first.keys = [key("alice", "k1", 2), key("alice", "k2", 3), key("bob", "k1", 5), key("alice", "k1", 6)]
        first.forgottenOpened = 3
        first.meta = Array(#"{"buckets":[]}"#.utf8)
        try file.write(batch { [point, first] in $0.checkpoint(group1, at: point, first) })

        let reader = try JournalReader(path: file.path, index: file.index)
        var found = try reader.load(
            group1,
            [want("alice", key: "k1"), want("böb"), want("carol", key: "k1"), want("alice", key: "k2", state: false), want("bob", key: "k1")])
        #expect(found.map(\.state) == [state(10, 1), state(-3, 7, unapplied: #"[{"x":{}}]"#), nil, nil, nil])
        #expect(found.map(\.key) == [reply(6, refusal: "no"), nil, nil, reply(3), reply(5)])

        var (later, second) = checkpoint(entries[14])
        second.entities = [row("alice", state(20, 2)), row("carol", state(1, 1))]
        second.sessionsRemoved = [5]
        second.keys = [key("bob", "k9", 14)]
        second.keysForgottenThrough = LogIndex(5)
        second.forgottenOpened = 8
        try file.write(batch { [later, second] in $0.checkpoint(group1, at: later, second) })
        found = try reader.load(
            group1, [want("alice", key: "k2"), want("böb"), want("carol"), want("bob", key: "k9"), want("alice", key: "k1")])
        #expect(found.map { $0.state?.revision } == [2, 7, 1, nil, 2])
        #expect(found.map(\.key) == [nil, nil, nil, reply(14, refusal: "no"), reply(6, refusal: "no")])

        let whole = try #require(try reader.checkpoint(of: group1))
        #expect(whole.point == later)
        #expect(whole.state.entities.map { $0.stored().revision } == [2, 7, 1])
        #expect(whole.state.sessions == [session])
        #expect(whole.state.keys == [key("alice", "k1", 6), key("bob", "k9", 14)])
        try file.close()

        let (again, recovery) = try JournalFile.opened(folder)
        let restored = recovery.groups[0]
        #expect(restored.log.base == later)
        #expect(restored.log.entries == Array(entries[15...]))
        #expect(restored.log.commit == later.index)
        #expect(
            restored.shard
                == RestoredShard(
                    index: later.index, term: later.term, checksum: later.checksum, sessions: [session],
                    forgottenOpened: 8, keysForgottenThrough: LogIndex(5), meta: []))
        try again.close()
    }

    @Test func `an older checkpoint than the newest is ignored`() throws {
        let folder = Folder()
        let file = try JournalFile.withGroup(folder)
        var log = LogMaker()
        let entries = log.increments(5)
        try file.write(batch { $0.append(group1, entries) })
        for (index, value) in [(3, 4), (1, 2)] {
            var (point, state) = checkpoint(entries[index])
            state.entities = [row("alice", self.state(value, UInt64(value)))]
            try file.write(batch { [point, state] in $0.checkpoint(group1, at: point, state) })
        }
        #expect(try folder.rows("SELECT revision FROM entities") == ["4"])
        try file.close()
        let (again, recovery) = try JournalFile.opened(folder)
        #expect(recovery.groups[0].log.base.index == LogIndex(4))
        try again.close()
    }

    @Test func `a checkpoint of another log is refused`() throws {
        let folder = Folder()
        let file = try JournalFile.withGroup(folder)
        var log = LogMaker()
        try file.write(batch { $0.append(group1, log.increments(5)) })
        var stranger = LogMaker()
        let (point, state) = checkpoint(stranger.increments(3, of: "mallory")[2])
        #expect(journalError { try file.write(batch { $0.checkpoint(group1, at: point, state) }) }?.code == .failed)
        try file.close()
    }

    @Test func `a peer's checkpoint replaces log and state, and the log goes on after it`() throws {
        let folder = Folder()
        let file = try JournalFile.withGroup(folder)
        var own = LogMaker()
        let ownEntries = own.increments(4)
        var (ownPoint, ownState) = checkpoint(ownEntries[1])
        ownState.entities = [row("gone", state(1, 1))]
        ownState.sessions = [SessionRow(client: 1, opened: 1, acknowledgedBelow: 1, lastIndex: LogIndex(1), replies: [])]
        ownState.keys = [key("gone", "k", 1)]
        try file.write(
            batch { [ownPoint, ownState] in
                $0.append(group1, ownEntries)
                $0.checkpoint(group1, at: ownPoint, ownState)
            })

        var leader = LogMaker()
        let theirs = leader.increments(50, of: "bob", term: 2)
        let members = Configuration(voters: [NodeID(2)], learners: [NodeID(9)])
        var (point, whole) = checkpoint(theirs[39], members)
        whole.entities = [row("bob", state(400, 40))]
        try file.write(
            batch { [point, whole] in
                $0.hardState(group1, term: Term(2), vote: nil)
                $0.installSnapshot(group1, at: point, whole)
                $0.append(group1, Array(theirs[40...]))
            })
        // One that is older than what is committed changes nothing.
        let (stale, older) = checkpoint(theirs[20], members)
        try file.write(batch { $0.installSnapshot(group1, at: stale, older) })

        let reader = try JournalReader(path: file.path, index: file.index)
        #expect(try reader.load(group1, [want("gone", key: "k"), want("bob")]).map { $0.state?.revision } == [nil, 40])
        #expect(try reader.entries(group1, from: LogIndex(40), through: LogIndex(50), bytesMax: 1 << 20).entries == [])
        #expect(
            try reader.entries(group1, from: LogIndex(41), through: LogIndex(42), bytesMax: 1 << 20)
                == LoadedEntries(previousTerm: Term(2), entries: Array(theirs[40...41])))
        while try file.reclaim() {}
        #expect(try folder.rows("SELECT count(*) FROM journal") == ["10"])
        #expect(try folder.rows("SELECT entity FROM entities") == ["bob"])
        #expect(try folder.rows("SELECT count(*) FROM sessions") == ["0"])
        #expect(try folder.rows("SELECT count(*) FROM request_keys") == ["0"])
        try file.close()
        let (again, recovery) = try JournalFile.opened(folder)
        #expect(recovery.groups[0].log.base == point)
        #expect(recovery.groups[0].log.firstAvailable == LogIndex(41))
        #expect(recovery.groups[0].log.entries == Array(theirs[40...]))
        #expect(recovery.groups[0].log.commit == point.index)
        try again.close()
    }

    @Test func `a large retired shard is deleted in slices`() throws {
        let folder = Folder()
        let file = try JournalFile.withGroup(folder)
        var log = LogMaker()
        let entries = log.increments(3)
        var (point, whole) = checkpoint(entries[2])
        whole.entities = (0..<2_500).map { row("entity-\($0)", state($0, 1)) }
        whole.keys = (0..<1_500).map { key("e", "k\($0)", UInt64($0)) }
        try file.write(
            batch { [point, whole] in
                $0.append(group1, entries)
                $0.checkpoint(group1, at: point, whole)
            })
        try file.write(batch { $0.retireGroup(group1) })
        var slices = 0
        while try file.reclaim() { slices += 1 }
        #expect(slices >= 5)
        for table in ["journal", "segments", "entities", "request_keys", "discards", "checkpoints"] {
            #expect(try folder.rows("SELECT count(*) FROM \(table)") == ["0"], "\(table)")
        }
        try file.close()
    }
}
