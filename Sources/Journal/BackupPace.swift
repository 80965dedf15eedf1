/// Keeps a backup from taking a busy node's time: it copies in slices that take less than a command does, and rests after each one in
/// which the node has written. Beside a node at rest it does not rest either.
///
/// Not by priority: one that waits for idle processors holds the source still for as long as there are none, and its WAL grows.
struct BackupPace {
    /// 128 KiB: less than 0.2 ms.
    static let pagesPerStep: Int32 = 32
    /// 4 MiB of the copy are flushed at a time: all of it at the end would hold the node's own flushes up for seconds.
    static let pagesPerFlush = 1_024
    /// A longer rest costs more in all: while the copy lasts no checkpoint can begin the WAL anew, and a WAL that grows makes every flush of
    /// the node's dearer.
    private static let restMilliseconds: UInt32 = 1

    private let folder: String
    private var last: WALNote?

    init(_ folder: String) { self.folder = folder }

    mutating func rest() {
        // The node notes every commit there.
        let note = FolderLock.note(in: folder)
        if note != last { sleepMilliseconds(Self.restMilliseconds) }
        last = note
    }
}
