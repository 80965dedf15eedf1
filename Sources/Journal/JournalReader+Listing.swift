public import Primitives

/// What a journal knows of one group, for people: a row of the view `shard_status`.
public struct ShardStatus: Hashable, Sendable {
    /// `counter/7`, or `directory`.
    public var shard: String
    public var group: GroupID
    public var term: Term
    public var vote: NodeID?
    public var firstIndex: LogIndex
    public var lastIndex: LogIndex
    /// At most half a second old while the node runs.
    public var commitIndex: LogIndex
    public var checkpointIndex: LogIndex
    /// The members as of the checkpoint, as JSON.
    public var checkpointConfiguration: String
}

/// A committed event, for people: a row of the view `events`.
public struct ListedEvent: Hashable, Sendable {
    public var position: Int64
    public var shard: String
    public var index: LogIndex
    public var term: Term
    public var kind: String
    public var entity: String
    public var revision: UInt64
    /// The event's name; nil for an event that is no JSON object.
    public var type: String?
    /// What the event carries, as JSON.
    public var data: String
    /// As the caller sent it.
    public var requestID: String?
    /// ISO 8601, UTC, with milliseconds.
    public var recordedAt: String
}

extension JournalReader {
    /// All groups, by number.
    public func shards() throws(JournalError) -> [ShardStatus] {
        let row = try connection.prepare(
            """
            SELECT shard, group_id, term, vote, first_index, last_index, commit_index, checkpoint_index,
            checkpoint_configuration FROM shard_status
            """)
        var shards: [ShardStatus] = []
        while try row.step() {
            shards.append(
                ShardStatus(
                    shard: row.text(0), group: GroupID(UInt32(truncatingIfNeeded: row.integer(1))),
                    term: Term(row.unsigned(2)),
                    vote: row.isNull(3) ? nil : NodeID(UInt32(truncatingIfNeeded: row.integer(3))),
                    firstIndex: LogIndex(row.unsigned(4)), lastIndex: LogIndex(row.unsigned(5)),
                    commitIndex: LogIndex(row.unsigned(6)), checkpointIndex: LogIndex(row.unsigned(7)),
                    checkpointConfiguration: row.text(8)))
        }
        return shards
    }

    /// How many entries there are at most, known without counting them: what a progress bar goes to.
    public func rowCountMax() throws(JournalError) -> Int64 {
        try connection.integer("SELECT max(position) - min(position) + 1 FROM journal") ?? 0
    }

    /// Bytes of the database file, and how many of them are free for rows to come.
    public func space() throws(JournalError) -> (bytes: Int, freeBytes: Int) {
        let page = Int(try connection.integer("PRAGMA page_size") ?? 0)
        let (pages, free) = (try connection.integer("PRAGMA page_count") ?? 0, try connection.integer("PRAGMA freelist_count") ?? 0)
        return (Int(pages) * page, Int(free) * page)
    }

    /// Hands committed events to `body`, in the order in which this node wrote them, until it returns false.
    ///
    /// - Parameter entity: only this entity's, of whatever kind.
    /// - Complexity: one pass over the file; for one entity, four bytes per entry of the file and that entity's rows.
    public func forEachEvent(entity: String? = nil, _ body: (ListedEvent) -> Bool) throws(JournalError) {
        guard let entity else {
            let row = try connection.prepare(Self.listing)
            _ = try hand(row, to: body)
            return
        }
        try reading(findsEntries: true) { () throws(JournalError) in
            let row = try connection.prepare(Self.listing + " WHERE position = ?1 AND entity = ?2")
            row.bind(2, entity)
            for position in try positions(of: entity) {
                row.bind(1, position)
                guard try hand(row, to: body) else { return }
            }
        }
    }

    /// Where rows of this entity lie, ascending: of whatever kind, committed or not, and now and then one of another entity whose name
    /// has the same hash. With them `SELECT * FROM events WHERE position IN (…)` reads those rows and no others.
    public func positionsOfEvents(entity: String) throws(JournalError) -> [Int64] {
        try reading(findsEntries: true) { () throws(JournalError) in try positions(of: entity) }
    }

    static let listing = """
        SELECT position, shard, "index", term, kind, entity, revision, type, data, request_id, recorded_at FROM events
        """

    private func positions(of entity: String) throws(JournalError) -> [Int64] {
        let hash = Array(entity.utf8).withUnsafeBytes { JournalRow.entityHash($0) }
        var found: Set<Int64> = []
        let segment = try connection.prepare("SELECT id, count, positions, entities FROM segments")
        while try segment.step() {
            // Most segments do not have the entity: their positions are not worth decoding.
            let offsets = PositionCodec.offsets(of: hash, in: segment.borrowed(3))
            guard !offsets.isEmpty else { continue }
            guard let positions = PositionCodec.decode(segment.borrowed(2), count: Int(segment.integer(1))), offsets.last! < positions.count
            else { throw .corrupt(path, "segment \(segment.integer(0)) is malformed") }
            for offset in offsets { found.insert(positions[offset]) }
        }
        for (_, run) in index.all {
            for (offset, candidate) in run.hashes.enumerated() where candidate == hash { found.insert(run.positions[offset]) }
        }
        return found.sorted()
    }

    /// False if `body` wants no more.
    private func hand(_ row: Statement, to body: (ListedEvent) -> Bool) throws(JournalError) -> Bool {
        defer { row.reset() }
        while try row.step() {
            let event = ListedEvent(
                position: row.integer(0), shard: row.text(1), index: LogIndex(row.unsigned(2)),
                term: Term(row.unsigned(3)), kind: row.text(4), entity: row.text(5), revision: row.unsigned(6),
                type: row.isNull(7) ? nil : row.text(7), data: row.text(8),
                requestID: row.isNull(9) ? nil : row.text(9), recordedAt: row.text(10))
            guard body(event) else { return false }
        }
        return true
    }
}
