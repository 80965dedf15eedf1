import ArgumentParser
import Engine
import Entities
import Foundation
import Journal
import Primitives

struct JournalRestore: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "restore",
        abstract: "Make a new node's folder from the backup of a node or of a cluster.",
        discussion: """
            The node that starts on the folder is a cluster of one, with a UUID of its own: it does not know the nodes that the backup \
            came from, and they do not know it. Other nodes join it with empty folders, and are filled by it.

            What the backup holds comes back with its revisions, its times and its request ids. With --until, each shard comes back as \
            it was then.
            """)

    @Option(
        help: ArgumentHelp("The backup of a node or a cluster, or a stopped node's journal.db.", valueName: "path"),
        completion: .file())
    var from: String

    @Option(help: ArgumentHelp("The folder to make; if it is there, it must be empty.", valueName: "dir"), completion: .directory)
    var data: String

    @Option(help: ArgumentHelp("Refuse a backup of any other cluster than this one.", valueName: "uuid"))
    var cluster: String?

    @Option(
        help: ArgumentHelp(
            "Leave out what was recorded later: 2026-03-01T12:00:00Z, or 10m for ten minutes ago (s, m, h, d).", valueName: "time"),
        transform: { try PastMoment($0, now: Date()).time })
    var until: WallTime?

    @Flag(help: "Restore even if the backup lacks shards, which then start empty.")
    var partial = false

    @OptionGroup var output: OutputOptions

    func run() throws {
        let folder = try NewFolder(data, for: "restore")
        let source = try BackupSource(from)
        let reader = source.reader
        defer { reader.close() }
        if let cluster, let found = try reader.identity().cluster?.description, found.lowercased() != cluster.lowercased() {
            throw CommandFailure(
                .refused, "other-cluster", "\(from) is of cluster \(found), not of \(cluster). Nothing was made.")
        }
        _ = try source.verify(quietly: output.json)
        var restoration = try Restoration(reader, until: until)
        guard partial || restoration.missing.isEmpty else {
            let list = restoration.missing.prefix(8).joined(separator: ", ")
            throw CommandFailure(
                .refused, "shards-missing",
                "the backup lacks \(restoration.missing.count) shards, of which its node held no replica: \(list)"
                    + "\(restoration.missing.count > 8 ? " …" : ""). Restore the backup of a node that held them all, or give "
                    + "--partial and start those shards empty.")
        }
        do {
            let bar = ProgressBar("restoring", .count("entries"), isQuiet: output.json)
            defer { bar.end() }
            let total = try reader.rowCountMax()
            try restoration.write(to: folder.draft) { bar.show($0, of: total) }
            try folder.moveIntoPlace()
        } catch {
            folder.discard()
            throw folder.explaining(error)
        }
        show(restoration.summary)
    }

    private func show(_ summary: Restoration.Summary) {
        guard !output.json else { return StandardOutput.json(summary) }
        StandardOutput.line("\(data): \(summary.entries) entries of \(summary.shards) shards, as cluster \(summary.cluster)")
        for shard in summary.missing { StandardOutput.line("\(shard) starts empty") }
        StandardOutput.line("Start it with: holdfast node --data \(data)")
    }
}
