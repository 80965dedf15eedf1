import Consensus
import Engine
import Primitives
import Shards
import Testing

@testable import Journal

/// Appending, cutting and recovering logs.
@Suite struct LogTests {
    static let small: JournalOptions = {
        var options = JournalOptions()
        options.rowsPerFlush = 8
        return options
    }()

    /// Ends a journal as `kill -9` would: nothing is written any more.
    private func kill(_ file: JournalFile) {
        file.connection.close()
        file.lock.release()
    }

    @Test func `entries come back after a reopening, in one piece, with term, vote and commit`() throws {
        let folder = Folder()
        let file = try JournalFile.withGroup(folder, Self.small)
        var log = LogMaker()
        let entries = log.increments(30)
        for entry in entries { try file.write(batch { $0.append(group1, [entry]) }) }
        try file.write(batch { $0.commit(group1, LogIndex(28)) })
        try file.close()
        let (again, recovery) = try JournalFile.opened(folder, Self.small)
        let found = try #require(recovery.groups.first)
        #expect(found.descriptor == descriptor())
        #expect(found.log.entries == entries)
        #expect(found.log.base == .origin(voters))
        #expect((found.log.term, found.log.vote) == (Term(1), NodeID(1)))
        #expect(found.log.commit == LogIndex(28))
        #expect(found.log.firstAvailable == LogIndex(1))
        #expect(found.shard == .newborn)
        try again.close()
    }

    @Test func `a killed journal has every batch that was written, and none of the transaction that was open`() throws {
        let folder = Folder()
        let file = try JournalFile.withGroup(folder)
        var log = LogMaker()
        let entries = log.increments(5)
        try file.write(batch { $0.append(group1, entries) })
        try file.begin()
        try file.append(log.increments(3), to: file.active(group1))
        kill(file)
        let (again, recovery) = try JournalFile.opened(folder)
        #expect(recovery.groups[0].log.entries == entries)
        try again.close()
    }

    @Test func `an entry that does not follow by index, term or checksum fails the journal for good, and nothing of it is kept`() throws {
        for damage in 0..<3 {
            let folder = Folder()
            let file = try JournalFile.withGroup(folder)
            var log = LogMaker()
            var entries = log.increments(4, term: 3)
            switch damage {
            case 0: entries.remove(at: 2)
            case 1: entries[2].payload[0] ^= 1
            default: entries[2] = Entry(
                following: entries[1].checksum, term: Term(2), index: LogIndex(3), type: .empty, payload: [])
            }
            let error = journalError { try file.write(batch { $0.append(group1, entries) }) }
            #expect(error?.code == .failed)
            #expect(journalError { try file.write(batch { $0.commit(group1, .zero) }) } == error)
            #expect(journalError { try file.writeCommits() } == error)
            #expect(journalError { try file.copyWAL(isIdle: true) } == error)
            try file.close()
            let (again, recovery) = try JournalFile.opened(folder)
            #expect(recovery.groups[0].log.entries.isEmpty)
            try again.close()
        }
    }

    @Test func `groups share the file and keep their logs apart`() throws {
        let folder = Folder()
        let (file, _) = try JournalFile.opened(folder, Self.small)
        var logs = (1...5).map { _ in LogMaker() }
        var expected: [[Entry]] = Array(repeating: [], count: 5)
        try file.write(batch { batch in for number in 1...5 { batch.createGroup(descriptor(UInt32(number))) } })
        try file.write(batch { batch in for number in 1...5 { batch.hardState(GroupID(UInt32(number)), term: Term(1), vote: nil) } })
        for round in 0..<20 {
            try file.write(
                batch { batch in
                    for number in 0..<5 where (round + number) % 3 != 0 {
                        let entries = logs[number].increments(number + 1)
                        expected[number] += entries
                        batch.append(GroupID(UInt32(number + 1)), entries)
                    }
                })
        }
        kill(file)
        let (again, recovery) = try JournalFile.opened(folder, Self.small)
        #expect(recovery.groups.map(\.log.entries) == expected)
        try again.close()
    }

    @Test(arguments: [1, 2, 7, 8, 9, 16, 20, 29, 30])
    func `a divergent tail gives way to what replaces it, wherever its segments lie`(from: Int) throws {
        let folder = Folder()
        let file = try JournalFile.withGroup(folder, Self.small)
        var log = LogMaker()
        let entries = log.increments(30)
        for start in stride(from: 0, to: 30, by: 3) {
            try file.write(batch { $0.append(group1, Array(entries[start..<start + 3])) })
        }
        #expect(try folder.rows("SELECT count(*) FROM segments") == ["3"])
        var other = LogMaker(last: from == 1 ? .zero : LogPoint(entries[from - 2]))
        let replacing = other.increments(6, of: "bob", term: 2)
        try file.write(
            batch {
                $0.hardState(group1, term: Term(2), vote: nil)
                $0.truncate(group1, from: LogIndex(UInt64(from)))
                $0.append(group1, replacing)
            })
        let expected = Array(entries[..<(from - 1)]) + replacing
        #expect(try folder.rows("SELECT count(*) FROM journal") == ["\(expected.count)"])
        let reader = try JournalReader(path: file.path, index: file.index)
        #expect(try reader.entries(group1, from: LogIndex(1), through: LogIndex(99), bytesMax: 1 << 20).entries == expected)
        kill(file)
        let (again, recovery) = try JournalFile.opened(folder, Self.small)
        #expect(recovery.groups[0].log.entries == expected)
        try again.close()
    }

