import Consensus
import Engine
import Foundation
import Logging
import Primitives
import Shards
import Synchronization
import Testing

@testable import Journal

/// The shell: its threads, what it answers and when.
@Suite struct JournalTests {
    private let folder = Folder()

    private func open(_ options: JournalOptions = JournalOptions()) throws -> (Journal, Recovery) {
        var logger = Logger(label: "test")
        logger.logLevel = .critical
        let opened = try Journal.open(directory: folder.path, options: options, logger: logger, hop: { $0() })
        return (opened.journal, opened.recovery)
    }

    private func write(_ journal: Journal, _ batch: WriteBatch) async throws {
        try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Void, any Error>) in
            journal.write(batch) { continuation.resume(with: $0) }
        }
    }

    private func birth(_ journal: Journal) async throws {
        try await write(
            journal,
            batch {
                $0.createGroup(descriptor())
                $0.hardState(group1, term: Term(1), vote: nil)
            })
    }

    /// Waits for what another thread is about to do; the limit only ends a test that would hang.
    private func wait(_ what: String, until isTrue: () throws -> Bool) async throws {
        let end = ContinuousClock.now + .seconds(20)
        while try !isTrue() {
            try #require(ContinuousClock.now < end, "waited in vain: \(what)")
            await Task.yield()
        }
    }

    @Test func `completions come in the order of the batches, after which everything is durable and readable`() async throws {
        let (journal, recovery) = try open()
        #expect(recovery.groups.isEmpty)
        try await birth(journal)
        var log = LogMaker()
        let entries = log.increments(500)
        let order = Mutex<[Int]>([])
        for (number, entry) in entries.enumerated() {
            journal.write(batch { $0.append(group1, [entry]) }) { result in
                if case .success = result { order.withLock { $0.append(number) } }
            }
        }
        try await wait("500 completions") { order.withLock { $0.count == 500 } }
        #expect(order.withLock { $0 } == Array(0..<500))
        let loaded = try await withCheckedThrowingContinuation { continuation in
            journal.entries(group1, from: LogIndex(1), through: LogIndex(500), bytesMax: 1 << 20) {
                continuation.resume(with: $0)
            }
        }
        #expect(loaded.entries == entries)
        journal.close()
        let (again, found) = try open()
        #expect(found.groups[0].log.entries == entries)
        again.close()
    }

    @Test func `batches that wait together share one transaction`() async throws {
        let disk = FaultyDisk()
        var options = JournalOptions()
        options.vfs = disk.name
        options.files = disk
        let (journal, _) = try open(options)
        try await birth(journal)
        var log = LogMaker()
        let done = Mutex(0)
        disk.forgetCalls()
        for entry in log.increments(1_000) {
            journal.write(batch { $0.append(group1, [entry]) }) { _ in done.withLock { $0 += 1 } }
        }
        try await wait("1000 completions") { done.withLock { $0 == 1_000 } }
        let syncs = disk.changes.filter { $0 == "sync journal.db-wal" }.count
        #expect(syncs > 0 && syncs < 900, "\(syncs) syncs for 1000 batches")
        journal.close()
    }

    @Test func `commit indexes alone are answered at once and reach the file without another batch`() async throws {
        var options = JournalOptions()
        options.commitDelayMilliseconds = 20
        let (journal, _) = try open(options)
        try await birth(journal)
        var log = LogMaker()
        try await write(journal, batch { $0.append(group1, log.increments(3)) })
        try await write(journal, batch { $0.commit(group1, LogIndex(2)) })
        try await wait("the commit index") { try folder.rows("SELECT commit_index FROM groups") == ["2"] }
        journal.close()
    }

    @Test func `retired rows go while nothing waits`() async throws {
        let (journal, _) = try open()
        try await birth(journal)
        var log = LogMaker()
        try await write(journal, batch { $0.append(group1, log.increments(300)) })
        try await write(journal, batch { $0.retireGroup(group1) })
        try await wait("empty tables") { try folder.rows("SELECT count(*) FROM journal") == ["0"] }
        journal.close()
    }

    @Test func `a lock held by another process is waited out, and health tells`() async throws {
        var options = JournalOptions()
        options.busyTimeoutMilliseconds = 1
        let (journal, _) = try open(options)
        try await birth(journal)
        let shell = try Connection(path: folder.file, access: .readWrite)
        try shell.execute("BEGIN IMMEDIATE")
        var log = LogMaker()
        let entries = log.increments(3)
        let done = Mutex(false)
        journal.write(batch { $0.append(group1, entries) }) { result in
            if case .success = result { done.withLock { $0 = true } }
        }
        try await wait("isBlocked") { journal.health.isBlocked }
        #expect(!done.withLock { $0 })
        try shell.execute("ROLLBACK")
        shell.close()
        try await wait("the write") { done.withLock { $0 } }
        try await wait("not isBlocked") { !journal.health.isBlocked }
        #expect(journal.health.failure == nil)
        journal.close()
        let (again, found) = try open()
        #expect(found.groups[0].log.entries == entries)
        again.close()
    }

    @Test func `under its reserve the disk counts as full, nothing is written, and a close gives the batch back`() async throws {
        try JournalFile.withGroup(folder).close()
        var options = JournalOptions()
        options.reserveBytes = .max / 4
        let (journal, _) = try open(options)
        #expect(journal.health.isFull)
        var log = LogMaker()
        let entries = log.increments(3)
        let answer = Mutex<JournalError?>(nil)
        journal.write(batch { $0.append(group1, entries) }) { result in
            if case .failure(let error) = result { answer.withLock { $0 = error } }
        }
        journal.close()
        #expect(answer.withLock { $0?.code } == .full)
        #expect(answer.withLock { $0?.message.contains("under the reserve") } == true)
        #expect(try folder.rows("SELECT count(*) FROM journal") == ["0"])
    }

    @Test func `somebody's long read does not stop the journal, and health tells of the WAL that it holds`() async throws {
        var options = JournalOptions()
        (options.walIdleBytes, options.walBytesMax, options.walAlarmBytes) = (32 << 10, 64 << 10, 256 << 10)
        let (journal, _) = try open(options)
        try await birth(journal)
        let shell = try Connection(path: folder.file, access: .readOnly)
        try shell.execute("BEGIN")
        #expect(try shell.integer("SELECT count(*) FROM journal") == 0)
        var log = LogMaker()
        for _ in 0..<40 { try await write(journal, batch { $0.append(group1, log.increments(40)) }) }
        try await wait("isWALHeld") { journal.health.isWALHeld }
        #expect(try shell.integer("SELECT count(*) FROM journal") == 0)
        try shell.execute("COMMIT")
        shell.close()
        var count = 40
        while journal.health.isWALHeld {
            try await write(journal, batch { $0.append(group1, log.increments(40)) })
            count += 1
            try #require(count < 1_000)
        }
        journal.close()
        #expect(try folder.rows("SELECT count(*) FROM journal") == ["\(count * 40)"])
    }

    @Test func `after a failed sync every batch is refused with the same error, and health has it`() async throws {
        let disk = FaultyDisk()
        var options = JournalOptions()
        options.vfs = disk.name
        options.files = disk
        let (journal, _) = try open(options)
        try await birth(journal)
        disk.fail(at: 1, isLasting: false)
        var log = LogMaker()
        let errors = Mutex<[JournalError]>([])
        for entry in log.increments(5) {
            journal.write(batch { $0.append(group1, [entry]) }) { result in
                if case .failure(let error) = result { errors.withLock { $0.append(error) } }
            }
        }
        try await wait("five errors") { errors.withLock { $0.count == 5 } }
        #expect(Set(errors.withLock { $0 }).count == 1)
        #expect(errors.withLock { $0[0].code } == .failed)
        #expect(journal.health.failure == errors.withLock { $0[0] })
        journal.close()
        let (again, found) = try open(options)
        #expect(found.groups[0].log.entries.isEmpty)
        again.close()
    }

    @Test func `a closed journal has written what came before, refuses what comes after, and gives the folder free`() async throws {
        let (journal, _) = try open()
        try await birth(journal)
        var log = LogMaker()
        let entries = log.increments(200)
        let written = Mutex(0)
        for entry in entries {
            journal.write(batch { $0.append(group1, [entry]) }) { result in
                if case .success = result { written.withLock { $0 += 1 } }
            }
        }
        journal.close()
        #expect(written.withLock { $0 } == 200)
        await #expect(throws: JournalError.self) { try await write(journal, batch { $0.retireGroup(group1) }) }
        await #expect(throws: JournalError.self) {
            try await withCheckedThrowingContinuation { continuation in
                journal.load(group1, []) { continuation.resume(with: $0) }
            }
        }
        let (again, found) = try open()
        #expect(found.groups[0].log.entries == entries)
        again.close()
    }

    @Test func `reading beside the writer sees whole prefixes of the log`() async throws {
        var options = JournalOptions()
        options.rowsPerFlush = 50
        let (journal, _) = try open(options)
        try await birth(journal)
        var log = LogMaker()
        let entries = log.increments(600)
        let written = Mutex(0)
        for start in stride(from: 0, to: 600, by: 3) {
            journal.write(batch { $0.append(group1, Array(entries[start..<start + 3])) }) { _ in written.withLock { $0 += 3 } }
        }
        var looks = 0
        while written.withLock({ $0 < 600 }) {
            let before = written.withLock { $0 }
            let found = try await withCheckedThrowingContinuation { continuation in
                journal.entries(group1, from: LogIndex(1), through: LogIndex(600), bytesMax: 1 << 20) {
                    continuation.resume(with: $0)
                }
            }
            #expect(found.entries.count >= before)
            #expect(found.entries == Array(entries[..<found.entries.count]))
            looks += 1
        }
        #expect(looks > 0)
        journal.close()
    }
}
