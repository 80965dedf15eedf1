import CSQLite
import Engine
import Migrations
import Primitives

extension JournalFile {
    /// SQLite's `application_id` of a journal: "Hold".
    static let applicationID: Int64 = 0x486F_6C64
    /// Measured: pages of 8 KiB cost a tenth more per entry in small batches, and save as much in large ones.
    static let pageBytes = 4_096
    static let fileName = "journal.db"

    /// Opens the journal in `directory` for writing and locks the folder; makes both if `options` allow.
    ///
    /// A file that is refused (another program's, a newer version's, another cluster's, a damaged one) is left byte for byte as it was: it
    /// is looked at through a read-only connection first. On return the start counter has grown, durably.
    public static func open(directory: String, options: JournalOptions = JournalOptions()) throws(JournalError)
        -> JournalFile
    {
        let path = directory + "/" + fileName
        KillPoint.watchWrites()
        if !options.createsFile, options.files.size(path) == nil { throw .notFound(path) }
        try options.files.makeFolder(directory)
        let lock = try FolderLock(folder: directory)
        if options.files.size(path) == nil {
            guard options.files.size(path + "-wal") == nil else {
                throw .corrupt(path, "the file is gone, its write-ahead log \(fileName)-wal is still there")
            }
            try create(path, in: directory, options)
        }
        try inspect(path, options)
        if let problem = WALNote.problem(wal: path + "-wal", lock.noteFound, options.files) { throw .corrupt(path, problem) }
        try refreshWAL(path, options)
        let connection = try Connection(path: path, access: .readWrite, vfs: options.vfs)
        try configure(connection, options)
        try migrate(connection)
        var row = try FileRow.read(connection)
        try begin(&row, options.process, connection)
        KillPoint.pass(.opened)
        return try JournalFile(
            directory: directory, path: path, options: options, connection: connection, lock: lock, row: row)
    }

    /// Builds a whole file under another name and moves it into place, so that a journal is never seen half made: an empty or partial
    /// one is damage, not a new node.
    private static func create(_ path: String, in directory: String, _ options: JournalOptions) throws(JournalError) {
        let draft = path + ".new"
        let leftovers = ["", "-journal", "-wal", "-shm"].map { draft + $0 }
        for leftover in leftovers { options.files.remove(leftover) }
        do throws(JournalError) {
            let connection = try Connection(path: draft, access: .create, vfs: options.vfs)
            defer { connection.close() }
            try options.files.limitToOwner(draft)
            try connection.execute("PRAGMA page_size = \(pageBytes)")
            try connection.execute("PRAGMA synchronous = FULL")
            try connection.execute("PRAGMA application_id = \(applicationID)")
            try migrate(connection)
            let row = FileRow(
                identity: FileIdentity(
                    file: options.fileID ?? .random(), cluster: nil, node: nil, name: nil, starts: StartHistory()),
                nextReplica: 1, flushedThrough: 0, createdAt: wallMilliseconds())
            try row.write(connection.prepare(FileRow.replace))
            // In WAL mode from birth: a kill while a journal changes its mode would leave a rollback journal beside it.
            let mode = try connection.text("PRAGMA journal_mode = WAL")
            guard mode == "wal" else { throw .cannotWrite(path, "SQLite gives it journal mode \(mode ?? "none")") }
            connection.setKeepsWAL(false)
        } catch {
            for leftover in leftovers { options.files.remove(leftover) }
            throw error
        }
        KillPoint.pass(.birth)
        try options.files.rename(draft, to: path)
        try options.files.flushFolder(directory)
    }

    /// Counts the start, and writes down which process it is.
    private static func begin(_ row: inout FileRow, _ process: UniqueID, _ connection: Connection) throws(JournalError) {
        try connection.execute("BEGIN IMMEDIATE")
        row.identity.starts = try StartRow.history(connection, count: row.identity.starts.count)
        row.identity.starts.begin(process)
        try StartRow.write(row.identity.starts, at: wallMilliseconds(), connection)
        try row.write(connection.prepare(FileRow.replace))
        try connection.execute("COMMIT")
    }

