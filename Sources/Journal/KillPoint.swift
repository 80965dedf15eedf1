import CSQLite
import Synchronization

#if canImport(Darwin)
    import Darwin
#elseif canImport(Musl)
    import Musl
#else
    import Glibc
#endif

/// Places inside the journal's work at which a crash test has the process end itself, as by `kill -9`.
///
/// Armed by `HOLDFAST_KILL_POINT=NAME:COUNT` in the environment alone: the process ends when it comes to the point for the COUNTth time.
public enum KillPoint: String, CaseIterable, Sendable {
    /// SQLite has written to the WAL and not yet flushed it.
    case walWrite = "wal-write"
    /// SQLite has written to the database: in the middle of a copy of the WAL, or of a birth.
    case databaseWrite = "database-write"
    /// A batch is in the transaction and not committed.
    case beforeCommit = "before-commit"
    /// A batch is flushed and not acknowledged.
    case committed
    /// Some of an entity checkpoint's rows are written.
    case checkpoint
    /// A peer's snapshot is written in part.
    case install
    /// Retired or trimmed rows are deleted in part.
    case reclaim
    /// A migration has run and is not committed.
    case migration
    /// A new file is complete and does not have its name yet.
    case birth
    /// The start counter is written, nothing is recovered.
    case opened

    private static let armed: (point: KillPoint, count: Int)? = {
        guard let text = getenv("HOLDFAST_KILL_POINT") else { return nil }
        let parts = String(cString: text).split(separator: ":")
        guard parts.count == 2, let point = KillPoint(rawValue: String(parts[0])), let count = Int(parts[1]) else { return nil }
        return (point, count)
    }()
    private static let passes = Atomic<Int>(0)

    /// The process is at this point.
    static func pass(_ point: KillPoint) {
        guard let armed, armed.point == point else { return }
        if passes.add(1, ordering: .relaxed).newValue == armed.count { kill(getpid(), SIGKILL) }
    }

    /// Puts itself between SQLite and the system's writes, if a point there is armed.
    static func watchWrites() {
        #if os(Linux)
            guard let armed, armed.point == .walWrite || armed.point == .databaseWrite, let vfs = sqlite3_vfs_find(nil) else { return }
            let written: @convention(c) (Int32, UnsafeRawPointer?, Int, Int) -> Int = { file, bytes, count, offset in
                let result = pwrite(file, bytes, count, off_t(offset))
                KillPoint.wrote(file)
                return result
            }
            for name in ["pwrite", "pwrite64"] {
                _ = vfs.pointee.xSetSystemCall(vfs, name, unsafeBitCast(written, to: sqlite3_syscall_ptr.self))
            }
        #endif
    }

    #if os(Linux)
        private static func wrote(_ file: Int32) {
            var path = [CChar](repeating: 0, count: 1_024)
            let length = readlink("/proc/self/fd/\(file)", &path, path.count - 1)
            guard length > 0 else { return }
            let name = String(decoding: path[..<length].map { UInt8(bitPattern: $0) }, as: UTF8.self)
            if name.hasSuffix("-wal") { pass(.walWrite) } else if name.contains("journal.db") { pass(.databaseWrite) }
        }
    #endif
}
