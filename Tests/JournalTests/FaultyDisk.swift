import CFaultyDisk
import Foundation
import Primitives
import Synchronization

@testable import Journal

/// A disk in memory that counts, fails and forgets on demand: an SQLite VFS, and the journal's other calls on files with it.
///
/// The folder itself and its lock are on the machine's own disk. `@unchecked Sendable`: the C side has a mutex of its own.
final class FaultyDisk: FileSystem, @unchecked Sendable {
    enum Failure: CaseIterable {
        /// Whatever is called says that it failed.
        case error
        /// Writes say that the disk is full, having written a part; everything else fails as with `error`.
        case full
        /// The machine is off.
        case dead
    }

    /// Calls that are counted until one fails.
    enum Calls: CaseIterable { case all, changes, syncs }

    enum Cut: CaseIterable {
        /// Every sector as it was at any time since it was synced.
        case random
        case nothingUnsynced
        case everything
        /// As `random`, but everything as of one moment.
        case ordered
    }

    let name = "faulty-\(UUID().uuidString)"
    private let disk: OpaquePointer
    private let free = Mutex(UInt64.max)

    init() { disk = faulty_disk_create(name) }
    deinit { faulty_disk_destroy(disk) }

    /// Options for a journal on this disk, with small bounds so that much happens in little time.
    var options: JournalOptions {
        var options = JournalOptions()
        options.vfs = name
        options.files = self
        options.rowsPerFlush = 12
        options.walIdleBytes = 0
        options.commitDelayMilliseconds = 0
        return options
    }

    // MARK: Faults

    /// Has the `number`th call from now fail (nil: none), and all after it if `isLasting`.
    func fail(at number: Int?, of calls: Calls = .all, isLasting: Bool = false, _ failure: Failure = .error) {
        let kind: faulty_disk_failure =
            switch failure {
            case .error: FAULTY_DISK_EIO
            case .full: FAULTY_DISK_FULL
            case .dead: FAULTY_DISK_DEAD
            }
        let counted: faulty_disk_calls =
            switch calls {
            case .all: FAULTY_DISK_ALL_CALLS
            case .changes: FAULTY_DISK_CHANGES
            case .syncs: FAULTY_DISK_SYNCS
            }
        faulty_disk_fail(disk, UInt64(number ?? 0), counted, isLasting, kind)
    }

    var hasFailed: Bool { faulty_disk_has_failed(disk) }

    /// With every connection closed. Returns how much did not come through: sectors, sizes and names.
    @discardableResult
    func cutPower(_ how: Cut = .random, seed: UInt64) -> Int {
        let kind: faulty_disk_cut =
            switch how {
            case .random: FAULTY_DISK_CUT_RANDOM
            case .nothingUnsynced: FAULTY_DISK_CUT_NOTHING
            case .everything: FAULTY_DISK_CUT_ALL
            case .ordered: FAULTY_DISK_CUT_ORDERED
            }
        return Int(faulty_disk_cut_power(disk, seed, kind))
    }

    var unsyncedBytes: Int { Int(faulty_disk_unsynced(disk)) }

    func setFreeBytes(_ count: UInt64) { free.withLock { $0 = count } }

    // MARK: Looking

    var callCount: Int { Int(faulty_disk_call_count(disk)) }
    func forgetCalls() { faulty_disk_forget_calls(disk) }

    func call(_ number: Int) -> String {
        var text = [CChar](repeating: 0, count: 80)
        let length = faulty_disk_call(disk, UInt64(number), &text, text.count)
        return String(decoding: text.prefix(length).map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    /// The calls that change something or make it durable, in order: `write journal.db-wal`, `sync journal.db` …
    var changes: [String] {
        (0..<callCount).map(call).filter { call in
            ["write", "truncate", "sync", "delete", "rename"].contains { call.hasPrefix($0 + " ") }
        }
    }

    func bytes(_ path: String) -> [UInt8]? {
        guard let size = size(path) else { return nil }
        return try? read(path, 0..<size)
    }

    func put(_ bytes: [UInt8], _ path: String) { faulty_disk_put(disk, path, bytes, bytes.count) }

    /// Everything as it reads on another disk, all of it durable. Neither may have an open connection.
    func copy(_ other: FaultyDisk) { faulty_disk_copy(disk, other.disk) }

    /// A journal as it reads on another disk now, in a folder of another name; what is in shared memory stays behind.
    convenience init(copying other: FaultyDisk, from: Folder, to: Folder) {
        self.init()
        for name in ["journal.db", "journal.db-wal"] {
            if let bytes = other.bytes(from.path + "/" + name) { put(bytes, to.path + "/" + name) }
        }
    }

    // MARK: FileSystem

    func makeFolder(_ path: String) throws(JournalError) { try LocalFileSystem().makeFolder(path) }

    func flushFolder(_ path: String) throws(JournalError) {
        guard faulty_disk_sync_folder(disk) else { throw .failed(path, "fsync of the folder: it was to fail") }
    }

    func rename(_ from: String, to: String) throws(JournalError) {
        guard faulty_disk_rename(disk, from, to) else { throw .cannotWrite(to, "it was to fail") }
    }

    func remove(_ path: String) { _ = faulty_disk_remove(disk, path) }

    func size(_ path: String) -> Int? {
        let size = faulty_disk_size(disk, path)
        return size < 0 ? nil : Int(size)
    }

    func read(_ path: String, _ range: Range<Int>) throws(JournalError) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: range.count)
        let count = faulty_disk_read(disk, path, UInt64(range.lowerBound), &bytes, bytes.count)
        guard count >= 0 else { throw .failed(path, "no such file") }
        bytes.removeLast(bytes.count - Int(count))
        return bytes
    }

    func rewrite(_ path: String, keeping bytes: Int) throws(JournalError) {
        guard faulty_disk_rewrite(disk, path, UInt64(bytes)) else { throw .failed(path, "rewriting it was to fail") }
    }

    func isWritable(_ path: String) -> Bool { true }
    func limitToOwner(_ path: String) throws(JournalError) {}
    func freeBytes(_ path: String) -> UInt64? { free.withLock { $0 } }
}
