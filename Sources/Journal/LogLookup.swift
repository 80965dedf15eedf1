import Primitives

/// Finds one replica's entries: the positions from the index in memory or from `segments`, the rows by position.
///
/// Belongs to one connection. Positions may be out of date (another connection truncates): a row counts only if its replica and
/// index are the wanted ones.
final class LogLookup {
    private let connection: Connection
    private let index: PositionIndex
    private let row: Statement
    private let segmentAt: Statement
    private let segmentLast: Statement
    private let segmentFirst: Statement
    /// The segment read last, as entries are mostly read in order.
    private var cached: Segment?

    init(_ connection: Connection, _ index: PositionIndex) throws(JournalError) {
        self.connection = connection
        self.index = index
        row = try connection.prepare("SELECT \(JournalRow.columns) FROM journal WHERE position = ?1")
        segmentAt = try connection.prepare(
            Segment.select + " WHERE replica = ?1 AND first_index <= ?2 ORDER BY first_index DESC LIMIT 1")
        segmentLast = try connection.prepare(Segment.select + " WHERE replica = ?1 ORDER BY first_index DESC LIMIT 1")
        segmentFirst = try connection.prepare(Segment.select + " WHERE replica = ?1 ORDER BY first_index LIMIT 1")
    }

    /// Forgets what was read of `segments`.
    func forget() { cached = nil }

    /// The positions of entries from `from` on, as far as one source knows them and at most `limit`; empty if none does.
    func positions(_ replica: Int64, from: LogIndex, limit: Int) throws(JournalError) -> ArraySlice<Int64> {
        if let positions = index.positions(replica, from: from, limit: limit) { return positions }
        if cached?.contains(replica, from) != true { cached = try segment(replica, containing: from) }
        guard let cached, cached.contains(replica, from) else { return [] }
        return cached.positions[(from - cached.first)...].prefix(limit)
    }

    /// The entry at `index`; nil if the row is not there. Its checksum is not yet checked.
    func entry(_ replica: Int64, _ index: LogIndex, at position: Int64) throws(JournalError) -> Entry? {
        row.bind(1, position)
        guard try row.step() else { return nil }
        defer { row.reset() }
        guard row.integer(0) == replica, row.unsigned(1) == index.rawValue else { return nil }
        guard let entry = JournalRow.entry(row) else {
            throw .corrupt(connection.path, "row \(position) of table `journal` holds no entry")
        }
        return entry
    }

    /// The entry at `index`; nil if it is not there.
    func entry(_ replica: Int64, _ index: LogIndex) throws(JournalError) -> Entry? {
        guard let position = try positions(replica, from: index, limit: 1).first else { return nil }
        return try entry(replica, index, at: position)
    }

    func lastSegment(_ replica: Int64) throws(JournalError) -> Segment? {
        segmentLast.bind(1, replica)
        return try one(segmentLast)
    }

    func firstSegment(_ replica: Int64) throws(JournalError) -> Segment? {
        segmentFirst.bind(1, replica)
        return try one(segmentFirst)
    }

    private func segment(_ replica: Int64, containing index: LogIndex) throws(JournalError) -> Segment? {
        segmentAt.bind(1, replica)
        segmentAt.bind(2, index.rawValue)
        return try one(segmentAt)
    }

    private func one(_ statement: Statement) throws(JournalError) -> Segment? {
        guard try statement.step() else { return nil }
        defer { statement.reset() }
        return try Segment(statement, path: connection.path)
    }
}

/// A row of `segments`: where a run of one replica's entries lies.
struct Segment {
    static let select = "SELECT id, replica, first_index, count, positions, entities FROM segments"

    let id: Int64
    let replica: Int64
    var first: LogIndex
    var positions: [Int64]
    var hashes: [UInt32]

    init(_ row: Statement, path: String) throws(JournalError) {
        id = row.integer(0)
        replica = row.integer(1)
        first = LogIndex(row.unsigned(2))
        let count = Int(row.integer(3))
        guard count > 0, first.rawValue > 0, first.rawValue < 1 << 62, count < 1 << 32,
            let positions = PositionCodec.decode(row.borrowed(4), count: count),
            let hashes = PositionCodec.decodeHashes(row.borrowed(5), count: count)
        else { throw .corrupt(path, "segment \(id) of replica \(replica) is malformed") }
        self.positions = positions
        self.hashes = hashes
    }

    /// The index after the last.
    var end: LogIndex { first + positions.count }

    func contains(_ replica: Int64, _ index: LogIndex) -> Bool {
        replica == self.replica && index >= first && index < end
    }
}
