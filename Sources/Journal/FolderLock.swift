#if canImport(Darwin)
    import Darwin
#elseif canImport(Musl)
    import Musl
#else
    import Glibc
#endif

/// Holds a folder for one writer, by a lock on a file of its own: the database's own locks are SQLite's business.
///
/// The kernel drops the lock with the process, however it ends. It also keeps a second opening in one process out, which POSIX
/// record locks would let in.
final class FolderLock {
    private var descriptor: Int32

    init(folder: String) throws(JournalError) {
        let path = folder + "/lock"
        descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw .cannotWrite(path, LocalFileSystem.reason()) }
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            let isHeld = errno == EWOULDBLOCK
            let reason = LocalFileSystem.reason()
            let owner = Self.owner(descriptor)
            close(descriptor)
            throw isHeld ? .inUse(folder, by: owner) : .cannotWrite(path, "flock: \(reason)")
        }
        // For the message of whoever comes second; nothing depends on it.
        let note = Array("process \(getpid())\n".utf8)
        if ftruncate(descriptor, 0) == 0 { _ = pwrite(descriptor, note, note.count, 0) }
    }

    deinit { release() }

    func release() {
        if descriptor >= 0 { close(descriptor) }
        descriptor = -1
    }

    private static func owner(_ descriptor: Int32) -> String? {
        var bytes = [UInt8](repeating: 0, count: 64)
        let count = pread(descriptor, &bytes, bytes.count, 0)
        guard count > 0 else { return nil }
        let line = bytes[..<count].prefix { $0 != UInt8(ascii: "\n") }
        return line.isEmpty ? nil : String(decoding: line, as: UTF8.self)
    }
}
