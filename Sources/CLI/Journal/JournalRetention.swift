import ArgumentParser
import Journal
import Primitives

struct JournalRetention: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "retention",
        abstract: "Show how much history each shard holds, and what keeping less would give up.",
        discussion: """
            A node keeps the whole history unless it is told otherwise: `holdfast node --retain N` keeps N entries of each shard behind its newest \
            checkpoint. What is older is given up once a majority of the shard's replicas has a checkpoint that stands for it; entities' \
            states, request ids and revisions stay, their older events do not. `holdfast journal compact` then makes the file smaller.
            """)

    @Option(help: ArgumentHelp("Count what this many entries kept would give up.", valueName: "n"))
    var keep: UInt64?

    @OptionGroup var journal: JournalPlace
    @OptionGroup var output: OutputOptions

    func run() throws {
        let reader = try JournalReader(directory: journal.data)
        defer { reader.close() }
        let shards = try reader.shards().map { Line($0, keep: keep) }
        let space = try reader.space()
        if output.json {
            for line in shards { StandardOutput.json(line) }
            return
        }
        var table = TextTable(
            ("SHARD", .left), ("FIRST", .right), ("LAST", .right), ("HELD", .right), ("CHECKPOINT", .right), ("WOULD GO", .right))
        for line in shards {
            table.add(
                line.shard, "\(line.first)", "\(line.last)", "\(line.held)", "\(line.checkpoint)", line.wouldGo.map { "\($0)" } ?? "")
        }
        table.print()
        StandardOutput.line("")
        StandardOutput.line(
            "The file has \(ProgressBar.grouped(Int64(space.bytes >> 20))) MiB, of which \(ProgressBar.grouped(Int64(space.freeBytes >> 20))) MiB are free for use.")
    }

    private struct Line: Encodable {
        var shard: String
        var first: UInt64
        var last: UInt64
        var held: UInt64
        var checkpoint: UInt64
        /// Entries that would be given up; nil if it was not asked.
        var wouldGo: UInt64?

        enum CodingKeys: String, CodingKey {
            case shard, first, last, held, checkpoint
            case wouldGo = "would_go"
        }

        init(_ status: ShardStatus, keep: UInt64?) {
            shard = status.shard
            first = status.firstIndex.rawValue
            last = status.lastIndex.rawValue
            held = last >= first ? last - first + 1 : 0
            checkpoint = status.checkpointIndex.rawValue
            guard let keep else { return }
            let newest = status.commitIndex.rawValue
            let limit = min(checkpoint, newest > keep ? newest - keep : 0)
            wouldGo = limit >= first ? limit - first + 1 : 0
        }
    }
}
