import ArgumentParser
import Engine
import Foundation
import Journal
import Node
import Primitives

struct ClusterBackup: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "backup",
        abstract: "Copy all shards of a running cluster, as of one moment, and verify the copy.",
        discussion: """
            All shards are held still for some milliseconds; commands wait meanwhile. What was answered before that moment is in the backup, \
            what was sent after it is not, whichever shards it touched. The entries are then copied while the cluster goes on, from followers \
            where it can be.

            The folder holds manifest.json and shards.db, a journal that `holdfast journal` and sqlite3 read. \
            `holdfast journal restore --from` the folder makes a new cluster of it.
            """)

    @Option(help: ArgumentHelp("The folder to make; if it is there, it must be empty.", valueName: "dir"), completion: .directory)
    var to: String

    @OptionGroup var cluster: ClusterOptions
    @OptionGroup var output: OutputOptions

    func run() async throws {
        let folder = try NewFolder(to, for: "backup")
        do {
            let manifest = try await cluster.withCluster { try await make(folder, from: $0) }
            show(manifest)
        } catch {
            folder.discard()
            throw folder.explaining(error)
        }
    }

    private func make(_ folder: NewFolder, from cluster: Cluster) async throws -> BackupManifest {
        let cut = try await ClusterCut.take(of: cluster, within: self.cluster.limit)
        // Not before: while shards are held, callers wait for this process.
        Politeness.giveWay()
        let time = ISO8601DateFormatter().string(from: Date())
        let bar = ProgressBar("copying", .count("entries"), isQuiet: output.json)
        defer { bar.end() }
        let file = try JournalFile.open(directory: folder.draft)
        do {
            _ = try file.recover()
            var copy = ClusterCopy(of: cluster, at: cut, progress: bar)
            try await copy.write(to: file)
            try file.close()
        } catch {
            try? file.close()
            throw error
        }
        let path = folder.draft + "/" + BackupManifest.journalName
        try DurableFile.rename(folder.draft + "/journal.db", to: path)
        try? FileManager.default.removeItem(atPath: folder.draft + "/lock")
        try JournalReader.makeSingleFile(path)
        let size = try FileManager.default.attributesOfItem(atPath: path)[.size] as? Int ?? 0
        let manifest = BackupManifest(
            cluster: cut.cluster.description, takenAt: time, heldMilliseconds: cut.heldMilliseconds, fileBytes: size,
            shards: cut.shards.map { shard in
                BackupManifest.Shard(
                    shard: shard.name, group: shard.group.rawValue, index: shard.point.index.rawValue,
                    term: shard.point.term.rawValue, checksum: BackupManifest.text(of: shard.point.checksum))
            })
        try manifest.write(to: folder.draft)
        bar.end()
        // What is written is read again, in the way in which a restore will read it.
        let backup = try BackupSource(folder: folder.draft)
        defer { backup.reader.close() }
        _ = try backup.verify(quietly: output.json)
        try folder.moveIntoPlace()
        return manifest
    }

    private func show(_ manifest: BackupManifest) {
        guard !output.json else { return StandardOutput.json(manifest) }
        let entries = manifest.shards.reduce(UInt64(0)) { $0 &+ $1.index }
        StandardOutput.line(
            "\(to): \(manifest.shards.count) shards of cluster \(manifest.cluster) at entry \(entries) in all, verified; "
                + "held still for \(manifest.heldMilliseconds) ms")
        StandardOutput.line("Bring it back with: holdfast journal restore --from \(to) --data NEW-FOLDER")
    }
}
