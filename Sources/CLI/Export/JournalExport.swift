import ArgumentParser
import Consensus
import Directory
import Engine
import Foundation
import Gateway
import Journal
import Primitives
import Shards

struct JournalExport: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "export",
        abstract: "Write everything that a journal or a backup holds of the entities as JSON lines.",
        discussion: """
            One entry a line, with its shard, index and time; `JournalFormat.md` describes the lines. A running node's export is as of one \
            moment. `holdfast journal import` makes a new cluster of it.
            """)

    @Option(help: ArgumentHelp("The node's folder.", valueName: "dir"), completion: .directory)
    var data: String?

    @Option(help: ArgumentHelp("The backup of a node or a cluster.", valueName: "path"), completion: .file())
    var from: String?

    @Option(help: ArgumentHelp("The file to make. Without it, standard output.", valueName: "file"), completion: .file())
    var to: String?

    @OptionGroup var output: OutputOptions

    func validate() throws {
        guard (data == nil) != (from == nil) else { throw ValidationError("name one of --data DIR and --from BACKUP.") }
    }

    func run() throws {
        let reader = try data.map { try JournalReader(directory: $0) } ?? BackupSource(from!).reader
        defer { reader.close() }
        let sink = try LineSink(path: to)
        do {
            let bar = ProgressBar("exporting", .count("entries"), isQuiet: output.json)
            defer { bar.end() }
            let entries = try Self.write(reader, to: sink, bar)
            guard let to else { return }
            bar.end()
            if output.json {
                StandardOutput.json(Exported(path: to, entries: entries, lines: sink.lines))
            } else {
                StandardOutput.line("\(to): \(entries) entries in \(sink.lines) lines")
            }
        } catch {
            sink.discard()
            throw error
        }
    }

    private struct Exported: Encodable {
        var path: String
        var entries: Int
        var lines: Int
    }

    /// Entries read at once.
    private static let batchBytes = 1 << 20

    private static func write(_ reader: JournalReader, to sink: LineSink, _ bar: ProgressBar) throws -> Int {
        let directory = try OldDirectory(reader).state
        let total = try reader.rowCountMax()
        try sink.write(
            ExportLine.Header(
                cluster: try reader.identity().cluster?.description ?? "",
                exportedAt: Timestamp.iso8601(milliseconds: Int64(Date().timeIntervalSince1970 * 1_000)),
                kinds: directory.kinds.sorted { $0.firstGroup < $1.firstGroup }.map {
                    ExportLine.Header.Kind(name: $0.name, shards: $0.shards, replication: $0.replication)
                }))
        var entries = 0
        for shard in try reader.shards() where shard.group != .directory {
            var next = shard.firstIndex
            if next > LogIndex(1), let checkpoint = try reader.checkpoint(of: shard.group) {
                var line = ExportLine.Body(
                    shard: shard.shard, index: checkpoint.point.index.rawValue, term: checkpoint.point.term.rawValue, type: "checkpoint")
                line.data = Data(checkpoint.state.encoded()).base64EncodedString()
                try sink.write(line)
                next = checkpoint.point.index.next
            }
            while next <= shard.lastIndex {
                let read = try reader.entries(shard.group, from: next, through: shard.lastIndex, bytesMax: batchBytes).entries
                guard let last = read.last else { break }
                for entry in read { try sink.write(ExportLine.Body(entry, of: shard.shard)) }
                entries += read.count
                bar.show(Int64(entries), of: total)
                next = last.index.next
            }
        }
        try sink.finish()
        return entries
    }
}
