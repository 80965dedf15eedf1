import CSQLite

/// What a journal's compaction has saved.
public struct Compaction: Hashable, Sendable {
    public var bytesBefore: Int
    public var bytesAfter: Int
    /// Of the new file, before it took the old one's place.
    public var verification: Verification
}

extension JournalFile {
    /// Writes the journal of a stopped node anew, without the space that deleted rows have left, and closes it.
    ///
    /// The new file is verified and flushed before it takes the old one's place, in one step; whatever goes wrong before leaves the old
    /// one as it is. The folder stays locked until the end. Needs as much free space as the new file takes.
    /// - SeeAlso: https://www.sqlite.org/lang_vacuum.html#vacuuminto
    public func compact(verifying progress: @escaping (_ entries: Int64) -> Void = { _ in }) throws(JournalError) -> Compaction {
        // Entries that were given up are deleted once segments list them.
        rowsSinceFlush = max(rowsSinceFlush, options.rowsPerFlush)
        try begin()
        do throws(JournalError) { try finish() } catch { throw fail(error) }
        while try reclaim() {}
        let draft = path + ".compact"
        let leftovers = ["", "-journal", "-wal", "-shm"].map { draft + $0 }
        for leftover in leftovers { options.files.remove(leftover) }
        var isDone = false
        defer { if !isDone { for leftover in leftovers { options.files.remove(leftover) } } }
        do throws(JournalError) {
            try connection.execute("VACUUM INTO '\(draft.replacing("'", with: "''"))'")
            try options.files.limitToOwner(draft)
            try Self.enterWALMode(draft)
        } catch {
            // Only the draft was written: the journal itself is as good as before.
            try close()
            throw error
        }
        let verification = try verified(draft, progress)
        let before = options.files.size(path) ?? 0
        try closeForReplacement()
        defer { lock.release() }
        try options.files.rename(draft, to: path)
        isDone = true
        try options.files.flushFolder(directory)
        return Compaction(bytesBefore: before, bytesAfter: options.files.size(path) ?? 0, verification: verification)
    }

    private func verified(_ draft: String, _ progress: @escaping (Int64) -> Void) throws(JournalError) -> Verification {
        let found: Verification
        do throws(JournalError) {
            let reader = try JournalReader(file: draft)
            defer { reader.close() }
            found = try reader.verify(progress: progress)
        } catch {
            try close()
            throw error
        }
        guard found.isSound else {
            try close()
            throw .corrupt(path, "its compact copy was not kept: \(found.problems[0])")
        }
        return found
    }

    /// As every journal is from its birth on. Changing the mode flushes the file.
    private static func enterWALMode(_ draft: String) throws(JournalError) {
        let connection = try Connection(path: draft, access: .readWrite)
        defer { connection.close() }
        let mode = try connection.text("PRAGMA journal_mode = WAL")
        guard mode == "wal" else { throw .cannotWrite(draft, "SQLite gives it journal mode \(mode ?? "none")") }
        connection.setKeepsWAL(false)
    }

    /// Leaves one file and no WAL: that of the old file must not be taken for the new one's. The lock stays.
    private func closeForReplacement() throws(JournalError) {
        try writeCommits()
        lock.note(nil)
        try copyWAL(SQLITE_CHECKPOINT_TRUNCATE)
        connection.setKeepsWAL(false)
        connection.close()
        failure = JournalError(.failed, "The journal \(path) is closed.")
        guard options.files.size(path + "-wal") ?? 0 == 0 else {
            lock.release()
            throw JournalError(
                .inUse, "Another program reads \(path): nothing was replaced. Close that program, and try again.")
        }
    }
}
