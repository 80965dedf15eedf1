import CSQLite
import Engine

extension JournalReader {
    /// Copies the journal, as of one moment, into a new file through SQLite's backup API, and verifies the copy.
    ///
    /// The node may write meanwhile. The copy gets its name only when it is whole, verified and flushed; a copy that failed is removed.
    /// - Throws: `.cannotWrite` if there is a file already.
    /// - SeeAlso: https://www.sqlite.org/backup.html
    /// - Parameters:
    ///   - progress: called now and then with the pages copied, of 4 KiB, and with how many there are.
    ///   - copied: called when the journal is needed no longer, before the copy is verified.
    ///   - verifying: the same for the entries read again.
    public func backup(
        to file: String, progress: @escaping (_ copied: Int, _ total: Int) -> Void = { _, _ in },
        copied: () -> Void = {}, verifying: @escaping (_ entries: Int64) -> Void = { _ in }
    ) throws(JournalError) -> Verification {
        let files = LocalFileSystem()
        guard files.size(file) == nil else {
            throw .cannotWrite(file, "there is a file of that name already, and a backup replaces none")
        }
        let draft = file + ".new"
        files.remove(draft)
        var isDone = false
        defer {
            if !isDone { for suffix in ["", "-journal", "-wal", "-shm"] { files.remove(draft + suffix) } }
        }
        try copy(to: draft, progress)
        try Self.makeSingleFile(draft)
        copied()
        let copy = try JournalReader(path: draft, index: nil)
        let verification = try copy.verify(progress: verifying)
        copy.close()
        guard verification.isSound else {
            throw .corrupt(path, "the backup was not kept: \(verification.problems[0])")
        }
        try files.rename(draft, to: file)
        isDone = true
        try files.flushFolder(LocalFileSystem.parent(of: file))
        return verification
    }

    /// Takes a journal that nobody has open out of WAL mode: then it is one file, also while it is read, and may lie where nothing can be
    /// written. On return it is flushed.
    public static func makeSingleFile(_ path: String) throws(JournalError) {
        let connection = try Connection(path: path, access: .readWrite)
        defer { connection.close() }
        let mode = try connection.text("PRAGMA journal_mode = DELETE")
        guard mode == "delete" else { throw .cannotWrite(path, "SQLite leaves it in journal mode \(mode ?? "none")") }
    }

    /// One read transaction holds the source still, however long the copy takes; the writer's WAL grows meanwhile.
    private func copy(to draft: String, _ progress: (Int, Int) -> Void) throws(JournalError) {
        let target = try Connection(path: draft, access: .create)
        defer { target.close() }
        try LocalFileSystem().limitToOwner(draft)
        try reading { () throws(JournalError) in
            // The transaction begins with its first read.
            _ = try connection.integer("SELECT count(*) FROM sqlite_schema")
            guard let backup = sqlite3_backup_init(target.handle, "main", connection.handle, "main") else {
                throw target.error(sqlite3_errcode(target.handle), doing: "backup")
            }
            var pace = BackupPace(LocalFileSystem.parent(of: path))
            var result: Int32
            var flushed = 0
            repeat {
                result = sqlite3_backup_step(backup, BackupPace.pagesPerStep)
                let total = Int(sqlite3_backup_pagecount(backup))
                let copied = total - Int(sqlite3_backup_remaining(backup))
                if result == SQLITE_OK, copied - flushed >= BackupPace.pagesPerFlush {
                    result = target.flushWritten()
                    flushed = copied
                    progress(copied, total)
                }
                pace.rest()
            } while result == SQLITE_OK
            sqlite3_backup_finish(backup)
            if result & 0xff == SQLITE_FULL {
                throw JournalError(
                    .full, "The disk is full: no backup could be written to \(draft). Nothing was kept; free space there, or name another place.")
            }
            guard result == SQLITE_DONE else { throw target.error(result, doing: "backup") }
        }
    }
}
