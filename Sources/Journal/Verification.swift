import Engine
import Primitives

/// What a look at every row of a journal has found.
public struct Verification: Hashable, Sendable {
    public var entries: Int64 = 0
    public var groups = 0
    public var entities: Int64 = 0
    public var sessions: Int64 = 0
    public var keys: Int64 = 0
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

/// Reads a whole journal: takes every checksum again from the columns, follows every group's chain from its first entry to its
/// last, and compares the index of positions with the rows.
///
/// Works on one read transaction: a node may write meanwhile, what it adds is not looked at.
final class Verifier {
    private let reader: JournalReader
    private var found = Verification()
    private let progress: (Int64) -> Void

    /// One replica's chain on the way through the file.
    private struct Chain {
        var name: String
        /// Nil until the first entry that counts.
        var last: LogPoint?
        var first: LogIndex
        var before: LogPoint
        var base: LogPoint
        var commit: LogIndex
        /// After damage: nothing more is said of this chain's links.
        var isBroken = false
    }

    private var chains: [Int64: Chain] = [:]
    private var order: [Int64] = []
    /// Rows up to the last flush of positions, per replica, less those that segments list: 0 in the end.
    private var unlisted: [Int64: Int] = [:]

    init(_ reader: JournalReader, progress: @escaping (Int64) -> Void) {
        self.reader = reader
        self.progress = progress
    }

    /// - Throws: only if the file cannot be read at all; what is wrong in it is listed.
    func run() throws(JournalError) -> Verification {
        try reader.reading { () throws(JournalError) in
            try checkStructure()
            try readGroups()
            try readJournal()
            checkEnds()
            try checkSegments()
            try checkState()
        }
        return found
    }

    /// SQLite's own look at its pages: it finds what no checksum of ours covers.
    private func checkStructure() throws(JournalError) {
        let row = try reader.connection.prepare("PRAGMA quick_check(\(Verification.problemsMax))")
        while try row.step() {
            let line = row.text(0)
            if line != "ok" { found.note("SQLite: \(line)") }
        }
    }

    private func readGroups() throws(JournalError) {
        let row = reader.statements.groups
        while try row.step() {
            let group: Replica
            do throws(JournalError) {
                group = try GroupRow.read(row, path: reader.path)
            } catch {
                found.note(error)
                continue
            }
            guard let replica = group.replica else { continue }
            found.groups += 1
            do throws(JournalError) {
                let base = LogPoint(try reader.checkpointRow(replica).point)
                order.append(replica)
                chains[replica] = Chain(
                    name: group.descriptor.shardName, first: group.first, before: group.beforeFirst, base: base,
                    commit: group.commit)
            } catch {
                found.note(error)
            }
        }
    }

    private func readJournal() throws(JournalError) {
        let flushed = try FileRow.read(reader.connection).flushedThrough
        let row = try reader.connection.prepare("SELECT \(JournalRow.columns), position FROM journal ORDER BY position")
        while try row.step() {
            found.entries += 1
            if row.integer(16) <= flushed { unlisted[row.integer(0), default: 0] += 1 }
            if found.entries % 65_536 == 0 { progress(found.entries) }
            let replica = row.integer(0)
            // Rows of replicas that are retired wait for their deletion and mean nothing.
            guard let chain = chains[replica], LogIndex(row.unsigned(1)) >= chain.first else { continue }
            follow(row, replica, chain)
        }
        progress(found.entries)
    }

