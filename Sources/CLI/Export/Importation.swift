import Consensus
import Directory
import Engine
import Foundation
import JSON
import Journal
import Primitives
import Shards

/// Writes a new journal from the lines of an export, checking each as far as it can be.
struct Importation {
    struct Summary: Encodable {
        var cluster = ""
        var shards = 0
        var entries = 0
    }

    private let name: String
    private(set) var summary = Summary()
    private var directory = DirectoryState()
    private var shard: Open?
    private var done: Set<String> = []

    /// The shard whose lines are being read.
    private struct Open {
        var record: ShardRecord
        var kind: KindRecord
        var log = NewLog(configuration: NewCluster.alone)
        var term = Term.zero
        var batch = WriteBatch()
        /// The next revision of each entity seen; of others any is taken if a checkpoint stands before them.
        var revisions: [[UInt8]: UInt64] = [:]
        var hasCheckpoint = false
    }

    private static let batchBytes = 4 << 20

    init(name: String) { self.name = name }

    /// - Parameter folder: must not be there yet.
    mutating func write(_ lines: inout LineSource, to folder: String, progress: (Int64) -> Void) throws {
        let kinds = try header(&lines)
        try NewCluster.make(in: folder) { file, cluster in
            summary.cluster = cluster.description
            do {
                directory = try NewCluster.write(to: file, cluster, kinds: kinds)
            } catch let refusal as DirectoryRefusal {
                throw broken(lines, refusal.message)
            }
            try body(&lines, file, progress)
        }
    }

    private mutating func body(_ lines: inout LineSource, _ file: JournalFile, _ progress: (Int64) -> Void) throws {
        while true {
            guard let line = try lines.next() else {
                throw CommandFailure(
                    .journal, "corrupt", "\(name) is cut short: line \(lines.number) is its last one, and no line says that it is the end. "
                        + "Nothing was made.")
            }
            if lines.number % 4_096 == 0 { progress(lines.bytesRead) }
            if let end = try? JSON.decode(ExportLine.End.self, from: line) { return try finish(end, &lines, file) }
            do {
                let body: ExportLine.Body
                do throws(JSONError) { body = try JSON.decode(ExportLine.Body.self, from: line) } catch {
                    throw BrokenLine("\(error)")
                }
                try take(body, file)
            } catch let reason as BrokenLine {
                throw broken(lines, reason.reason)
            }
        }
    }

    private func broken(_ lines: LineSource, _ reason: String) -> CommandFailure {
        CommandFailure(.journal, "corrupt", "line \(lines.number) of \(name) cannot be used: \(reason). Nothing was made.")
    }

    private func header(_ lines: inout LineSource) throws -> [KindRecord] {
        guard let line = try lines.next() else {
            throw CommandFailure(.journal, "corrupt", "\(name) is empty: `holdfast journal export` makes an export. Nothing was made.")
        }
        guard let value = try? JSONValue.parse(line), value["holdfast"]?.string == "export" else {
            throw broken(lines, "the first line of an export says so")
        }
        if let format = value["format"]?.integer, format > ExportLine.newestFormat {
            throw CommandFailure(
                .journal, "newerVersion",
                "\(name) was written by a newer version of Holdfast: format \(format), and this one knows \(ExportLine.newestFormat). "
                    + "Nothing was made. Install that version.")
        }
        do throws(JSONError) {
            var first: UInt32 = 1
            return try JSON.decode(ExportLine.Header.self, from: line).kinds.map { kind in
                defer { first &+= UInt32(clamping: kind.shards) }
                return KindRecord(name: kind.name, shards: kind.shards, replication: kind.replication, firstGroup: GroupID(first))
            }
        } catch {
            throw broken(lines, "\(error)")
        }
    }

    // MARK: Shards

    private mutating func take(_ body: ExportLine.Body, _ file: JournalFile) throws {
        if shard?.record.name != body.shard { try open(body.shard, file) }
        guard shard != nil else { return }
        guard body.term >= shard!.term.rawValue, body.term <= UInt64(Int64.max) else {
            throw BrokenLine("term \(body.term) comes after term \(shard!.term)")
        }
        shard!.term = Term(body.term)
        if body.type == "checkpoint" { return try begin(body) }
        guard body.index == shard!.log.next.rawValue else {
            throw BrokenLine("entry \(body.index) of \(body.shard) comes where \(shard!.log.next) should be")
        }
        let (type, payload) = try entry(body)
        shard!.batch.append(shard!.record.group, [shard!.log.append(term: Term(body.term), type, payload)])
        summary.entries += 1
        if shard!.batch.payloadBytes >= Self.batchBytes { try write(file) }
    }

