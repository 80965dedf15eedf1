import CSQLite
import Consensus
public import Engine
public import Primitives
import Shards

/// Reads a journal through a connection that cannot write. Blocks; used by one thread at a time.
///
/// Works beside a writer in this process or another, and without one.
public final class JournalReader {
    let connection: Connection
    let log: LogLookup
    let index: PositionIndex
    /// The index of positions is this reader's own, and as old as its last look.
    private let isAlone: Bool
    let statements: ReaderStatements
    let options: JournalOptions
    var files: any FileSystem { options.files }

    public var path: String { connection.path }

    /// Opens the journal in `directory` for looking at it. The same refusals as `JournalFile.open`.
    public convenience init(directory: String) throws(JournalError) {
        try self.init(path: directory + "/" + JournalFile.fileName, index: nil)
    }

    /// `index`: the writer's, if there is one in this process.
    init(path: String, index: PositionIndex?, options: JournalOptions = JournalOptions()) throws(JournalError) {
        guard options.files.size(path) != nil else { throw .notFound(path) }
        if index == nil { try JournalFile.inspect(path, options, forWriting: false) }
        connection = try Connection(path: path, access: .readOnly, vfs: options.vfs)
        sqlite3_busy_timeout(connection.handle, options.busyTimeoutMilliseconds)
        try connection.execute("PRAGMA query_only = ON")
        try connection.execute("PRAGMA cache_size = -16384")
        self.options = options
        self.index = index ?? PositionIndex()
        isAlone = index == nil
        log = try LogLookup(connection, self.index)
        statements = try ReaderStatements(connection)
    }

    public func close() { connection.close() }

    public func identity() throws(JournalError) -> FileIdentity { try FileRow.read(connection).identity }

    /// Runs `body` in one read transaction, so that all it reads belongs together.
    ///
    /// - Parameter findsEntries: whether `body` looks entries up by their index.
    func reading<Value>(findsEntries: Bool = false, _ body: () throws(JournalError) -> Value) throws(JournalError) -> Value {
        // What was read of `segments` in an earlier transaction may have been mended since.
        log.forget()
        try statements.begin.run()
        let value: Value
        do throws(JournalError) {
            if isAlone, findsEntries { try readIndex() }
            value = try body()
        } catch {
            // A read transaction has nothing to lose; the error that ended it is what counts.
            sqlite3_exec(connection.handle, "ROLLBACK", nil, nil, nil)
            throw error
        }
        try statements.commit.run()
        return value
    }

    /// Finds the rows that no segment lists yet: a reader that has no writer beside it must look itself.
    private func readIndex() throws(JournalError) {
        index.removeAll()
        let flushed = try FileRow.read(connection).flushedThrough
        let row = statements.tail
        row.bind(1, flushed)
        while try row.step() {
            let place = LogIndex(row.unsigned(1))
            let position = row.integer(2)
            let hash = row.isNull(3) ? 0 : JournalRow.entityHash(row.borrowed(3))
            let replica = row.integer(0)
            if let run = index.run(replica), run.end != place {
                row.reset()
                throw .corrupt(path, "row \(position) is entry \(place) of replica \(replica), not \(run.end)")
            }
            index.append(replica, at: place, positions: position..<position + 1, hashes: [hash])
        }
    }

    /// The group's row; nil if this node has no replica of it.
    func group(_ group: GroupID) throws(JournalError) -> Replica? {
        let row = statements.group
        row.bind(1, Int64(group.rawValue))
        guard try row.step() else { return nil }
        defer { row.reset() }
        let found = try GroupRow.read(row, path: path)
        return found.replica == nil ? nil : found
    }

    /// Entries `from...through`, as far as they are there, at most `bytesMax` payload bytes but one entry at least.
    ///
    /// Their checksum chain is verified from the entry before the first on: a damaged entry never reaches a peer.
    public func entries(_ id: GroupID, from: LogIndex, through: LogIndex, bytesMax: Int) throws(JournalError)
        -> LoadedEntries
    {
        precondition(from > .zero, "entries from index 0 of group \(id)")
        return try reading(findsEntries: true) { () throws(JournalError) in
            guard let group = try group(id), let replica = group.replica, from >= group.first,
                let before = try point(before: from, in: group, replica)
            else { return LoadedEntries(previousTerm: nil, entries: []) }
            var entries: [Entry] = []
            var checksum = before.checksum
            var bytes = 0
            var next = from
            while next <= through, bytes < bytesMax {
                let positions = try log.positions(replica, from: next, limit: min(through - next + 1, 4_096))
                for position in positions {
                    guard let entry = try log.entry(replica, next, at: position) else {
                        // Truncated meanwhile, or not committed yet.
                        log.forget()
                        return LoadedEntries(previousTerm: before.term, entries: entries)
                    }
                    guard entry.follows(checksum) else {
                        throw .corrupt(path, "the checksum of entry \(next) of \(group.descriptor.shardName) is wrong")
                    }
                    bytes += entry.payload.count
                    guard entries.isEmpty || bytes <= bytesMax else { break }
                    checksum = entry.checksum
                    entries.append(entry)
                    next = next.next
                }
                if positions.isEmpty { break }
            }
            return LoadedEntries(previousTerm: before.term, entries: entries)
        }
    }

    /// What stands before an entry; nil if the journal does not have it (any more, or yet).
    func point(before index: LogIndex, in group: Replica, _ replica: Int64) throws(JournalError) -> LogPoint? {
        if index == group.first { return group.beforeFirst }
        guard let entry = try log.entry(replica, index.previous) else {
            log.forget()
            return nil
        }
        return LogPoint(entry)
    }
}

/// What a reader prepares once.
struct ReaderStatements {
    let begin: Statement
    let commit: Statement
    let group: Statement
    let groups: Statement
    let tail: Statement
    let entity: Statement
    let key: Statement

    /// The schema's.
    let version: Int

    init(_ connection: Connection) throws(JournalError) {
        begin = try connection.prepare("BEGIN")
        commit = try connection.prepare("COMMIT")
        version = Int(try connection.integer("PRAGMA user_version") ?? 0)
        group = try connection.prepare(GroupRow.select(version: version) + " WHERE group_id = ?1")
        groups = try connection.prepare(GroupRow.select(version: version) + " ORDER BY group_id")
        tail = try connection.prepare(
            "SELECT replica, log_index, position, entity FROM journal WHERE position > ?1 ORDER BY position")
        entity = try connection.prepare(
            "SELECT \(StateRows.entityColumns) FROM entities WHERE replica = ?1 AND entity = ?2")
        key = try connection.prepare(
            "SELECT \(StateRows.keyColumns) FROM request_keys WHERE replica = ?1 AND entity = ?2 AND request_key = ?3")
    }
}
