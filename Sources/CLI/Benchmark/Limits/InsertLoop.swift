import CSQLite
import Primitives

/// The journal's rows, inserted by a loop that does nothing else: one prepared statement, transactions of one size, one flush each.
///
/// Not the journal's own code: what that costs above this loop is what is to be seen.
final class InsertLoop {
    private let path: String
    private var connection: OpaquePointer?
    private var insert: OpaquePointer?
    private var position: Int64 = 0

    private static let replicas = 10
    private static let entities = 1_000
    /// As the journal does: copied into the database past this.
    private static let walBytesMax = 64 << 20
    private static let frameBytes = 4_120
    private static let transient = holdfast_sqlite3_transient()

    init(path: String) throws {
        self.path = path
        guard sqlite3_open_v2(path, &connection, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, nil) == SQLITE_OK else {
            throw failure("open")
        }
        try execute(
            """
            PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA fullfsync = ON; PRAGMA wal_autocheckpoint = 0;
            PRAGMA secure_delete = OFF; PRAGMA cache_size = -32768; PRAGMA temp_store = MEMORY;
            """)
        let sql = """
            INSERT INTO journal (position, replica, log_index, term, type, entity, first_revision, events, session_client,
            session_opened, request_number, acknowledged_below, fingerprint, reply, recorded_at, checksum)
            VALUES (?1, ?2, ?3, 1, 2, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14)
            """
        guard sqlite3_prepare_v3(connection, sql, -1, UInt32(SQLITE_PREPARE_PERSISTENT), &insert, nil) == SQLITE_OK else {
            throw failure("prepare")
        }
        try execute("DELETE FROM journal")
    }

    deinit {
        sqlite3_finalize(insert)
        sqlite3_close(connection)
    }

    func run(batch: Int, for seconds: Double) throws -> LimitsReport.Rate {
        var generator = RandomGenerator(seed: 1)
        var frames = 0
        var watch = Stopwatch()
        while watch.elapsed < seconds {
            try execute("BEGIN IMMEDIATE")
            for _ in 0..<batch { try insertRow(&generator) }
            try execute("COMMIT")
            watch.lap()
            // A row takes about 120 bytes; the last page of a transaction is written again by the next.
            frames += batch * 120 / 4_096 + 1
            if frames * Self.frameBytes > Self.walBytesMax {
                sqlite3_wal_checkpoint_v2(connection, nil, SQLITE_CHECKPOINT_PASSIVE, nil, nil)
                frames = 0
            }
        }
        return watch.rate(batch: batch, operations: Int(position))
    }

    /// An increment as a node journals it.
    private func insertRow(_ generator: inout RandomGenerator) throws {
        position += 1
        let number = generator.next()
        bind(1, position)
        bind(2, Int64(number % UInt64(Self.replicas)) + 1)
        bind(3, position / Int64(Self.replicas))
        bind(4, "bench-\(number % UInt64(Self.entities))")
        bind(5, position / Int64(Self.entities) + 1)
        bind(6, #"[{"incremented":{"by":1}}]"#)
        bind(7, 0x7A5B_3C2D_1E0F_9182)
        bind(8, 1_795_395_588_931)
        bind(9, position)
        bind(10, position)
        bind(11, Int64(bitPattern: number))
        bind(12, "\(position / Int64(Self.entities) + 1)")
        bind(13, 1_795_395_588_931 + position)
        bind(14, Int64(bitPattern: number &* 3))
        guard sqlite3_step(insert) == SQLITE_DONE else { throw failure("insert") }
        sqlite3_reset(insert)
    }

    private func bind(_ parameter: Int32, _ value: Int64) { sqlite3_bind_int64(insert, parameter, value) }
    private func bind(_ parameter: Int32, _ value: String) {
        sqlite3_bind_text(insert, parameter, value, Int32(value.utf8.count), Self.transient)
    }

    private func execute(_ sql: String) throws {
        guard sqlite3_exec(connection, sql, nil, nil, nil) == SQLITE_OK else { throw failure(sql) }
    }

    private func failure(_ what: String) -> CommandFailure {
        CommandFailure(.journal, "sqlite", "\(what) \(path): \(String(cString: sqlite3_errmsg(connection)))")
    }
}
