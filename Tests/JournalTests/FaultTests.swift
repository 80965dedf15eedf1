import Consensus
import Engine
import Primitives
import Shards
import Testing

@testable import Journal

/// Disks that fail: every call of every piece of work, once and from then on (HAZARDS 11, 17, 18, 33).
@Suite struct FaultTests {
    @Test func `every batch is written and synced before the answer, in that order, and once`() throws {
        let (folder, disk) = (Folder(), FaultyDisk())
        let file = try JournalFile.withGroup(folder, disk.options)
        var log = LogMaker()
        for _ in 0..<5 {
            disk.forgetCalls()
            try file.write(batch { $0.append(group1, log.increments(4)) })
            let calls = disk.changes
            #expect(calls.last == "sync journal.db-wal")
            #expect(calls.dropLast().allSatisfy { $0 == "write journal.db-wal" } && calls.count > 1, "\(calls)")
            #expect(disk.unsyncedBytes == 0)
        }
        file.kill()
    }

    @Test func `a birth is durable, with the folder, before the journal is open`() throws {
        let (folder, disk) = (Folder(), FaultyDisk())
        try JournalFile.open(directory: folder.path, options: disk.options).kill()
        let calls = disk.changes
        let rename = try #require(calls.firstIndex(of: "rename journal.db.new"))
        #expect(calls[rename + 1] == "sync folder")
        #expect(calls[..<rename].contains("sync journal.db.new"))
        disk.cutPower(.nothingUnsynced, seed: 1)
        let (again, recovery) = try JournalFile.opened(folder, disk.options)
        #expect(recovery.identity.starts.count == 2)
        again.kill()
    }

    @Test func `the WAL is copied only when told, and the database is synced with it`() throws {
        let (folder, disk) = (Folder(), FaultyDisk())
        let file = try JournalFile.withGroup(folder, disk.options)
        var log = LogMaker()
        for _ in 0..<300 { try file.write(batch { $0.append(group1, log.increments(9)) }) }
        #expect(file.connection.walFrames > 500)
        disk.forgetCalls()
        #expect(try file.copyWAL(isIdle: true))
        #expect(disk.changes.contains("write journal.db"))
        #expect(disk.changes.last == "sync journal.db")
        #expect(try !file.copyWAL(isIdle: true))
        file.kill()
    }

    // MARK: Every call of every work

    /// A piece of work on a journal that has a history. Each step is one transaction or one maintenance call.
    struct Work: CustomTestStringConvertible, Sendable {
        var testDescription: String
        var steps: @Sendable (inout LogMaker, [Entry]) -> [@Sendable (JournalFile) throws -> Void]
    }

    static let works: [Work] = [
        Work(testDescription: "birth") { log, _ in
            [
                { file in
                    try file.write(
                        batch {
                            $0.createGroup(descriptor(7))
                            $0.hardState(GroupID(7), term: Term(1), vote: NodeID(1))
                        })
                }
            ]
        },
        Work(testDescription: "append") { log, _ in
            (0..<4).map { _ in
                let entries = log.increments(5)
                return { file in try file.write(batch { $0.append(group1, entries) }) }
            }
        },
        Work(testDescription: "truncate") { log, history in
            log = LogMaker(last: LogPoint(history[17]))
            let entries = log.increments(3, of: "bob", term: 2)
            return [
                { file in
                    try file.write(
                        batch {
                            $0.hardState(group1, term: Term(2), vote: nil)
                            $0.truncate(group1, from: LogIndex(19))
                            $0.append(group1, entries)
                        })
                }
            ]
        },
        Work(testDescription: "entity checkpoint") { log, history in
            var (point, state) = checkpoint(history[13])
            state.entities = (0..<60).map {
                EntityRow(entity: Array("e\($0)".utf8), stored: StoredState(revision: 2, state: Array("{}".utf8)))
            }
            return [{ [point, state] file in try file.write(batch { $0.checkpoint(group1, at: point, state) }) }]
        },
        Work(testDescription: "WAL checkpoint") { log, _ in
            let (first, second) = (log.increments(5), log.increments(5))
            return [
                { file in try file.write(batch { $0.append(group1, first) }) },
                { file in try file.copyWAL(isIdle: true) },
                { file in try file.write(batch { $0.append(group1, second) }) },
                { file in try file.copyWAL(isIdle: true) },
            ]
        },
        Work(testDescription: "snapshot install") { log, history in
            var leader = LogMaker()
            let theirs = leader.increments(70, of: "carol", term: 2)
            var (point, state) = checkpoint(theirs[59])
            state.entities = (0..<30).map {
                EntityRow(entity: Array("i\($0)".utf8), stored: StoredState(revision: 2, state: Array("{}".utf8)))
            }
            return [
                { [point, state] file in
                    try file.write(
                        batch {
                            $0.hardState(group1, term: Term(2), vote: nil)
                            $0.installSnapshot(group1, at: point, state)
                            $0.append(group1, Array(theirs[60...]))
                        })
                },
                { file in while try file.reclaim() {} },
            ]
        },
        Work(testDescription: "trim") { log, _ in
            [
                { file in try file.write(batch { $0.trim(group1, before: LogIndex(8)) }) },
                { file in while try file.reclaim() {} },
            ]
        },
        Work(testDescription: "retire and come back") { log, _ in
            [
                { file in try file.write(batch { $0.retireGroup(group1) }) },
                { file in while try file.reclaim() {} },
                { file in
                    try file.write(
                        batch {
                            $0.createGroup(descriptor())
                            $0.hardState(group1, term: Term(3), vote: nil)
                        })
                },
            ]
        },
        Work(testDescription: "close") { log, _ in
            let entries = log.increments(5)
            return [
                { file in try file.write(batch { $0.append(group1, entries) }) },
                { file in try file.close() },
            ]
        },
    ]

