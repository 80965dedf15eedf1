import ArgumentParser
import Engine
import Journal
import Primitives

struct JournalStatus: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "status",
        abstract: "Show whose file it is and how far each shard's log goes.",
        discussion: "COMMITTED is at most a second behind a running node; entities are stored as of CHECKPOINT.")

    @OptionGroup var journal: JournalPlace
    @OptionGroup var output: OutputOptions

    func run() throws {
        let reader = try JournalReader(directory: journal.data)
        defer { reader.close() }
        let report = Report(path: reader.path, identity: try reader.identity(), shards: try reader.shards())
        if output.json { StandardOutput.json(report) } else { report.print() }
    }

    private struct Report: Encodable {
        var path: String
        var file: String
        var cluster: String?
        var node: UInt32?
        var name: String?
        var startCounter: UInt64
        var shards: [Shard]

        struct Shard: Encodable {
            var shard: String
            var term: UInt64
            var vote: UInt32?
            var first: UInt64
            var last: UInt64
            var commit: UInt64
            var checkpoint: UInt64
        }

        init(path: String, identity: FileIdentity, shards: [ShardStatus]) {
            self.path = path
            file = identity.file.description
            cluster = identity.cluster?.description
            node = identity.node?.rawValue
            name = identity.name
            startCounter = identity.starts.count
            self.shards = shards.map { shard in
                Shard(
                    shard: shard.shard, term: shard.term.rawValue, vote: shard.vote?.rawValue,
                    first: shard.firstIndex.rawValue, last: shard.lastIndex.rawValue,
                    commit: shard.commitIndex.rawValue, checkpoint: shard.checkpointIndex.rawValue)
            }
        }

        func print() {
            StandardOutput.line("journal  \(path)")
            StandardOutput.line("file     \(file), opened \(startCounter) \(startCounter == 1 ? "time" : "times")")
            StandardOutput.line("cluster  \(cluster ?? "none yet")")
            StandardOutput.line("node     \(node.map { "\($0)" } ?? "none yet")\(name.map { " (\($0))" } ?? "")")
            StandardOutput.line("")
            var table = TextTable(
                ("SHARD", .left), ("TERM", .right), ("FIRST", .right), ("LAST", .right), ("COMMITTED", .right),
                ("CHECKPOINT", .right))
            for shard in shards {
                table.add(
                    shard.shard, "\(shard.term)", "\(shard.first)", "\(shard.last)", "\(shard.commit)",
                    "\(shard.checkpoint)")
            }
            table.print()
        }
    }
}
