#if canImport(Darwin)
    import Darwin
#elseif canImport(Musl)
    import Musl
#else
    import Glibc
#endif

/// The few calls on files and folders that SQLite does not make for the journal. Tests put a disk in their place that fails.
///
/// None opens the database file itself: closing it again would drop SQLite's POSIX locks on it
/// (https://www.sqlite.org/howtocorrupt.html, §2.2).
protocol FileSystem: Sendable {
    /// Makes a folder for its owner alone, with the folders above it, and flushes each one's parent.
    func makeFolder(_ path: String) throws(JournalError)
    /// Makes the names in a folder durable.
    func flushFolder(_ path: String) throws(JournalError)
    func rename(_ from: String, to: String) throws(JournalError)
    func remove(_ path: String)
    /// Nil if there is no such file.
    func size(_ path: String) -> Int?
    /// The bytes of a file in a range, fewer at its end. For the WAL alone: SQLite has no locks on that file.
    func read(_ path: String, _ range: Range<Int>) throws(JournalError) -> [UInt8]
    /// Writes a file anew, with the bytes that it has, cuts off what is behind the first `bytes` of them, and flushes it. For the WAL alone.
    func rewrite(_ path: String, keeping bytes: Int) throws(JournalError)
    /// Whether this process may write the file, by its effective user.
    func isWritable(_ path: String) -> Bool
    func limitToOwner(_ path: String) throws(JournalError)
    /// Bytes that this user may still write to the file system of `path`; nil if it does not say.
    func freeBytes(_ path: String) -> UInt64?
}

/// The machine's own files.
struct LocalFileSystem: FileSystem {
    func makeFolder(_ path: String) throws(JournalError) {
        if isFolder(path) { return }
        let parent = Self.parent(of: path)
        if parent != path { try makeFolder(parent) }
        guard mkdir(path, 0o700) == 0 || (errno == EEXIST && isFolder(path)) else {
            throw .cannotWrite(path, errno == EEXIST ? "it is a file and not a folder" : Self.reason())
        }
        try flushFolder(parent)
    }

    func flushFolder(_ path: String) throws(JournalError) {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw .cannotWrite(path, Self.reason()) }
        defer { close(descriptor) }
        guard fsync(descriptor) == 0 else { throw .failed(path, "fsync of the folder: \(Self.reason())") }
    }

    func rename(_ from: String, to: String) throws(JournalError) {
        #if canImport(Darwin)
            let result = Darwin.rename(from, to)
        #elseif canImport(Musl)
            let result = Musl.rename(from, to)
        #else
            let result = Glibc.rename(from, to)
        #endif
        guard result == 0 else { throw .cannotWrite(to, Self.reason()) }
    }

    func remove(_ path: String) { unlink(path) }

    func size(_ path: String) -> Int? {
        var status = stat()
        guard stat(path, &status) == 0 else { return nil }
        return Int(status.st_size)
    }

    private func isFolder(_ path: String) -> Bool {
        var status = stat()
        return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
    }

    func read(_ path: String, _ range: Range<Int>) throws(JournalError) -> [UInt8] {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw .failed(path, Self.reason()) }
        defer { close(descriptor) }
        return try Self.read(descriptor, path, range)
    }

    private static func read(_ descriptor: Int32, _ path: String, _ range: Range<Int>) throws(JournalError) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: range.count)
        var filled = 0
        while filled < bytes.count {
            let count = bytes.withUnsafeMutableBytes {
                pread(descriptor, $0.baseAddress! + filled, $0.count - filled, off_t(range.lowerBound + filled))
            }
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw .failed(path, "read: \(reason())") }
            if count == 0 { break }
            filled += count
        }
        bytes.removeLast(bytes.count - filled)
        return bytes
    }

    /// Bytes held in memory at a time.
    private static let rewriteBytes = 1 << 20

    func rewrite(_ path: String, keeping kept: Int) throws(JournalError) {
        let descriptor = open(path, O_RDWR | O_CLOEXEC)
        guard descriptor >= 0 else { throw .cannotWrite(path, Self.reason()) }
        defer { close(descriptor) }
        var offset = 0
        while true {
            let bytes = try Self.read(descriptor, path, offset..<min(kept, offset + Self.rewriteBytes))
            guard !bytes.isEmpty else { break }
            var written = 0
            while written < bytes.count {
                let count = bytes.withUnsafeBytes {
                    pwrite(descriptor, $0.baseAddress! + written, $0.count - written, off_t(offset + written))
                }
                if count < 0, errno == EINTR { continue }
                guard count > 0 else { throw .failed(path, "write: \(Self.reason())") }
                written += count
            }
            offset += bytes.count
        }
        guard ftruncate(descriptor, off_t(offset)) == 0 else { throw .failed(path, "ftruncate: \(Self.reason())") }
        guard Self.flush(descriptor) else { throw .failed(path, "fsync: \(Self.reason())") }
    }

    private static func flush(_ descriptor: Int32) -> Bool {
        #if canImport(Darwin)
            // fsync alone leaves data in the drive's cache there.
            return fcntl(descriptor, F_FULLFSYNC) == 0
        #else
            return fsync(descriptor) == 0
        #endif
    }

    func isWritable(_ path: String) -> Bool { faccessat(AT_FDCWD, path, W_OK, AT_EACCESS) == 0 }

    func limitToOwner(_ path: String) throws(JournalError) {
        guard chmod(path, 0o600) == 0 else { throw .cannotWrite(path, Self.reason()) }
    }

    func freeBytes(_ path: String) -> UInt64? {
        var status = statvfs()
        guard statvfs(path, &status) == 0 else { return nil }
        let (bytes, overflow) = UInt64(status.f_bavail).multipliedReportingOverflow(by: UInt64(status.f_frsize))
        return overflow ? .max : bytes
    }

    static func parent(of path: String) -> String {
        var trimmed = path[...]
        while trimmed.count > 1, trimmed.last == "/" { trimmed.removeLast() }
        guard let slash = trimmed.lastIndex(of: "/") else { return "." }
        return slash == trimmed.startIndex ? "/" : String(trimmed[..<slash])
    }

    /// The last failed call's reason, in words.
    static func reason() -> String { String(cString: strerror(errno)) }
}

/// Milliseconds since 1970 by the wall clock: data for people, no ground for a decision.
func wallMilliseconds() -> Int64 {
    var time = timespec()
    clock_gettime(CLOCK_REALTIME, &time)
    return Int64(time.tv_sec) * 1_000 + Int64(time.tv_nsec) / 1_000_000
}

/// Milliseconds of the monotonic clock.
func monotonicMilliseconds() -> Int64 {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return Int64(time.tv_sec) * 1_000 + Int64(time.tv_nsec) / 1_000_000
}

/// Blocks this thread. Only for the journal's own threads.
func sleepMilliseconds(_ count: UInt32) { usleep(count * 1_000) }
