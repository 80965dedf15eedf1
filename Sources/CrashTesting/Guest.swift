import CSQLite
import Processes

/// A program from outside that looks into a running node's file: here this very program, as `sqlite3` would.
final class Guest {
    private var connection: OpaquePointer?

    /// Begins a transaction that reads, and holds it.
    static func reading(_ folder: String) throws(ChildError) -> Guest {
        let guest = try Guest(folder, SQLITE_OPEN_READONLY)
        try guest.run("BEGIN")
        try guest.run("SELECT count(*) FROM journal")
        return guest
    }

    /// Takes the write lock, and holds it.
    static func locking(_ folder: String) throws(ChildError) -> Guest {
        let guest = try Guest(folder, SQLITE_OPEN_READWRITE)
        try guest.run("BEGIN IMMEDIATE")
        return guest
    }

    private init(_ folder: String, _ flags: Int32) throws(ChildError) {
        guard sqlite3_open_v2(folder + "/journal.db", &connection, flags, nil) == SQLITE_OK else {
            throw ChildError("\(folder): \(String(cString: sqlite3_errmsg(connection)))")
        }
        sqlite3_busy_timeout(connection, 5_000)
        // It must leave nothing behind, should the node be gone when it closes.
        _ = holdfast_sqlite3_db_config_flag(connection, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1)
    }

    private func run(_ sql: String) throws(ChildError) {
        guard sqlite3_exec(connection, sql, nil, nil, nil) == SQLITE_OK else {
            throw ChildError("\(sql): \(String(cString: sqlite3_errmsg(connection)))")
        }
    }

    func leave() {
        sqlite3_exec(connection, "ROLLBACK", nil, nil, nil)
        sqlite3_close_v2(connection)
        connection = nil
    }

    deinit { if connection != nil { leave() } }
}