    /// A journal with entries in segments and behind them, a checkpoint, and a WAL that was not copied.
    private func prepare(_ folder: Folder) throws -> (disk: FaultyDisk, log: LogMaker, history: [Entry]) {
        let disk = FaultyDisk()
        let file = try JournalFile.withGroup(folder, disk.options)
        var log = LogMaker()
        var history: [Entry] = []
        for _ in 0..<6 {
            let entries = log.increments(5)
            history += entries
            try file.write(batch { $0.append(group1, entries) })
        }
        var (point, state) = checkpoint(history[8])
        state.entities = [EntityRow(entity: [65], stored: StoredState(revision: 5, state: Array("{}".utf8)))]
        try file.write(
            batch { [point, state] in
                $0.commit(group1, LogIndex(14))
                $0.checkpoint(group1, at: point, state)
            })
        file.kill()
        return (disk, log, history)
    }

    /// Runs all steps; tells through `done` how many have been done.
    private func run(_ steps: [@Sendable (JournalFile) throws -> Void], _ folder: Folder, _ disk: FaultyDisk, _ done: (JournalFile) throws -> Void)
        throws
    {
        let file = try JournalFile.open(directory: folder.path, options: disk.options)
        defer { file.kill() }
        do {
            _ = try file.recover()
            try done(file)
            for step in steps {
                try step(file)
                try done(file)
            }
        } catch {
            guard let failure = file.failure else { throw error }
            // From then on always the same answer, and nothing more reaches the disk.
            let changes = disk.changes.count
            #expect(journalError { try file.write(batch { $0.retireGroup(group1) }) } == failure)
            #expect(journalError { try file.writeCommits() } == failure)
            #expect(journalError { try file.copyWAL(isIdle: false) } == failure)
            #expect(journalError { _ = try file.reclaim() } == failure)
            try file.close()
            #expect(disk.changes.count == changes, "written after the failure: \(disk.changes[changes...])")
            throw error
        }
    }

    /// How calls fail: all of them once; those that change something from then on, and as on a full disk.
    private static let failures: [(failure: FaultyDisk.Failure, isLasting: Bool, calls: FaultyDisk.Calls)] = [
        (.error, false, .all), (.error, true, .changes), (.full, false, .changes), (.full, true, .changes),
    ]

    @Test(arguments: works)
    func `whichever call fails, the journal stops, and what it acknowledged is there at the next start`(work: Work) throws {
        let folder = Folder()
        let isBirth = work.testDescription == "birth"
        var (prepared, log, history) = try prepare(folder)
        if isBirth { prepared = FaultyDisk() }
        let steps = work.steps(&log, history)

        // What is there after each step, when nothing fails.
        let disk = FaultyDisk()
        var snapshots: [JournalSnapshot] = []
        disk.copy(prepared)
        try run(steps, folder, disk) { _ in
            let elsewhere = Folder()
            snapshots.append(try JournalSnapshot(elsewhere, FaultyDisk(copying: disk, from: folder, to: elsewhere)))
        }
        let calls = disk.callCount

        for (failure, isLasting, counted) in Self.failures {
            var number = 1
            while true {
                disk.copy(prepared)
                // What the lock file says of the WAL is of another life.
                LocalFileSystem().remove(folder.path + "/lock")
                disk.forgetCalls()
                disk.fail(at: number, of: counted, isLasting: isLasting, failure)
                var done = -1
                let error = journalError { try run(steps, folder, disk) { _ in done += 1 } }
                guard disk.hasFailed else {
                    #expect(error == nil)
                    break
                }
                let place = "\(failure), call \(number), after \(done + 1) steps: \(String(describing: error))"
                disk.fail(at: nil)
                let found = try JournalSnapshot(folder, disk)
                let acknowledged = done >= 0 ? snapshots[done] : snapshots[0]
                let attempted = snapshots[min(done + 1, snapshots.count - 1)]
                let isSound = found == acknowledged || found == attempted
                #expect(isSound, "\(place): \(found.ends)")
                // What the node found it has told to others: it is durable, whatever the failed sync left in memory only.
                disk.cutPower(.nothingUnsynced, seed: 1)
                let later = try JournalSnapshot(folder, disk)
                let isDurable = later == found
                #expect(isDurable, "\(place), then a power cut: \(later.ends) and not \(found.ends)")
                number += 1
            }
            #expect(counted == .changes ? number > 10 : number >= calls, "\(number) calls of \(calls)")
        }
    }
}