    @Test func `commit indexes alone cost no write and are on disk after their delay`() throws {
        let folder = Folder()
        var options = JournalOptions()
        options.commitDelayMilliseconds = 3_600_000
        let file = try JournalFile.withGroup(folder, options)
        var log = LogMaker()
        try file.write(batch { $0.append(group1, log.increments(5)) })
        let frames = file.connection.walFrames
        try file.write(batch { $0.commit(group1, LogIndex(3)) })
        #expect(file.connection.walFrames == frames)
        #expect(file.hasCommits)
        #expect(try folder.rows("SELECT commit_index FROM groups") == ["0"])
        try file.writeCommits()
        #expect(!file.hasCommits)
        #expect(try folder.rows("SELECT commit_index FROM groups") == ["3"])
        // A row that is written anyway takes the newest commit index along.
        try file.write(
            batch {
                $0.commit(group1, LogIndex(4))
                $0.hardState(group1, term: Term(2), vote: nil)
            })
        #expect(try folder.rows("SELECT commit_index FROM groups") == ["4"])
        try file.close()
    }

    @Test func `a retired group leaves term and vote, and comes back with an empty log`() throws {
        let folder = Folder()
        let file = try JournalFile.withGroup(folder, Self.small)
        var log = LogMaker()
        let entries = log.increments(20)
        for entry in entries { try file.write(batch { $0.append(group1, [entry]) }) }
        try file.write(
            batch {
                $0.hardState(group1, term: Term(5), vote: NodeID(2))
                $0.retireGroup(group1)
            })
        kill(file)
        let (second, retired) = try JournalFile.opened(folder, Self.small)
        #expect(retired.groups.isEmpty)
        #expect(retired.tombstones == [Tombstone(group: group1, term: Term(5), vote: NodeID(2), promised: LogPosition(term: Term(1), index: LogIndex(20)))])
        try second.write(batch { $0.createGroup(descriptor()) })
        let (other, _) = (try JournalReader(path: second.path, index: second.index), ())
        #expect(try other.entries(group1, from: LogIndex(1), through: LogIndex(9), bytesMax: 1_000).entries == [])
        var fresh = LogMaker()
        let replacing = fresh.increments(3, of: "bob", term: 6)
        try second.write(
            batch {
                $0.hardState(group1, term: Term(6), vote: nil)
                $0.append(group1, replacing)
            })
        while try second.reclaim() {}
        #expect(try folder.rows("SELECT count(*) FROM journal") == ["3"])
        #expect(try folder.rows("SELECT count(*) FROM discards") == ["0"])
        kill(second)
        let (third, recovery) = try JournalFile.opened(folder, Self.small)
        #expect(recovery.tombstones.isEmpty)
        #expect(recovery.groups[0].log.entries == replacing)
        #expect(recovery.groups[0].log.term == Term(6))
        // What the first replica may have acknowledged is remembered however often the second one starts, and by whatever comes after it.
        #expect(recovery.groups[0].log.promised == LogPosition(term: Term(1), index: LogIndex(20)))
        try third.write(batch { $0.retireGroup(group1) })
        kill(third)
        let (fourth, last) = try JournalFile.opened(folder, Self.small)
        #expect(last.tombstones.first?.promised == LogPosition(term: Term(6), index: LogIndex(3)))
        try fourth.close()
    }

    @Test func `a group that comes back at once still has its term and vote`() throws {
        let folder = Folder()
        let file = try JournalFile.withGroup(folder)
        try file.write(
            batch {
                $0.hardState(group1, term: Term(5), vote: NodeID(2))
                $0.retireGroup(group1)
                $0.createGroup(descriptor())
            })
        kill(file)
        let (again, recovery) = try JournalFile.opened(folder)
        #expect((recovery.groups[0].log.term, recovery.groups[0].log.vote) == (Term(5), NodeID(2)))
        try again.close()
    }

    @Test func `trimmed entries are gone at once for readers and little by little from the file`() throws {
        let folder = Folder()
        let file = try JournalFile.withGroup(folder, Self.small)
        var log = LogMaker()
        let entries = log.increments(30)
        for entry in entries { try file.write(batch { $0.append(group1, [entry]) }) }
        let (point, state) = checkpoint(entries[27])
        try file.write(
            batch {
                $0.checkpoint(group1, at: point, state)
                $0.trim(group1, before: LogIndex(27))
            })
        let reader = try JournalReader(path: file.path, index: file.index)
        #expect(try reader.entries(group1, from: LogIndex(26), through: LogIndex(30), bytesMax: 1_000).previousTerm == nil)
        let rest = try reader.entries(group1, from: LogIndex(27), through: LogIndex(30), bytesMax: 1 << 20)
        #expect(rest == LoadedEntries(previousTerm: Term(1), entries: Array(entries[26...])))
        while try file.reclaim() {}
        // Entries 25 to 30 are in no segment yet.
        #expect(try folder.rows("SELECT count(*) FROM journal") == ["6"])
        kill(file)
        let (again, recovery) = try JournalFile.opened(folder, Self.small)
        #expect(recovery.groups[0].log.firstAvailable == LogIndex(27))
        #expect(recovery.groups[0].log.entries == Array(entries[28...]))
        try again.write(batch { $0.append(group1, log.increments(5)) })
        while try again.reclaim() {}
        #expect(try folder.rows("SELECT min(log_index), count(*) FROM journal") == ["27|9"])
        #expect(try folder.rows("SELECT count(*) FROM discards") == ["0"])
        kill(again)
        let (third, last) = try JournalFile.opened(folder, Self.small)
        #expect(last.groups[0].log.entries.count == 7)
        try third.close()
    }
}
