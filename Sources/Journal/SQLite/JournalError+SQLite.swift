import CSQLite

extension JournalError {
    /// What an SQLite result code means for the journal.
    /// - SeeAlso: https://www.sqlite.org/rescode.html
    static func sqlite(_ result: Int32, _ message: String, doing what: String, path: String) -> JournalError {
        let reason = "\(message) (SQLite \(result))"
        switch result & 0xff {
        case SQLITE_NOTADB: return notADatabase(path, reason)
        case SQLITE_BUSY, SQLITE_LOCKED: return blocked(path)
        case SQLITE_CORRUPT: return corrupt(path, "SQLite, \(what): \(reason)")
        case SQLITE_FULL:
            return JournalError(
                .failed,
                "The disk is full: \(path) could not be written (\(what)). Free space on it, then start the node again; "
                    + "it recovers by itself.")
        case SQLITE_CANTOPEN, SQLITE_READONLY, SQLITE_PERM: return cannotWrite(path, reason)
        default: return failed(path, "\(what): \(reason)")
        }
    }

    static func notADatabase(_ path: String, _ reason: String) -> JournalError {
        JournalError(
            .notADatabase,
            "\(path) is not a Holdfast journal: \(reason). It was left as it is. Give another --data folder, or move the "
                + "file away if it does not belong there.")
    }

    static func newerVersion(_ path: String, found: Int, known: Int) -> JournalError {
        JournalError(
            .newerVersion,
            "\(path) has schema version \(found); this binary knows versions up to \(known). It was left as it is. Run "
                + "the version of holdfast that wrote it, or a newer one.")
    }

    static func inUse(_ directory: String, by owner: String?) -> JournalError {
        JournalError(
            .inUse,
            "The folder \(directory) is in use by \(owner ?? "another process"). One process at a time may run a node "
                + "on it: stop that one first, or give another --data folder.")
    }

    static func cannotWrite(_ path: String, _ reason: String) -> JournalError {
        JournalError(
            .cannotWrite,
            "\(path) cannot be written: \(reason). Check that the folder exists, belongs to this user and lies on a "
                + "writable disk, or give another --data folder.")
    }

    static func notFound(_ path: String) -> JournalError {
        JournalError(.notFound, "There is no journal at \(path). Check the --data folder.")
    }

    static func otherCluster(_ path: String, found: String, expected: String) -> JournalError {
        JournalError(
            .otherCluster,
            "\(path) belongs to cluster \(found), not to \(expected). It was left as it is. Give this node a folder of "
                + "its own, or seeds of the cluster that the file belongs to.")
    }

    static func corrupt(_ path: String, _ place: String) -> JournalError {
        JournalError(
            .corrupt,
            "\(path) is damaged: \(place). The node must not serve from it. With other nodes in the cluster, "
                + "`holdfast node repair` sets the folder aside and has a new one filled by them; without, restore a backup.")
    }

    static func full(_ path: String, free: UInt64, reserve: UInt64) -> JournalError {
        JournalError(
            .full,
            "The disk of \(path) has \(free >> 20) MiB free, under the reserve of \(reserve >> 20) MiB: nothing was "
                + "written. Free space on it; the node goes on by itself.")
    }

    static func blocked(_ path: String) -> JournalError {
        JournalError(
            .blocked,
            "Another process holds the lock of \(path) for longer than the busy time-out: nothing was written. End "
                + "that process (a sqlite3 shell with an open write?); the node goes on by itself.")
    }

    static let closed = JournalError(.failed, "The journal is closed.")

    static func failed(_ path: String, _ reason: String) -> JournalError {
        JournalError(
            .failed,
            "\(path) could not be written or read (\(reason)). The node stops, as what is on the disk is known again only "
                + "after a fresh start. Check the disk, then start the node again.")
    }
}
