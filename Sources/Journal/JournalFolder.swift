public import Engine

/// A node's folder, locked and otherwise left alone: for those who want to put it aside.
public final class JournalFolder {
    public let path: String
    private let lock: FolderLock
    private let files = LocalFileSystem()

    /// - Throws: `.notFound` if there is no journal in it; `.inUse` while a node runs on it.
    public init(locking path: String) throws(JournalError) {
        var trimmed = path
        while trimmed.count > 1, trimmed.hasSuffix("/") { trimmed.removeLast() }
        self.path = trimmed
        let file = trimmed + "/" + JournalFile.fileName
        guard files.size(file) != nil || files.size(file + "-wal") != nil else { throw .notFound(file) }
        lock = try FolderLock(folder: trimmed)
    }

    deinit { lock.release() }

    /// Whose file it says it is; nil if it cannot be read any more.
    public func identity() -> FileIdentity? {
        do throws(JournalError) {
            let connection = try Connection(path: path + "/" + JournalFile.fileName, access: .readOnly)
            defer { connection.close() }
            return try FileRow.read(connection).identity
        } catch {
            return nil
        }
    }

    /// Gives the folder another name, durably. Nothing in it changes.
    public func move(to other: String) throws(JournalError) {
        guard files.size(other) == nil else { throw .cannotWrite(other, "there is something of that name already") }
        try files.rename(path, to: other)
        try files.flushFolder(LocalFileSystem.parent(of: path))
    }
}
