import CSQLite
import Consensus
import Primitives

/// How a log entry lies in a row of `journal`, both ways.
///
/// The columns hold the fields of an `EntryRecord` and give its canonical encoding back, bit for bit, so the chained checksum can be
/// taken again from the columns. A payload that is no such record is kept whole, as a BLOB in `events`.
enum JournalRow {
    static let insert = """
        INSERT INTO journal (replica, term, position, log_index, type, checksum, events, entity, first_revision, request_key,
        session_client, session_opened, request_number, acknowledged_below, fingerprint, reply, recorded_at)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17)
        """

    static let columns = """
        replica, log_index, term, type, checksum, events, entity, first_revision, request_key, session_client, session_opened,
        request_number, acknowledged_below, fingerprint, reply, recorded_at
        """

    /// Binds everything of `entry` but replica and term, steps the insert, and leaves the statement ready for the next.
    ///
    /// The payload is bound where it lies and is alive until the step is done.
    /// - Returns: 32 bits of the entity's hash; 0 for an entry without one.
    static func write(_ entry: borrowing Entry, at position: Int64, with statement: Statement) throws(JournalError) -> UInt32 {
        statement.bind(3, position)
        statement.bind(4, entry.index.rawValue)
        statement.bind(5, Int64(entry.type.rawValue))
        statement.bind(6, entry.checksum)
        var hash: UInt32 = 0
        var result = SQLITE_OK
        entry.payload.withUnsafeBytes { payload in
            switch entry.type {
            case .record:
                if let record = BorrowedRecord(payload) {
                    hash = entityHash(record.entity)
                    bind(record, to: statement)
                } else {
                    bindBare(to: statement)
                    statement.bindBlob(7, borrowing: payload)
                }
            case .configuration:
                bindBare(to: statement)
                statement.bindText(7, borrowing: payload)
            case .empty:
                bindBare(to: statement)
                if payload.isEmpty { statement.bindNull(7) } else { statement.bindBlob(7, borrowing: payload) }
            }
            result = sqlite3_step(statement.handle)
        }
        guard result == SQLITE_DONE else { throw statement.failure(result) }
        statement.reset()
        return hash
    }

    private static func bind(_ record: BorrowedRecord, to statement: Statement) {
        statement.bindText(7, borrowing: record.events)
        statement.bindText(8, borrowing: record.entity)
        statement.bind(9, record.firstRevision)
        switch record.request {
        case .none:
            for parameter: Int32 in 10...14 { statement.bindNull(parameter) }
        case .session(let client, let opened, let number, let acknowledgedBelow):
            statement.bindNull(10)
            statement.bind(11, client)
            statement.bind(12, opened)
            statement.bind(13, number)
            statement.bind(14, acknowledgedBelow)
        case .key(let key):
            statement.bindText(10, borrowing: key)
            for parameter: Int32 in 11...14 { statement.bindNull(parameter) }
        }
        statement.bind(15, record.fingerprint)
        statement.bindText(16, borrowing: record.reply)
        statement.bind(17, record.recordedAt)
    }

    private static func bindBare(to statement: Statement) {
        for parameter: Int32 in 8...17 { statement.bindNull(parameter) }
    }

    /// A part of the entity's hash: enough to leave out nearly every row of other entities.
    static func entityHash(_ entity: UnsafeRawBufferPointer) -> UInt32 {
        UInt32(truncatingIfNeeded: Checksum.xxh64(entity, seed: 0))
    }

    /// The columns by which a row is found and followed, each read once: a call into SQLite for a column is a tenth of what a row costs.
    struct Head {
        let replica: Int64
        let index: LogIndex
        let term: Term
        /// Nil if no entry has such a type.
        let type: EntryType?
        let checksum: UInt64

        /// The current row of a statement that selects `columns`.
        init(_ row: Statement) {
            replica = row.integer(0)
            index = LogIndex(row.unsigned(1))
            term = Term(row.unsigned(2))
            let number = row.integer(3)
            type = (0..<256).contains(number) ? EntryType(rawValue: UInt8(number)) : nil
            checksum = row.unsigned(4)
        }
    }

    /// Reads the entry of the current row of a statement that selects `columns`. Nil if no entry can have such columns.
    static func entry(_ row: Statement) -> Entry? {
        guard let type = EntryType(rawValue: UInt8(truncatingIfNeeded: row.integer(3))), row.integer(3) < 256,
            let payload = payload(row, type)
        else { return nil }
        return Entry(
            term: Term(row.unsigned(2)), index: LogIndex(row.unsigned(1)), type: type, payload: payload,
            checksum: row.unsigned(4))
    }

    private static func payload(_ row: Statement, _ type: EntryType) -> [UInt8]? {
        type != .record || row.isBlob(5) ? row.bytes(5) : record(row).encoded()
    }

    /// The chained checksum that the current row must have after an entry with `previous`; nil if no entry can have such columns.
    ///
    /// - Parameters:
    ///   - head: of the same row.
    ///   - scratch: kept from row to row, so that none takes memory of its own.
    static func checksum(_ row: Statement, _ head: Head, after previous: UInt64, _ scratch: inout [UInt8]) -> UInt64? {
        guard let type = head.type else { return nil }
        if type != .record || row.isBlob(5) {
            return Checksum.chained(
                previous: previous, term: head.term, index: head.index, type: type.rawValue, payload: row.borrowed(5))
        }
        guard let count = record(row).encode(into: &scratch) else { return nil }
        return scratch.withUnsafeBytes {
            Checksum.chained(
                previous: previous, term: head.term, index: head.index, type: type.rawValue,
                payload: UnsafeRawBufferPointer(rebasing: $0[..<count]))
        }
    }

    /// The columns of a record, where SQLite has them.
    private static func record(_ row: Statement) -> BorrowedRecord {
        var record = BorrowedRecord()
        record.events = row.borrowed(5)
        record.entity = row.borrowed(6)
        record.firstRevision = row.unsigned(7)
        if !row.isNull(8) {
            record.request = .key(row.borrowed(8))
        } else if !row.isNull(9) {
            record.request = .session(
                client: row.unsigned(9), opened: row.integer(10), number: row.unsigned(11),
                acknowledgedBelow: row.unsigned(12))
        }
        record.fingerprint = row.unsigned(13)
        record.reply = row.borrowed(14)
        record.recordedAt = row.integer(15)
        return record
    }
}
