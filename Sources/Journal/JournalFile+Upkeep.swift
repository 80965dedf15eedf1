import CSQLite
import Primitives

extension JournalFile {
    private static let walFrameBytes = pageBytes + 24

    /// What is known of the disk now.
    public var health: JournalHealth {
        var health = JournalHealth()
        health.freeBytes = options.files.freeBytes(directory) ?? .max
        health.walBytes = connection.walFrames * Self.walFrameBytes
        health.isFull = health.freeBytes < options.reserveBytes
        health.isWALHeld = health.walBytes > options.walAlarmBytes
        health.failure = failure
        return health
    }

    /// Refuses to write once half of the reserve is gone: by then the node has long stopped to take commands, and what is left is for a
    /// recovery.
    func requireSpace() throws(JournalError) {
        guard let free = options.files.freeBytes(directory), free < options.reserveBytes / 2 else { return }
        throw .full(path, free: free, reserve: options.reserveBytes)
    }

    /// Copies the WAL into the database if it has grown past its bound; the smaller bound counts when nothing waits.
    ///
    /// Only this connection ever does so (HAZARDS 19). Readers are not waited for: what they still need is copied the next time.
    /// - Returns: whether anything was done.
    @discardableResult
    public func copyWAL(isIdle: Bool) throws(JournalError) -> Bool {
        try requireHealthy()
        if connection.walFrames < framesCopied { framesCopied = 0 }
        let bound = isIdle ? options.walIdleBytes : options.walBytesMax
        guard (connection.walFrames - framesCopied) * Self.walFrameBytes > bound else { return false }
        // On a nearly full disk the database must not grow by the copy; the WAL waits for space.
        if let free = options.files.freeBytes(directory), free < UInt64(connection.walFrames * Self.walFrameBytes) {
            return false
        }
        try copyWAL(SQLITE_CHECKPOINT_PASSIVE)
        return true
    }

    func copyWAL(_ mode: Int32) throws(JournalError) {
        var frames: Int32 = 0
        var copied: Int32 = 0
        let result = sqlite3_wal_checkpoint_v2(connection.handle, nil, mode, &frames, &copied)
        // Busy: a reader, or a sqlite3 shell that is copying it itself. Any other error leaves the file in doubt.
        guard result == SQLITE_OK || result & 0xff == SQLITE_BUSY else {
            throw fail(connection.error(result, doing: "WAL checkpoint"))
        }
        if copied >= 0 { framesCopied = Int(copied) }
        // The next commit may start the WAL over.
        if copied == frames { walSalt = nil }
    }

    /// Rows deleted by one `reclaim`.
    private static let reclaimRowsMax = 1_024

    /// Deletes a slice of what was retired, replaced or trimmed, in a transaction of its own.
    /// - Returns: whether there may be more.
    public func reclaim() throws(JournalError) -> Bool {
        try requireHealthy()
        guard hasDiscards else { return false }
        let row = try connection.prepare("SELECT replica, before_index FROM discards ORDER BY replica LIMIT 1")
        guard try row.step() else {
            hasDiscards = false
            return false
        }
        let (replica, before) = (row.integer(0), LogIndex(row.unsigned(1)))
        row.reset()
        let isWhole = before.rawValue == UInt64(Int64.max)
        try begin()
        do throws(JournalError) {
            var slice = try reclaimEntries(replica, before: before)
            if slice == .none, isWhole { slice = try reclaimState(replica) }
            KillPoint.pass(.reclaim)
            if slice == .none { try connection.execute("DELETE FROM discards WHERE replica = \(replica)") }
            try finish()
            if slice == .unlisted { hasDiscards = false }
            return hasDiscards
        } catch {
            throw fail(error)
        }
    }

    private enum Slice {
        case deleted
        /// There is nothing left to delete.
        case none
        /// What is left is in no segment yet and cannot be told by index from what is to stay: it waits for the next flush.
        case unlisted
    }

    private func reclaimEntries(_ replica: Int64, before: LogIndex) throws(JournalError) -> Slice {
        if let segment = try log.firstSegment(replica), segment.first < before {
            let count = min(segment.positions.count, before - segment.first, Self.reclaimRowsMax)
            for position in segment.positions[..<count] { try deleteRow(position, of: replica) }
            try mend(segment, keeping: count..<segment.positions.count)
            return .deleted
        }
        guard let run = index.run(replica), run.first < before else { return .none }
        guard before.rawValue == UInt64(Int64.max) else { return .unlisted }
        for position in index.truncate(replica, from: run.first) { try deleteRow(position, of: replica) }
        return .deleted
    }

    private func reclaimState(_ replica: Int64) throws(JournalError) -> Slice {
        var deleted = 0
        for (table, key) in [("entities", "entity"), ("sessions", "client"), ("request_keys", "log_index")] {
            // A part of the rows by a range of their key: DELETE … LIMIT is not in every build of SQLite.
            try connection.execute(
                """
                DELETE FROM \(table) WHERE replica = \(replica) AND \(key) <= (
                  SELECT \(key) FROM \(table) WHERE replica = \(replica) ORDER BY \(key) LIMIT 1 OFFSET \(Self.reclaimRowsMax))
                """)
            deleted += connection.changes
            if deleted > 0 { return .deleted }
            try connection.execute("DELETE FROM \(table) WHERE replica = \(replica)")
            deleted += connection.changes
            if deleted > 0 { return .deleted }
        }
        return .none
    }

    /// Writes what waits, copies the WAL into the database, closes the file and gives the folder free. After a failure nothing is
    /// written any more.
    public func close() throws(JournalError) {
        defer {
            connection.close()
            lock.release()
            if failure == nil { failure = JournalError(.failed, "The journal \(path) is closed.") }
        }
        guard failure == nil, hasRecovered else { return }
        try writeCommits()
        // With a reader about, the WAL stays; it is as good as the database.
        lock.note(nil)
        try copyWAL(SQLITE_CHECKPOINT_TRUNCATE)
        // It is empty now: have it removed, so that one file is left.
        if framesCopied == 0 { connection.setKeepsWAL(false) }
    }
}
