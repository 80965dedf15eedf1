import CSQLite

/// One SQLite connection. Used by one thread at a time: it is opened without SQLite's own mutexes.
final class Connection {
    enum Access { case readOnly, readWrite, create }

    let handle: OpaquePointer
    let path: String
    /// Frames in the WAL as of this connection's last commit; 0 for a reader.
    private(set) var walFrames = 0
    private(set) var isOpen = true

    init(path: String, access: Access, vfs: String? = nil) throws(JournalError) {
        self.path = path
        let flags =
            switch access {
            case .readOnly: SQLITE_OPEN_READONLY
            case .readWrite: SQLITE_OPEN_READWRITE
            case .create: SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE
            }
        var opened: OpaquePointer?
        let result = sqlite3_open_v2(path, &opened, flags | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE, vfs)
        guard result == SQLITE_OK, let opened else {
            let message = opened.map { String(cString: sqlite3_errmsg($0)) } ?? "out of memory"
            sqlite3_close_v2(opened)
            throw .sqlite(result, message, doing: "open", path: path)
        }
        handle = opened
        // Closing must neither write nor fail: WAL checkpoints are made explicitly, by the writing connection alone.
        setKeepsWAL(true)
    }

    deinit { close() }

    /// Whether the WAL stays as it is when the last connection closes. If not, SQLite copies what is left of it and removes it.
    func setKeepsWAL(_ keeps: Bool) {
        let result = holdfast_sqlite3_db_config_flag(handle, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, keeps ? 1 : 0)
        precondition(result == SQLITE_OK, "\(path): SQLite \(result) for NO_CKPT_ON_CLOSE")
    }

    /// Ends every statement and lets go of the file. What was not committed is gone.
    func close() {
        guard isOpen else { return }
        isOpen = false
        while let statement = sqlite3_next_stmt(handle, nil) { sqlite3_finalize(statement) }
        let result = sqlite3_close(handle)
        precondition(result == SQLITE_OK, "\(path) does not close: SQLite \(result)")
    }

    /// Counts the WAL's frames at each commit. With it SQLite's automatic WAL checkpoints are off.
    func watchWAL() {
        let context = Unmanaged.passUnretained(self).toOpaque()
        // The connection outlives its own handle, so the unretained pointer is valid whenever the hook runs.
        sqlite3_wal_hook(
            handle,
            { context, _, _, frames in
                Unmanaged<Connection>.fromOpaque(context!).takeUnretainedValue().walFrames = Int(frames)
                return SQLITE_OK
            }, context)
    }

    func error(_ result: Int32, doing what: String) -> JournalError {
        .sqlite(result, String(cString: sqlite3_errmsg(handle)), doing: what, path: path)
    }

    /// Runs statements that give no rows.
    func execute(_ sql: String) throws(JournalError) {
        let result = sqlite3_exec(handle, sql, nil, nil, nil)
        guard result == SQLITE_OK else { throw error(result, doing: sql) }
    }

    func prepare(_ sql: String) throws(JournalError) -> Statement { try Statement(sql, on: self) }

    /// Flushes what was written to the database file so far, in the middle of a transaction: less is left for its end.
    ///
    /// - Returns: what SQLite's file says of it. An error counts: the flush at the end may not tell it again.
    func flushWritten() -> Int32 {
        var file: UnsafeMutablePointer<sqlite3_file>?
        let result = sqlite3_file_control(handle, "main", SQLITE_FCNTL_FILE_POINTER, &file)
        guard result == SQLITE_OK, let file, let methods = file.pointee.pMethods else { return result }
        return methods.pointee.xSync(file, SQLITE_SYNC_NORMAL)
    }

    /// The first column of the first row, nil if there is no row or it is NULL.
    func integer(_ sql: String) throws(JournalError) -> Int64? {
        try first(sql) { $0.integer(0) }
    }

    /// The first column of the first row, nil if there is no row or it is NULL.
    func text(_ sql: String) throws(JournalError) -> String? {
        try first(sql) { $0.text(0) }
    }

    /// Steps to the end: a pragma that writes gives its row first and fails, if at all, when it commits.
    private func first<Value>(_ sql: String, _ read: (Statement) -> Value) throws(JournalError) -> Value? {
        let statement = try prepare(sql)
        guard try statement.step() else { return nil }
        let value = statement.isNull(0) ? nil : read(statement)
        while try statement.step() {}
        return value
    }

    /// Rows that the last statement inserted, changed or deleted.
    var changes: Int { Int(sqlite3_changes(handle)) }
}
