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
///
/// The file also holds a `WALNote`.
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
        noteFound = WALNote(line: Self.read(descriptor, at: Self.noteOffset))
        // For the message of whoever comes second; nothing depends on it.
        write("process \(getpid())", at: 0)
    }

    /// What the last life noted, if it did not end in order.
    let noteFound: WALNote?
    /// The first line is as long as this, with blanks.
    private static let noteOffset = 32

    /// Notes how much of the WAL is acknowledged, for the next life. Not flushed: it is a lower bound whenever it was written.
    func note(_ note: WALNote?) { write(note?.line ?? "", at: Self.noteOffset) }

    private func write(_ line: String, at offset: Int) {
        guard descriptor >= 0 else { return }
        var bytes = Array(line.utf8)
        bytes += repeatElement(UInt8(ascii: " "), count: max(0, (offset == 0 ? Self.noteOffset : WALNote.lineBytes) - 1 - bytes.count))
        bytes.append(UInt8(ascii: "\n"))
        _ = pwrite(descriptor, bytes, bytes.count, off_t(offset))
    }

    private static func read(_ descriptor: Int32, at offset: Int) -> String {
        var bytes = [UInt8](repeating: 0, count: WALNote.lineBytes)
        let count = pread(descriptor, &bytes, bytes.count, off_t(offset))
        guard count > 0 else { return "" }
        let line = bytes[..<count].prefix { $0 != UInt8(ascii: "\n") }
        return String(decoding: line, as: UTF8.self)
    }

    /// What the folder's lock file says now, for a look from outside; whoever holds the lock goes on writing it.
    static func note(in folder: String) -> WALNote? {
        let descriptor = open(folder + "/lock", O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        return WALNote(line: read(descriptor, at: noteOffset))
    }

    deinit { release() }

    /// Unlocks by name: a copy of this process (`fork`) shares the lock, and would keep it until it has closed its own descriptor.
    func release() {
        guard descriptor >= 0 else { return }
        flock(descriptor, LOCK_UN)
        close(descriptor)
        descriptor = -1
    }

    private static func owner(_ descriptor: Int32) -> String? {
        let line = read(descriptor, at: 0).split(separator: " ").joined(separator: " ")
        return line.isEmpty ? nil : line
    }
}
