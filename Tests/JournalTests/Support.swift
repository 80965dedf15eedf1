import CSQLite
import Consensus
import Foundation
import Engine
import Primitives
import Shards
import Testing

@testable import Journal

/// A folder that lives as long as its test.
final class Folder {
    let path: String

    init() {
        path = FileManager.default.temporaryDirectory.appendingPathComponent("journal-\(UUID().uuidString)").path
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    var file: String { path + "/journal.db" }
    func bytes(_ name: String = "journal.db") -> [UInt8]? {
        FileManager.default.contents(atPath: path + "/" + name).map { [UInt8]($0) }
    }
    func make() throws { try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true) }
    func put(_ bytes: [UInt8], _ name: String = "journal.db") throws {
        try make()
        try Data(bytes).write(to: URL(fileURLWithPath: path + "/" + name))
    }

    /// Runs SQL as somebody else would, with the journal closed or open.
    func sql(_ text: String) throws {
        let connection = try Connection(path: file, access: .readWrite)
        defer { connection.close() }
        try connection.execute(text)
    }

    /// All rows of a query, columns as text joined by `|`.
    func rows(_ query: String) throws -> [String] {
        let connection = try Connection(path: file, access: .readOnly)
        defer { connection.close() }
        let statement = try connection.prepare(query)
        var rows: [String] = []
        while try statement.step() {
            rows.append(
                (0..<sqlite3_column_count(statement.handle))
                    .map { statement.isNull($0) ? "NULL" : statement.text($0) }.joined(separator: "|"))
        }
        return rows
    }
}

/// Makes entries that follow each other.
struct LogMaker {
    var last = LogPoint.zero

    mutating func entry(_ term: UInt64, _ type: EntryType, _ payload: [UInt8]) -> Entry {
        let entry = Entry(
            following: last.checksum, term: Term(term), index: last.index.next, type: type, payload: payload)
        last = LogPoint(entry)
        return entry
    }

    mutating func record(_ record: EntryRecord, term: UInt64 = 1) -> Entry {
        entry(term, .record, record.encoded())
    }

    /// `count` increments of `entity` from `revision` on.
    mutating func increments(_ count: Int, of entity: String = "alice", from revision: UInt64 = 1, term: UInt64 = 1) -> [Entry] {
        (0..<count).map { record(.increment(entity, revision + UInt64($0)), term: term) }
    }
}

extension EntryRecord {
    static func increment(_ entity: String, _ revision: UInt64, request: RequestID? = nil) -> EntryRecord {
        EntryRecord(
            entity: Array(entity.utf8), firstRevision: revision, events: Array(#"[{"incremented":{"by":10}}]"#.utf8),
            request: request, fingerprint: 0xFFFF_0000_1234_5678, reply: Array("\(revision * 10)".utf8),
            recordedAt: WallTime(milliseconds: 1_700_000_000_123))
    }
}

let group1 = GroupID(1)
let voters = Configuration(voters: [NodeID(1), NodeID(2), NodeID(3)])

func descriptor(_ number: UInt32 = 1, kind: String = "counter") -> GroupDescriptor {
    GroupDescriptor(group: GroupID(number), kind: kind, number: Int(number) - 1, configuration: voters)
}

func batch(_ fill: (inout WriteBatch) -> Void) -> WriteBatch {
    var batch = WriteBatch()
    fill(&batch)
    return batch
}

extension JournalFile {
    /// Opens and recovers, in one go.
    static func opened(_ folder: Folder, _ options: JournalOptions = JournalOptions()) throws -> (JournalFile, Recovery) {
        let file = try JournalFile.open(directory: folder.path, options: options)
        return (file, try file.recover())
    }

    /// A journal with group 1 in term 1.
    static func withGroup(_ folder: Folder, _ options: JournalOptions = JournalOptions()) throws -> JournalFile {
        let (file, _) = try opened(folder, options)
        try file.write(
            batch {
                $0.createGroup(descriptor())
                $0.hardState(group1, term: Term(1), vote: NodeID(1))
            })
        return file
    }
}

func checkpoint(_ entry: Entry, _ configuration: Configuration = voters) -> (SnapshotPoint, ShardCheckpoint) {
    (
        SnapshotPoint(index: entry.index, term: entry.term, checksum: entry.checksum, configuration: configuration),
        ShardCheckpoint(
            index: entry.index, term: entry.term, checksum: entry.checksum, forgottenOpened: .min,
            keysForgottenThrough: .zero, meta: [])
    )
}

/// The error that `body` throws, nil if it throws none.
func journalError(_ body: () throws -> Void) -> JournalError? {
    do {
        try body()
        return nil
    } catch {
        return error as? JournalError
    }
}
