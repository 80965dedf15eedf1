import Consensus
import Engine
import Foundation
import Primitives
import Shards
import Testing

@testable import Journal

/// Disks that fail and disks that lose power (HAZARDS 1, 17, 18, 33).
@Suite struct FaultTests {
    private func options(_ disk: FaultyDisk) -> JournalOptions {
        var options = JournalOptions()
        options.vfs = disk.name
        options.rowsPerFlush = 12
        options.walIdleBytes = 0
        options.commitDelayMilliseconds = 0
        return options
    }

    /// Ends a journal as a power cut or `kill -9` would.
    private func kill(_ file: JournalFile) {
        file.connection.close()
        file.lock.release()
    }

    @Test func `every batch is written and synced before the answer, in that order, and once`() throws {
        let (folder, disk) = (Folder(), FaultyDisk())
        let file = try JournalFile.withGroup(folder, options(disk))
        var log = LogMaker()
        for _ in 0..<5 {
            disk.forgetCalls()
            try file.write(batch { $0.append(group1, log.increments(4)) })
            let calls = disk.calls
            #expect(calls.last == "sync journal.db-wal")
            #expect(calls.dropLast().allSatisfy { $0 == "write journal.db-wal" } && calls.count > 1, "\(calls)")
        }
        kill(file)
    }

    @Test func `the WAL is copied only when told, and the database is synced with it`() throws {
        let (folder, disk) = (Folder(), FaultyDisk())
        let file = try JournalFile.withGroup(folder, options(disk))
        var log = LogMaker()
        for _ in 0..<300 { try file.write(batch { $0.append(group1, log.increments(9)) }) }
        #expect(file.connection.walFrames > 500)
        disk.forgetCalls()
        #expect(try file.copyWAL(isIdle: true))
        #expect(disk.calls.contains("write journal.db"))
        #expect(disk.calls.last == "sync journal.db")
        #expect(try !file.copyWAL(isIdle: true))
        kill(file)
    }

    /// A fixed script: births, appends, truncation, checkpoints, WAL copies, a close. What is acknowledged is told as it happens.
    private struct Script {
        var log = LogMaker()
        var acknowledged: [Entry] = []
        var attempted: [Entry] = []
        var hasGroup = false

        mutating func run(_ file: JournalFile) throws {
            _ = try file.recover()
            try file.write(
                batch {
                    $0.createGroup(descriptor())
                    $0.hardState(group1, term: Term(1), vote: nil)
                })
            hasGroup = true
            for round in 0..<8 {
                let entries = log.increments(5)
                attempted = acknowledged + entries
                try file.write(
                    batch {
                        $0.append(group1, entries)
                        if round > 0 { $0.commit(group1, LogIndex(UInt64(round * 5 - 3))) }
                    })
                acknowledged = attempted
                if round == 3 {
                    log = LogMaker(last: LogPoint(acknowledged[17]))
                    let replacing = log.increments(3, of: "bob")
                    attempted = Array(acknowledged[..<18]) + replacing
                    try file.write(
                        batch {
                            $0.truncate(group1, from: LogIndex(19))
                            $0.append(group1, replacing)
                        })
                    acknowledged = attempted
                }
                if round % 3 == 2 {
                    var (point, state) = checkpoint(acknowledged[round * 3])
                    state.entities = (0..<40).map {
                        EntityRow(entity: Array("e\($0)".utf8), stored: StoredState(revision: 1, state: Array("{}".utf8)))
                    }
                    try file.write(batch { [point, state] in $0.checkpoint(group1, at: point, state) })
                    try file.copyWAL(isIdle: true)
                }
            }
            try file.close()
        }
    }

    @Test(arguments: [false, true])
    func `whichever write, sync or truncation fails, the journal stops and loses nothing that it acknowledged`(isLasting: Bool) throws {
        var number = 1
        while true {
            let (folder, disk) = (Folder(), FaultyDisk())
            var script = Script()
            disk.fail(at: number, isLasting: isLasting)
            let error = journalError {
                let file = try JournalFile.open(directory: folder.path, options: options(disk))
                do {
                    try script.run(file)
                } catch {
                    // From then on always the same answer, and nothing more reaches the disk.
                    let calls = disk.calls.count
                    #expect(file.failure != nil)
                    #expect(journalError { try file.write(batch { $0.retireGroup(group1) }) } == file.failure)
                    #expect(journalError { try file.writeCommits() } == file.failure)
                    #expect(journalError { try file.copyWAL(isIdle: false) } == file.failure)
                    try file.close()
                    #expect(disk.calls.count == calls, "written after the failure: \(disk.calls[calls...])")
                    throw error
                }
            }
            guard disk.hasFailed else {
                #expect(error == nil)
                break
            }
            #expect(error?.code == .failed, "call \(number), \(disk.calls[number - 1]): \(String(describing: error))")
            disk.fail(at: nil)
            try expectRecovered(folder, script, "call \(number)")
            number += 1
        }
        // The script makes that many calls, and each of them has failed once.
        #expect(number > 100)
    }

    private func expectRecovered(_ folder: Folder, _ script: Script, _ place: String) throws {
        let (file, recovery) = try JournalFile.opened(folder)
        if let found = recovery.groups.first {
            let base = found.log.base.index
            let last = found.log.entries.last.map { LogPoint($0) } ?? LogPoint(found.log.base)
            let kept = script.acknowledged.filter { $0.index > base }
            let tried = script.attempted.filter { $0.index > base }
            #expect(found.log.entries == kept || found.log.entries == tried, "\(place): ends at \(last)")
            #expect(found.log.entries.first.map { $0.follows(found.log.base.checksum) } ?? true)
        } else {
            #expect(!script.hasGroup, "\(place): an acknowledged group is gone")
        }
        try file.close()
        let reader = try JournalReader(directory: folder.path)
        #expect(try reader.verify().problems == [], "\(place)")
        reader.close()
    }

    @Test(arguments: 0..<40)
    func `what is acknowledged survives a power cut at any call, with unsynced writes lost or torn`(seed: UInt64) throws {
        var generator = RandomGenerator(seed: seed)
        let (folder, disk) = (Folder(), FaultyDisk())
        // A birth is on disk before the power may go.
        try JournalFile.open(directory: folder.path, options: options(disk)).close()
        disk.trackWrites()
        disk.fail(at: Int.random(in: 1...130, using: &generator), isLasting: true)
        var script = Script()
        let error = journalError {
            let file = try JournalFile.open(directory: folder.path, options: options(disk))
            do {
                try script.run(file)
            } catch {
                kill(file)
                throw error
            }
        }
        #expect(error?.code == .failed)
        disk.fail(at: nil)
        try disk.cutPower(&generator)
        try expectRecovered(folder, script, "seed \(seed)")
    }
}