    /// Refuses what this binary must not open for writing, without changing it.
    static func inspect(_ path: String, _ options: JournalOptions, forWriting: Bool = true) throws(JournalError) {
        guard options.files.size(path) != 0 else { throw .notADatabase(path, "the file is empty") }
        let connection = try Connection(path: path, access: .readOnly, vfs: options.vfs)
        defer { connection.close() }
        guard try connection.integer("PRAGMA application_id") == applicationID else {
            // Reading the schema tells a file that is no database at all from another program's.
            _ = try connection.integer("SELECT count(*) FROM sqlite_schema")
            throw .notADatabase(path, "it is another program's SQLite database")
        }
        let version = Int(try connection.integer("PRAGMA user_version") ?? 0)
        guard version <= Migrations.newest else {
            throw .newerVersion(path, found: version, known: Migrations.newest)
        }
        let row = try FileRow.read(connection)
        if let expected = options.expectedCluster, let found = row.identity.cluster, found != expected {
            throw .otherCluster(path, found: found.description, expected: expected.description)
        }
        if version >= 3 { _ = try StartRow.history(connection, count: row.identity.starts.count) }
        guard !forWriting || options.files.isWritable(path) else { throw .cannotWrite(path, "the file is read-only for this user") }
    }

    /// Writes the WAL anew, as it stands, before anything of it is used.
    ///
    /// After a sync that failed, what it was for may be in the system's memory only: it reads well, also in the next process, and no later
    /// sync writes it (Rebello et al., Can Applications Recover from fsync Failures?, USENIX ATC 2020). Taken for durable, it would be
    /// acknowledged and then lost with the power; copied into the database, it would leave a WAL that is older than the database.
    ///
    /// What is behind the last whole transaction is cut off: torn frames of this round that lie behind new ones would look as if those had
    /// been damaged (`WALNote`).
    private static func refreshWAL(_ path: String, _ options: JournalOptions) throws(JournalError) {
        let wal = path + "-wal"
        guard let size = options.files.size(wal), size > 0 else { return }
        try options.files.rewrite(wal, keeping: WALHeader(options.files, wal)?.committedBytes(options.files, wal) ?? 0)
    }

    /// Sets what durability rests on, and reads it back: a pragma that does not take says nothing.
    private static func configure(_ connection: Connection, _ options: JournalOptions) throws(JournalError) {
        sqlite3_busy_timeout(connection.handle, options.busyTimeoutMilliseconds)
        // `busy_timeout` is set through its own call, so that the first pragma already waits.
        var wanted: [(name: String, value: String, readBack: String)] = [
            ("journal_mode", "WAL", "wal"),
            ("synchronous", "FULL", "2"),
            ("wal_autocheckpoint", "0", "0"),
            ("journal_size_limit", "\(options.walBytesMax)", "\(options.walBytesMax)"),
            ("secure_delete", "OFF", "0"),
            ("cache_size", "-32768", "-32768"),
            ("temp_store", "MEMORY", "2"),
            ("trusted_schema", "OFF", "0"),
        ]
        #if canImport(Darwin)
            // fsync alone leaves data in the drive's cache there (https://www.sqlite.org/pragma.html#pragma_fullfsync).
            wanted += [("fullfsync", "ON", "1"), ("checkpoint_fullfsync", "ON", "1")]
        #endif
        for (name, value, readBack) in wanted {
            _ = try connection.text("PRAGMA \(name) = \(value)")
            let found = try connection.text("PRAGMA \(name)") ?? "nothing"
            guard found == readBack else {
                throw .failed(connection.path, "PRAGMA \(name) is \(found) and not \(readBack)")
            }
        }
        connection.watchWAL()
    }

    /// Applies the migrations that the file lacks, each in a transaction of its own.
    private static func migrate(_ connection: Connection) throws(JournalError) {
        let version = Int(try connection.integer("PRAGMA user_version") ?? 0)
        for step in Migrations.all where step.version > version {
            try connection.execute("BEGIN IMMEDIATE")
            try connection.execute(step.sql)
            try connection.execute(
                "INSERT INTO migrations VALUES (\(step.version), '\(step.name)', \(wallMilliseconds()))")
            try connection.execute("PRAGMA user_version = \(step.version)")
            KillPoint.pass(.migration)
            try connection.execute("COMMIT")
        }
    }

    /// The version of SQLite in use, for the log: before 3.51.3 two connections must not write and copy the WAL.
    public static var sqliteVersion: String { String(cString: sqlite3_libversion()) }
}
