public import Engine
public import Logging
public import Primitives
public import Shards

/// A node's journal: one SQLite file, one thread that writes it, one that reads it.
///
/// Every call returns at once; answers come through the `hop` given at `open`, in the order of the calls of each kind.
/// After an error of write, flush or commit nothing is written any more, every batch's completion gets that error, and
/// `health.failure` is set: the process must end and come back by recovery.
public final class Journal: Sendable {
    /// Runs a closure on the caller's executor (for a node: its event loop).
    public typealias Hop = @Sendable (@escaping @Sendable () -> Void) -> Void

    private let writer: Writer
    private let reader: ReaderBox
    private let writing: WorkThread
    private let reading: WorkThread
    private let hop: Hop

    /// Opens, locks and recovers the journal in `directory`; makes it if `options` allow. Blocks: not for an event loop.
    public static func open(
        directory: String, options: JournalOptions = JournalOptions(), logger: Logger, hop: @escaping Hop
    ) throws(JournalError) -> (journal: Journal, recovery: Recovery) {
        let file = try JournalFile.open(directory: directory, options: options)
        let recovery = try file.recover()
        let reader = try JournalReader(path: file.path, index: file.index, options: options)
        logger.info(
            "The journal is open.",
            metadata: [
                "path": "\(file.path)", "sqlite": "\(JournalFile.sqliteVersion)", "groups": "\(recovery.groups.count)",
                "start-counter": "\(recovery.identity.starts.count)",
            ])
        let writer = Writer(file, options: options, logger: logger, hop: hop)
        return (Journal(writer, reader, hop), recovery)
    }

    private init(_ writer: Writer, _ reader: JournalReader, _ hop: @escaping Hop) {
        self.writer = writer
        self.reader = ReaderBox(reader)
        self.hop = hop
        writing = WorkThread(name: "journal-write", idle: { writer.idle() })
        reading = WorkThread(name: "journal-read")
    }

    /// Writes a batch as one transaction with one flush. On success everything in it is durable on this node.
    ///
    /// Batches are written in the order in which they came; those that wait together share a transaction. A full disk or a lock held
    /// by another process is waited out (`health` tells). A batch of commit indexes alone is answered at once and written later.
    public func write(_ batch: WriteBatch, completion: @escaping @Sendable (Result<Void, JournalError>) -> Void) {
        if writer.enqueue(batch, completion) {
            let writer = writer
            if !writing.submit({ writer.drain() }) { writer.refuse() }
        }
    }

    /// Reads entries `from...through` of a group's log, at most `bytesMax` payload bytes but one entry at least, verified.
    public func entries(
        _ group: GroupID, from: LogIndex, through: LogIndex, bytesMax: Int,
        completion: @escaping @Sendable (Result<LoadedEntries, JournalError>) -> Void
    ) {
        read(completion) { reader throws(JournalError) in
            try reader.entries(group, from: from, through: through, bytesMax: bytesMax)
        }
    }

    /// As `JournalReader.digest`.
    public func digest(
        _ group: GroupID, from: LogIndex, through: LogIndex, bytesMax: Int,
        completion: @escaping @Sendable (Result<ReplicaDigest, JournalError>) -> Void
    ) {
        read(completion) { reader throws(JournalError) in
            try reader.digest(group, from: from, through: through, bytesMax: bytesMax)
        }
    }

    /// Loads entity states and remembered request keys as of the newest checkpoint, one result per request.
    public func load(
        _ group: GroupID, _ requests: [LoadRequest],
        completion: @escaping @Sendable (Result<[LoadResult], JournalError>) -> Void
    ) {
        read(completion) { reader throws(JournalError) in try reader.load(group, requests) }
    }

    /// As `JournalReader.events`.
    public func events(
        _ group: GroupID, entity: [UInt8], after: UInt64, limit: Int, from: LogIndex, committed: LogIndex, bytesMax: Int,
        completion: @escaping @Sendable (Result<[StoredEvent], JournalError>) -> Void
    ) {
        read(completion) { reader throws(JournalError) in
            try reader.events(
                group, entity: entity, after: after, limit: limit, from: from, committed: committed, bytesMax: bytesMax)
        }
    }

    /// A group's complete state as of its newest checkpoint, encoded for a peer on the reading thread; nil if it has none.
    public func checkpoint(
        of group: GroupID, completion: @escaping @Sendable (Result<EncodedCheckpoint?, JournalError>) -> Void
    ) {
        read(completion) { reader throws(JournalError) in
            guard let whole = try reader.checkpoint(of: group) else { return nil }
            return EncodedCheckpoint(point: whole.point, bytes: whole.state.encoded())
        }
    }

    private func read<Value: Sendable>(
        _ completion: @escaping @Sendable (Result<Value, JournalError>) -> Void,
        _ body: @escaping @Sendable (JournalReader) throws(JournalError) -> Value
    ) {
        let (reader, hop) = (reader, hop)
        let isAccepted = reading.submit {
            let result: Result<Value, JournalError>
            do throws(JournalError) {
                result = .success(try body(reader.reader))
            } catch {
                result = .failure(error)
            }
            hop { completion(result) }
        }
        if !isAccepted { hop { completion(.failure(.closed)) } }
    }

    /// What is known of the disk, as of the last write or idle moment. Cheap: any thread, any time.
    public var health: JournalHealth { writer.health }

    /// Writes what waits, copies the WAL into the database, closes the file and gives the folder free. Blocks until done; not from
    /// a completion.
    public func close() {
        writer.beginClosing()
        reading.stop()
        reader.reader.close()
        writing.stop()
        writer.close()
    }
}

/// `@unchecked Sendable`: the reader is used by the reading thread alone, and by `close` once that has ended.
private final class ReaderBox: @unchecked Sendable {
    let reader: JournalReader
    init(_ reader: JournalReader) { self.reader = reader }
}
