import Consensus
public import Engine
import Primitives

/// The journal's one writing connection: opens, recovers and writes the file. Blocks; used by one thread at a time.
///
/// Order of use: `open`, `recover` once, then `write` and the maintenance calls. After an error that leaves in doubt what is on the
/// disk, every call throws that error again (HAZARDS 17: no rollback and on, no second try at a flush).
public final class JournalFile {
    let directory: String
    let path: String
    let options: JournalOptions
    let connection: Connection
    let statements: Statements
    /// Where the entries of the newest rows lie; shared with readers.
    let index: PositionIndex
    let log: LogLookup
    let lock: FolderLock

    public internal(set) var identity: FileIdentity
    var createdAt: Int64

    /// Every group with a row, tombstones too. Filled by `recover`.
    var replicas: [GroupID: Replica] = [:]
    var hasRecovered = false
    var nextReplica: Int64
    var nextPosition: Int64 = 1
    var flushedThrough: Int64
    var rowsSinceFlush = 0
    /// Entity hashes of the entries being appended; kept for its storage.
    var hashes: [UInt32] = []

    /// Groups whose row is to be written in the transaction that is open.
    var touched: [Replica] = []
    var fileRowChanged = false
    /// Groups whose commit index is newer than their row, and since when.
    var committed: [Replica] = []
    var committedSince: Int64 = 0

    /// Frames of the WAL that are in the database already, until the WAL starts over.
    var framesCopied = 0
    /// Names the WAL's present round; nil until it is read.
    var walSalt: UInt64?
    var hasDiscards = true

    var failure: JournalError?

    init(
        directory: String, path: String, options: JournalOptions, connection: Connection, lock: FolderLock, row: FileRow
    ) throws(JournalError) {
        self.directory = directory
        self.path = path
        self.options = options
        self.connection = connection
        self.lock = lock
        statements = try Statements(connection)
        index = PositionIndex()
        log = try LogLookup(connection, index)
        identity = row.identity
        createdAt = row.createdAt
        nextReplica = row.nextReplica
        flushedThrough = row.flushedThrough
    }

    /// Remembers the first error that leaves the disk's state in doubt, and gives it back.
    func fail(_ error: JournalError) -> JournalError {
        if let failure { return failure }
        // Whatever broke in the middle of a transaction, the caller sees one thing: this journal is done.
        let fatal = error.code == .corrupt ? error : JournalError(.failed, error.message)
        failure = fatal
        return fatal
    }

    func requireHealthy() throws(JournalError) {
        if let failure { throw failure }
        precondition(hasRecovered, "the journal is written before it is recovered")
    }
}

/// One group as the writer knows it. A class: the write path changes it in place, found once per operation.
final class Replica {
    var descriptor: GroupDescriptor
    /// Nil for a retired group.
    var replica: Int64?
    var term = Term.zero
    var vote: NodeID?
    var commit = LogIndex.zero
    /// The commit index in the group's row.
    var writtenCommit = LogIndex.zero
    /// The oldest entry that is still held, and what came before it.
    var first = LogIndex(1)
    var beforeFirst = LogPoint.zero
    var base = LogPoint.zero
    var last = LogPoint.zero
    /// Where the logs of earlier replicas ended, the farthest.
    var promised: LogPosition?
    var isTouched = false
    var isCommitNoted = false

    init(_ descriptor: GroupDescriptor) { self.descriptor = descriptor }

    var group: GroupID { descriptor.group }

    /// Starts an empty log after `point`, under a fresh replica number.
    func startLog(_ number: Int64, after point: LogPoint) {
        replica = number
        first = point.index.next
        beforeFirst = point
        base = point
        last = point
    }
}

/// An entry's place in the log, its term and its chained checksum.
struct LogPoint: Hashable {
    var index: LogIndex
    var term: Term
    var checksum: UInt64

    static let zero = LogPoint(index: .zero, term: .zero, checksum: 0)
}

extension LogPoint {
    init(_ entry: Entry) { self.init(index: entry.index, term: entry.term, checksum: entry.checksum) }
    init(_ point: SnapshotPoint) { self.init(index: point.index, term: point.term, checksum: point.checksum) }
}