    private func follow(_ row: Statement, _ replica: Int64, _ chain: Chain) {
        let place = "row \(row.integer(16)), entry \(row.unsigned(1)) of \(chain.name)"
        let previous = chain.last ?? chain.before
        guard let entry = JournalRow.entry(row) else {
            found.note("\(place): its columns hold no entry")
            chains[replica]?.isBroken = true
            return
        }
        if !chain.isBroken {
            if entry.index != previous.index.next {
                found.note("\(place): entry \(previous.index.next) should be there")
                chains[replica]?.isBroken = true
            } else if !entry.follows(previous.checksum) {
                found.note("\(place): its checksum is wrong")
                chains[replica]?.isBroken = true
            } else if entry.term < previous.term {
                found.note("\(place): its term \(entry.term) is older than \(previous.term) before it")
            }
        }
        if entry.index == chain.base.index, LogPoint(entry) != chain.base {
            found.note("\(place): it is not the entry that the checkpoint names")
        }
        chains[replica]?.last = LogPoint(entry)
    }

    private func checkEnds() {
        for replica in order {
            guard let chain = chains[replica], !chain.isBroken else { continue }
            let end = chain.last?.index ?? chain.before.index
            if end < max(chain.base.index, chain.commit) {
                found.note(
                    "\(chain.name) ends at entry \(end); its checkpoint is at \(chain.base.index), its commit index \(chain.commit)")
            }
        }
    }

    /// Every position that a segment names must hold the entry that it names.
    private func checkSegments() throws(JournalError) {
        let row = try reader.connection.prepare(
            "SELECT replica, log_index, entity FROM journal WHERE position = ?1")
        let segments = try reader.connection.prepare(Segment.select + " ORDER BY id")
        while try segments.step() {
            let segment: Segment
            do throws(JournalError) {
                segment = try Segment(segments, path: reader.path)
            } catch {
                found.note(error)
                continue
            }
            unlisted[segment.replica, default: 0] -= segment.positions.count
            for (offset, position) in segment.positions.enumerated() {
                row.bind(1, position)
                let isThere = try row.step()
                let hash = isThere && !row.isNull(2) ? JournalRow.entityHash(row.borrowed(2)) : 0
                let isRight =
                    isThere && row.integer(0) == segment.replica
                    && row.unsigned(1) == (segment.first + offset).rawValue && hash == segment.hashes[offset]
                if isThere { row.reset() }
                if !isRight {
                    found.note("segment \(segment.id): row \(position) is not entry \(segment.first + offset) of replica \(segment.replica)")
                    break
                }
            }
        }
        for (replica, count) in unlisted.sorted(by: { $0.key < $1.key }) where count != 0 {
            found.note("replica \(replica): rows and segments differ by \(count)")
        }
    }

    private func checkState() throws(JournalError) {
        for replica in order {
            found.entities += try count(StateRows.entityColumns, "entities", replica) { row throws(JournalError) in
                _ = try StateRows.entity(row, replica, path: reader.path)
            }
            found.sessions += try count(StateRows.sessionColumns, "sessions", replica) { row throws(JournalError) in
                _ = try StateRows.session(row, path: reader.path)
            }
            found.keys += try count(StateRows.keyColumns, "request_keys", replica) { row throws(JournalError) in
                _ = try StateRows.key(row, replica, path: reader.path)
            }
        }
    }

    private func count(
        _ columns: String, _ table: String, _ replica: Int64, _ check: (Statement) throws(JournalError) -> Void
    ) throws(JournalError) -> Int64 {
        var count: Int64 = 0
        let row = try reader.connection.prepare("SELECT \(columns) FROM \(table) WHERE replica = \(replica)")
        while try row.step() {
            count += 1
            do throws(JournalError) {
                try check(row)
            } catch {
                found.note(error)
            }
        }
        return count
    }
}

extension JournalReader {
    /// Looks at every row of the file and takes every checksum again, those of the write-ahead log as well.
    /// - Parameter progress: called now and then with the number of entries read.
    /// - Throws: only if the file cannot be read; what is wrong in it is listed in the answer.
    public func verify(progress: @escaping (Int64) -> Void = { _ in }) throws(JournalError) -> Verification {
        var found = try Verifier(self, progress: progress).run()
        let note = FolderLock.note(in: LocalFileSystem.parent(of: path))
        if let problem = WALNote.problem(wal: path + "-wal", note, files) { found.note(problem) }
        return found
    }
}