    private mutating func entry(_ body: ExportLine.Body) throws -> (EntryType, [UInt8]) {
        switch body.type {
        case "empty": return (.empty, [])
        case "configuration": return (.configuration, [])
        case "opaque":
            guard let data = body.data.flatMap({ Data(base64Encoded: $0) }) else { throw BrokenLine("an opaque entry has data in base64") }
            return (.record, Array(data))
        case "record":
            let record = try body.record()
            guard shard!.kind.shard(of: record.entity) == shard!.record.number else {
                throw BrokenLine("the entity “\(body.entity ?? "")” does not belong to \(body.shard)")
            }
            let count = (try? JSON.decode([JSONText].self, from: record.events).count) ?? 0
            let expected = shard!.revisions[record.entity] ?? (shard!.hasCheckpoint ? record.firstRevision : 1)
            guard count == 0 || record.firstRevision == expected else {
                throw BrokenLine("revision \(record.firstRevision) of “\(body.entity ?? "")” comes where \(expected) should be")
            }
            let (next, overflow) = record.firstRevision.addingReportingOverflow(UInt64(count))
            guard !overflow else { throw BrokenLine("revision \(record.firstRevision) is out of range") }
            if count > 0 { shard!.revisions[record.entity] = next }
            return (.record, record.encoded())
        default: throw BrokenLine("there is no type “\(body.type)”")
        }
    }

    private mutating func open(_ name: String, _ file: JournalFile) throws {
        try write(file)
        guard let record = directory.shards.first(where: { $0.name == name }),
            let kind = directory.kinds.first(where: { $0.name == record.kind })
        else { throw BrokenLine("the first line names no shard “\(name)”") }
        guard done.insert(name).inserted else { throw BrokenLine("the lines of \(name) do not stand together") }
        shard = Open(record: record, kind: kind)
        shard!.batch.createGroup(Self.descriptor(record))
        summary.shards += 1
    }

    private static func descriptor(_ record: ShardRecord) -> GroupDescriptor {
        GroupDescriptor(group: record.group, kind: record.kind, number: record.number, configuration: NewCluster.alone)
    }

    private mutating func begin(_ body: ExportLine.Body) throws {
        guard shard!.log.next == LogIndex(1), body.index > 0, body.index < UInt64(Int64.max) else {
            throw BrokenLine("a checkpoint comes before all entries of its shard")
        }
        guard let data = body.data.flatMap({ Data(base64Encoded: $0) }), var state = try? ShardCheckpoint(encoded: Array(data)),
            state.index.rawValue == body.index
        else { throw BrokenLine("the checkpoint of \(body.shard) cannot be read") }
        // What came before is gone: the chain begins here.
        state.checksum = 0
        let point = SnapshotPoint(index: LogIndex(body.index), term: Term(body.term), checksum: 0, configuration: NewCluster.alone)
        let moved = shard!.log.begin(after: WholeCheckpoint(point: point, state: state))
        shard!.hasCheckpoint = true
        shard!.batch.hardState(shard!.record.group, term: point.term, vote: nil)
        shard!.batch.installSnapshot(shard!.record.group, at: moved.point, moved.state)
    }

    private mutating func write(_ file: JournalFile) throws {
        guard shard != nil, !shard!.batch.isEmpty else { return }
        let (group, last) = (shard!.record.group, shard!.log.next.previous)
        shard!.batch.hardState(group, term: shard!.term, vote: nil)
        if last > .zero { shard!.batch.commit(group, last) }
        try file.write(shard!.batch)
        shard!.batch.removeAll()
    }

    private mutating func finish(_ end: ExportLine.End, _ lines: inout LineSource, _ file: JournalFile) throws {
        guard end.lines == lines.number - 1 else {
            throw broken(lines, "it closes \(end.lines) lines, and there are \(lines.number - 1): the file is not whole")
        }
        let digest = BackupManifest.text(of: lines.digestBefore)
        guard end.digest == nil || end.digest == digest else {
            throw broken(
                lines, "its digest is \(end.digest!), and that of the lines \(digest): the file is damaged, or was changed by hand; "
                    + "then leave “digest” out")
        }
        try write(file)
        for record in directory.shards where !done.contains(record.name) {
            var batch = WriteBatch()
            batch.createGroup(Self.descriptor(record))
            try file.write(batch)
        }
        if try lines.next() != nil { throw broken(lines, "something comes after the last line") }
    }
}
