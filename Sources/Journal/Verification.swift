public import Shards

/// What a look at every row of a journal has found.
public struct Verification: Hashable, Sendable {
    public var entries: Int64 = 0
    public var groups = 0
    public var entities: Int64 = 0
    public var sessions: Int64 = 0
    public var keys: Int64 = 0
    /// Entity states that were made anew from their events, and are the same.
    public var replayed: Int64 = 0
    /// One line each, at most `problemsMax`; empty for a journal that can be trusted.
    public var problems: [String] = []
    /// Whether there were more problems than are listed.
    public var isCut = false

    public static let problemsMax = 100
    public var isSound: Bool { problems.isEmpty }

    mutating func note(_ problem: String) {
        if problems.count < Self.problemsMax { problems.append(problem) } else { isCut = true }
    }

    mutating func note(_ error: JournalError) { note(error.message) }
}

extension JournalReader {
    /// Looks at every row of the file and takes every checksum again, those of the write-ahead log as well.
    ///
    /// Beside this thread, one looks at SQLite's pages, as of its own moment, and one makes the states anew: a node may write meanwhile.
    /// - Parameters:
    ///   - kinds: makes the states of these kinds anew from their events and compares them with what the file says, and for all kinds
    ///     the revisions. Nil: states are only checked to be as they were written.
    ///   - progress: called now and then with the number of entries read.
    /// - Throws: only if the file cannot be read; what is wrong in it is listed in the answer.
    /// - Complexity: one pass over the file, one over its pages, and one more for each further million of entities.
    public func verify(
        replaying kinds: [KindRuntime]? = nil, progress: @escaping (Int64) -> Void = { _ in }
    ) throws(JournalError) -> Verification {
        let pages = ReadingThread("verify-pages", path, options) { (reader) throws(JournalError) in try reader.structureProblems() }
        defer { pages.wait() }
        var found = try Verifier(self, replaying: kinds, progress: progress).run()
        for problem in try pages.value() { found.note(problem) }
        let note = FolderLock.note(in: LocalFileSystem.parent(of: path))
        if let problem = WALNote.problem(wal: path + "-wal", note, files) { found.note(problem) }
        return found
    }
}
