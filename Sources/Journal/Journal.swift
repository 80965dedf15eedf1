public import Logging
public import Engine
public import Primitives
public import Shards

/// A node's journal: one SQLite file, one thread that writes it, one that reads it.
///
/// Every call returns at once; answers come through the `hop` given at `open`, in the order of the calls of each kind.
/// After an error of write, flush or commit nothing is written any more and `onFailure` is called once: the process must end
/// and come back by recovery.
public final class Journal: Sendable {
    /// Runs a closure on the caller's executor (for a node: its event loop).
    public typealias Hop = @Sendable (@escaping @Sendable () -> Void) -> Void

    /// Opens, locks and recovers the journal in `directory`; makes it if `options` allow. Blocks: not for an event loop.
    public static func open(
        directory: String, options: JournalOptions = JournalOptions(), logger: Logger, hop: @escaping Hop
    ) throws(JournalError) -> (journal: Journal, recovery: Recovery) {
        fatalError()
    }

    /// Writes a batch as one transaction with one flush. On success everything in it is durable on this node.
    ///
    /// Batches are written in the order in which they came. While one is written others may wait; the caller keeps at most a few.
    public func write(_ batch: WriteBatch, completion: @escaping @Sendable (Result<Void, JournalError>) -> Void) {
        fatalError()
    }

    /// Reads entries `from...through` of a group's log, at most `bytesMax` payload bytes but one entry at least, verified.
    public func entries(
        _ group: GroupID, from: LogIndex, through: LogIndex, bytesMax: Int,
        completion: @escaping @Sendable (Result<LoadedEntries, JournalError>) -> Void
    ) {
        fatalError()
    }

    /// Loads entity states and remembered request keys as of the newest checkpoint, one result per request.
    public func load(
        _ group: GroupID, _ requests: [LoadRequest],
        completion: @escaping @Sendable (Result<[LoadResult], JournalError>) -> Void
    ) {
        fatalError()
    }

    /// An entity's committed events with a revision above `after`, oldest first, at most `limit`.
    public func events(
        _ group: GroupID, entity: [UInt8], after: UInt64, limit: Int,
        completion: @escaping @Sendable (Result<[StoredEvent], JournalError>) -> Void
    ) {
        fatalError()
    }

    /// A group's complete state as of its newest checkpoint; nil if it has none.
    public func checkpoint(
        of group: GroupID, completion: @escaping @Sendable (Result<WholeCheckpoint?, JournalError>) -> Void
    ) {
        fatalError()
    }

    /// What is known of the disk, as of the last write or idle moment. Cheap: any thread, any time.
    public var health: JournalHealth { fatalError() }

    /// Writes what waits, copies the WAL into the database, closes the file and gives the folder free. Blocks until done.
    public func close() { fatalError() }
}
