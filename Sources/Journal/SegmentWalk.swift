import Primitives

/// Holds the rows of the journal, in the order of their positions, against what `segments` lists: every row once, under its place in its
/// replica's log, with its entity's hash.
///
/// Goes through each replica's segments side by side with the rows, so that no row is looked up.
struct SegmentWalk {
    /// Where a replica's next row must be listed.
    final class Cursor {
        fileprivate let replica: Int64
        /// Nil: there are no more.
        fileprivate var segment: Segment?
        fileprivate var offset = 0
        /// After a problem: nothing more is said of this replica.
        fileprivate var isBroken = false

        fileprivate init(_ replica: Int64) { self.replica = replica }
    }

    private let path: String
    private let next: Statement
    private let replicas: Statement
    private var cursors: [Int64: Cursor] = [:]

    init(_ connection: Connection) throws(JournalError) {
        path = connection.path
        next = try connection.prepare(Segment.select + " WHERE replica = ?1 AND first_index > ?2 ORDER BY first_index LIMIT 1")
        replicas = try connection.prepare("SELECT DISTINCT replica FROM segments ORDER BY replica")
    }

    /// The row at `position`, which a segment must list.
    func pass(_ row: Statement, _ index: LogIndex, _ cursor: Cursor, _ position: Int64, _ note: (String) -> Void) throws(JournalError) {
        try follow(cursor, note)
        guard !cursor.isBroken else { return }
        if let problem = problem(row, index, position, cursor) {
            note(problem)
            cursor.isBroken = true
        }
        cursor.offset += 1
    }

    private func problem(_ row: Statement, _ index: LogIndex, _ position: Int64, _ cursor: Cursor) -> String? {
        guard let segment = cursor.segment, segment.positions[cursor.offset] <= position else {
            return "replica \(cursor.replica): rows and segments differ: none lists row \(position)"
        }
        let (listed, place) = (segment.positions[cursor.offset], segment.first + cursor.offset)
        let hash = row.isNull(6) ? 0 : JournalRow.entityHash(row.borrowed(6))
        guard listed == position, index == place, hash == segment.hashes[cursor.offset] else {
            return "segment \(segment.id): row \(listed) is not entry \(place) of replica \(cursor.replica)"
        }
        return nil
    }

    /// After the last row: nothing may be left.
    mutating func end(_ note: (String) -> Void) throws(JournalError) {
        while try replicas.step() {
            let replica = replicas.integer(0)
            let rest = try cursor(of: replica, note)
            try follow(rest, note)
            guard let segment = rest.segment, !rest.isBroken else { continue }
            note("segment \(segment.id): row \(segment.positions[rest.offset]) is not entry \(segment.first + rest.offset) of replica \(replica)")
        }
    }

    /// The replica's place in its segments, at the first one to begin with.
    mutating func cursor(of replica: Int64, _ note: (String) -> Void) throws(JournalError) -> Cursor {
        if let cursor = cursors[replica] { return cursor }
        let cursor = Cursor(replica)
        cursors[replica] = cursor
        try load(cursor, after: .zero, note)
        return cursor
    }

    /// Goes to the next segment when one is done with.
    private func follow(_ cursor: Cursor, _ note: (String) -> Void) throws(JournalError) {
        guard let segment = cursor.segment, cursor.offset == segment.positions.count, !cursor.isBroken else { return }
        try load(cursor, after: segment.first, note)
    }

    private func load(_ cursor: Cursor, after index: LogIndex, _ note: (String) -> Void) throws(JournalError) {
        cursor.segment = nil
        cursor.offset = 0
        next.bind(1, cursor.replica)
        next.bind(2, index.rawValue)
        guard try next.step() else { return }
        defer { next.reset() }
        do throws(JournalError) {
            cursor.segment = try Segment(next, path: path)
        } catch {
            note(error.message)
            cursor.isBroken = true
        }
    }
}
