import CSQLite
import Primitives
import Processes

/// A node's journal file, read by SQLite alone: what is in it is what `sqlite3` would show, not what the node's own code says.
///
/// Everything is read in one transaction, so that a running node's writes do not come in between.
final class JournalScan {
    private var connection: OpaquePointer?
    let path: String

    struct Group: Sendable {
        var replica: Int64
        var group: UInt32
        var kind: String
        var number: Int
        var commit: Int64
        var first: Int64

        var shard: String { kind.isEmpty ? "directory" : "\(kind)/\(number)" }
    }

    /// An entry as it lies in the file.
    struct Row {
        var replica: Int64
        var index: Int64
        /// 2 for what a command did.
        var type: Int64
        var term: Int64
        var entity: [UInt8]
        var firstRevision: Int64
        var events: [UInt8]
        var key: [UInt8]?
        var sessionClient: UInt64?
        var requestNumber: Int64
        var reply: [UInt8]
        /// XXH64 over every column that replicas must have in common.
        var digest: UInt64
    }

    init(folder: String) throws(ChildError) {
        path = folder + "/journal.db"
        guard sqlite3_open_v2(path, &connection, SQLITE_OPEN_READONLY, nil) == SQLITE_OK else { throw failure("open") }
        sqlite3_busy_timeout(connection, 5_000)
        guard sqlite3_exec(connection, "BEGIN", nil, nil, nil) == SQLITE_OK else { throw failure("begin") }
    }

    deinit { sqlite3_close_v2(connection) }

    /// The groups that the node has, in the order of their numbers.
    func groups() throws(ChildError) -> [Group] {
        var groups: [Group] = []
        try each(
            """
            SELECT replica, group_id, kind, number, commit_index, first_index FROM groups
            WHERE replica IS NOT NULL ORDER BY group_id
            """
        ) { row in
            groups.append(
                Group(
                    replica: row.integer(0), group: UInt32(row.integer(1)), kind: String(decoding: row.bytes(2), as: UTF8.self),
                    number: Int(row.integer(3)), commit: row.integer(4), first: row.integer(5)))
        }
        return groups
    }

    /// How many events the view shows.
    func eventsInView() throws(ChildError) -> Int64 {
        var count: Int64 = 0
        try each("SELECT count(*) FROM events WHERE kind = 'counter'") { count = $0.integer(0) }
        return count
    }

    /// Every entry of every replica, in the order in which the node wrote them.
    func entries(_ body: (Row) -> Void) throws(ChildError) {
        try each(
            """
            SELECT replica, log_index, type, term, entity, first_revision, events, request_key, session_client,
              request_number, reply, session_opened, acknowledged_below, fingerprint, recorded_at, checksum
            FROM journal ORDER BY position
            """
        ) { row in
            var digest: UInt64 = 0
            for column in 1..<Int32(16) { digest = row.digest(column, digest) }
            body(
                Row(
                    replica: row.integer(0), index: row.integer(1), type: row.integer(2), term: row.integer(3),
                    entity: row.bytes(4), firstRevision: row.integer(5), events: row.bytes(6),
                    key: row.isNull(7) ? nil : row.bytes(7),
                    sessionClient: row.isNull(8) ? nil : UInt64(bitPattern: row.integer(8)),
                    requestNumber: row.integer(9), reply: row.bytes(10), digest: digest))
        }
    }

    /// What SQLite itself says of the file: nil if it is in order.
    func quickCheck() throws(ChildError) -> String? {
        var answer = ""
        try each("PRAGMA quick_check(1)") { answer = String(decoding: $0.bytes(0), as: UTF8.self) }
        return answer == "ok" ? nil : answer
    }

    // MARK: SQLite

    private struct Columns {
        let statement: OpaquePointer?

        func integer(_ column: Int32) -> Int64 { sqlite3_column_int64(statement, column) }
        func isNull(_ column: Int32) -> Bool { sqlite3_column_type(statement, column) == SQLITE_NULL }

        func bytes(_ column: Int32) -> [UInt8] {
            guard let start = sqlite3_column_blob(statement, column) else { return [] }
            return Array(UnsafeRawBufferPointer(start: start, count: Int(sqlite3_column_bytes(statement, column))))
        }

        /// The value and its type, hashed over what came before.
        func digest(_ column: Int32, _ seed: UInt64) -> UInt64 {
            let type = sqlite3_column_type(statement, column)
            let typed = seed &* 31 &+ UInt64(type)
            switch type {
            case SQLITE_NULL: return Checksum.xxh64([], seed: typed)
            case SQLITE_INTEGER:
                return withUnsafeBytes(of: integer(column)) { Checksum.xxh64($0, seed: typed) }
            default:
                let count = Int(sqlite3_column_bytes(statement, column))
                return Checksum.xxh64(
                    UnsafeRawBufferPointer(start: sqlite3_column_blob(statement, column), count: count), seed: typed)
            }
        }
    }

    private func each(_ sql: String, _ body: (Columns) -> Void) throws(ChildError) {
        var statement: OpaquePointer?
        guard sqlite3_prepare_v2(connection, sql, -1, &statement, nil) == SQLITE_OK else { throw failure("prepare") }
        defer { sqlite3_finalize(statement) }
        while true {
            switch sqlite3_step(statement) {
            case SQLITE_ROW: body(Columns(statement: statement))
            case SQLITE_DONE: return
            default: throw failure("read")
            }
        }
    }

    private func failure(_ what: String) -> ChildError {
        ChildError("\(path): \(what): \(String(cString: sqlite3_errmsg(connection)))")
    }
}
