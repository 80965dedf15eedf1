#if canImport(Darwin)
    import Darwin
#elseif canImport(Musl)
    import Musl
#else
    import Glibc
#endif

/// The few calls on files and folders that SQLite does not make for the journal.
///
/// None opens the database file itself: closing it again would drop SQLite's POSIX locks on it
/// (https://www.sqlite.org/howtocorrupt.html, §2.2).
enum FileSystem {
    /// Makes a folder for its owner alone, with the folders above it, and flushes each one's parent.
    static func makeFolder(_ path: String) throws(JournalError) {
        if isFolder(path) { return }
        let parent = parent(of: path)
        if parent != path { try makeFolder(parent) }
        guard mkdir(path, 0o700) == 0 || (errno == EEXIST && isFolder(path)) else {
            throw .cannotWrite(path, errno == EEXIST ? "it is a file and not a folder" : reason())
        }
        try flushFolder(parent)
    }

    /// Makes the names in a folder durable.
    static func flushFolder(_ path: String) throws(JournalError) {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw .cannotWrite(path, reason()) }
        defer { close(descriptor) }
        guard fsync(descriptor) == 0 else { throw .failed(path, "fsync of the folder: \(reason())") }
    }

    static func rename(_ from: String, to: String) throws(JournalError) {
        #if canImport(Darwin)
            let result = Darwin.rename(from, to)
        #elseif canImport(Musl)
            let result = Musl.rename(from, to)
        #else
            let result = Glibc.rename(from, to)
        #endif
        guard result == 0 else { throw .cannotWrite(to, reason()) }
    }

    static func remove(_ path: String) { unlink(path) }

    /// Nil if there is no such file.
    static func size(_ path: String) -> Int? {
        var status = stat()
        guard stat(path, &status) == 0 else { return nil }
        return Int(status.st_size)
    }

    static func isFolder(_ path: String) -> Bool {
        var status = stat()
        return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
    }

    /// Whether this process may write the file, by its effective user.
    static func isWritable(_ path: String) -> Bool { faccessat(AT_FDCWD, path, W_OK, AT_EACCESS) == 0 }

    static func limitToOwner(_ path: String) throws(JournalError) {
        guard chmod(path, 0o600) == 0 else { throw .cannotWrite(path, reason()) }
    }

    /// Bytes that this user may still write to the file system of `path`; nil if it does not say.
    static func freeBytes(_ path: String) -> UInt64? {
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
