import CSQLite

/// A prepared statement: compiled once, bound and stepped many times.
///
/// Bindings stay from one execution to the next. Text and bytes bound by pointer must live until the statement is stepped
/// to its end or reset; SQLite copies none of them.
final class Statement {
    let handle: OpaquePointer
    private let connection: Connection

    init(_ sql: String, on connection: Connection) throws(JournalError) {
        var prepared: OpaquePointer?
        let result = sqlite3_prepare_v3(connection.handle, sql, -1, UInt32(SQLITE_PREPARE_PERSISTENT), &prepared, nil)
        guard result == SQLITE_OK, let prepared else { throw connection.error(result, doing: "prepare \(sql)") }
        handle = prepared
        self.connection = connection
    }

    /// A closed connection has ended its statements.
    deinit { if connection.isOpen { sqlite3_finalize(handle) } }

    // MARK: Bind. Parameters count from 1. Binding fails only for a wrong number or an oversized value.

    func bind(_ parameter: Int32, _ value: Int64) { check(sqlite3_bind_int64(handle, parameter, value)) }
    func bind(_ parameter: Int32, _ value: Int) { bind(parameter, Int64(value)) }
    /// Bit for bit: SQLite has signed numbers only.
    func bind(_ parameter: Int32, _ value: UInt64) { bind(parameter, Int64(bitPattern: value)) }
    func bind(_ parameter: Int32, _ value: Int64?) {
        if let value { bind(parameter, value) } else { bindNull(parameter) }
    }
    func bindNull(_ parameter: Int32) { check(sqlite3_bind_null(handle, parameter)) }

    /// A copy of `value` is bound.
    func bind(_ parameter: Int32, _ value: String?) {
        guard let value else { return bindNull(parameter) }
        var text = value
        text.withUTF8 { bytes in
            check(sqlite3_bind_text(handle, parameter, pointer(bytes.baseAddress), Int32(bytes.count), transient))
        }
    }

    /// A copy of `value` is bound as text. It need not be valid UTF-8: SQLite keeps its bytes.
    func bindText(_ parameter: Int32, copying value: [UInt8]) {
        value.withUnsafeBufferPointer { bytes in
            check(sqlite3_bind_text(handle, parameter, pointer(bytes.baseAddress), Int32(bytes.count), transient))
        }
    }

    func bindBlob(_ parameter: Int32, copying value: [UInt8]) {
        value.withUnsafeBytes { bytes in
            check(sqlite3_bind_blob(handle, parameter, bytes.baseAddress ?? nothing, Int32(bytes.count), transient))
        }
    }

    /// Binds bytes where they lie. They must stay there until the statement has been stepped to its end.
    func bindText(_ parameter: Int32, borrowing bytes: UnsafeRawBufferPointer) {
        check(
            sqlite3_bind_text(
                handle, parameter, pointer(bytes.baseAddress?.assumingMemoryBound(to: UInt8.self)), Int32(bytes.count),
                nil))
    }

    /// Binds bytes where they lie. They must stay there until the statement has been stepped to its end.
    func bindBlob(_ parameter: Int32, borrowing bytes: UnsafeRawBufferPointer) {
        check(sqlite3_bind_blob(handle, parameter, bytes.baseAddress ?? nothing, Int32(bytes.count), nil))
    }

    private func check(_ result: Int32) {
        precondition(result == SQLITE_OK, "bind: SQLite \(result) for \(sql)")
    }

    // MARK: Step

    /// True if there is a row to read; false at the end, where the statement is reset.
    func step() throws(JournalError) -> Bool {
        switch sqlite3_step(handle) {
        case SQLITE_ROW: return true
        case SQLITE_DONE:
            sqlite3_reset(handle)
            return false
        case let result: throw failure(result)
        }
    }

    /// The error of a failed step, after which the statement is reset.
    func failure(_ result: Int32) -> JournalError {
        let error = connection.error(result, doing: sql)
        sqlite3_reset(handle)
        return error
    }

    /// Runs a statement that gives no rows.
    func run() throws(JournalError) {
        let hasRow = try step()
        precondition(!hasRow, "a row from \(sql)")
    }

    /// Ends an execution before its last row.
    func reset() { sqlite3_reset(handle) }

    // MARK: Read. Columns count from 0.

    func integer(_ column: Int32) -> Int64 { sqlite3_column_int64(handle, column) }
    func unsigned(_ column: Int32) -> UInt64 { UInt64(bitPattern: integer(column)) }
    func isNull(_ column: Int32) -> Bool { sqlite3_column_type(handle, column) == SQLITE_NULL }
    func isBlob(_ column: Int32) -> Bool { sqlite3_column_type(handle, column) == SQLITE_BLOB }
    func text(_ column: Int32) -> String { String(decoding: bytes(column), as: UTF8.self) }
    /// Text or a BLOB as it is stored.
    func bytes(_ column: Int32) -> [UInt8] { [UInt8](borrowed(column)) }

    /// Text or a BLOB where SQLite has it: valid until the next step, reset or conversion.
    func borrowed(_ column: Int32) -> UnsafeRawBufferPointer {
        let start = sqlite3_column_blob(handle, column)
        return UnsafeRawBufferPointer(start: start, count: Int(sqlite3_column_bytes(handle, column)))
    }

    var sql: String { String(cString: sqlite3_sql(handle)) }
}

/// Tells SQLite to copy what is bound.
private let transient = holdfast_sqlite3_transient()

/// A null pointer would bind NULL in place of nothing; any other will do for zero bytes.
private nonisolated(unsafe) let nothing = UnsafeRawPointer(UnsafeMutableRawPointer.allocate(byteCount: 1, alignment: 1))

private func pointer(_ start: UnsafePointer<UInt8>?) -> UnsafePointer<CChar> {
    UnsafeRawPointer(start.map(UnsafeRawPointer.init) ?? nothing).assumingMemoryBound(to: CChar.self)
}
