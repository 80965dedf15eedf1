import Foundation

/// Appends a page to a file and flushes it, over and over: the least that a durable answer costs on this disk.
struct FlushLoop {
    let path: String

    private static let pageBytes = 4_096
    /// Like the WAL, the file starts over at this size: pages are then written over, and no longer make the file grow.
    private static let fileBytes = 16 << 20

    func run(for seconds: Double) throws -> LimitsReport.Rate {
        let file = open(path, O_RDWR | O_CREAT, 0o600)
        guard file >= 0 else { throw failure("open") }
        defer { close(file) }
        let page = [UInt8](repeating: 0x5A, count: Self.pageBytes)
        var watch = Stopwatch()
        var count = 0
        while watch.elapsed < seconds {
            let offset = count * Self.pageBytes % Self.fileBytes
            guard pwrite(file, page, page.count, off_t(offset)) == page.count else { throw failure("write") }
            guard flush(file) == 0 else { throw failure("flush") }
            watch.lap()
            count += 1
        }
        return watch.rate(batch: nil, operations: count)
    }

    private func flush(_ file: Int32) -> Int32 {
        #if canImport(Darwin)
            fcntl(file, F_FULLFSYNC)
        #else
            fdatasync(file)
        #endif
    }

    private func failure(_ what: String) -> CommandFailure {
        CommandFailure(.journal, "disk", "\(what) \(path): \(String(cString: strerror(errno)))")
    }
}
