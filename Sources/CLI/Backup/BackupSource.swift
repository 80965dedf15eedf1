import Engine
import Foundation
import Journal
import Primitives

/// What a restore, an export or a check reads: one journal as a file, or a cluster's backup as a folder.
struct BackupSource {
    let path: String
    let reader: JournalReader
    /// Nil for a single journal.
    let manifest: BackupManifest?

    /// - Parameter path: a file, or the folder of a cluster's backup.
    init(_ path: String) throws {
        var isFolder: ObjCBool = false
        guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) else {
            throw CommandFailure.noSuchThing("there is no \(path); `holdfast journal backup` and `holdfast cluster backup` make backups")
        }
        if isFolder.boolValue { try self.init(folder: path) } else { try self.init(file: path) }
    }

    private init(file: String) throws {
        path = file
        reader = try JournalReader(file: file)
        manifest = nil
    }

    init(folder: String) throws {
        if !FileManager.default.fileExists(atPath: folder + "/" + BackupManifest.name),
            FileManager.default.fileExists(atPath: folder + "/journal.db")
        {
            throw CommandFailure.usage(
                "\(folder) is a node's folder and no backup: make one with `holdfast journal backup --data \(folder) --to FILE`, or, with the "
                    + "node stopped, name \(folder)/journal.db")
        }
        let manifest = try BackupManifest(folder: folder)
        path = folder + "/" + manifest.file
        self.manifest = manifest
        let size = (try? FileManager.default.attributesOfItem(atPath: path)[.size] as? Int) ?? nil
        guard let size else {
            throw CommandFailure(.journal, "corrupt", "\(path) is missing, and with it the backup. Nothing was made; try another one.")
        }
        guard size == manifest.fileBytes else {
            throw CommandFailure(
                .journal, "corrupt",
                "\(path) has \(size) bytes and had \(manifest.fileBytes) when the backup was made: it is "
                    + "\(size < manifest.fileBytes ? "cut short" : "not the same file"). Nothing was made; try another backup.")
        }
        reader = try JournalReader(file: path)
    }

    /// Reads all of it, and compares it with the manifest.
    /// - Throws: 74 for what cannot be trusted, with the first thing that is wrong.
    func verify(quietly isQuiet: Bool) throws -> Verification {
        let bar = ProgressBar("verifying", .count("entries"), isQuiet: isQuiet)
        defer { bar.end() }
        let total = try reader.rowCountMax()
        let found = try reader.verify(replaying: Verification.kinds) { bar.show($0, of: total) }
        guard found.isSound else { throw damaged(found.problems[0]) }
        guard let manifest else { return found }
        let identity = try reader.identity()
        guard identity.cluster?.description == manifest.cluster else {
            throw damaged(
                "it belongs to cluster \(identity.cluster?.description ?? "none"), and its manifest to \(manifest.cluster)")
        }
        var held: [GroupID: LogIndex] = [:]
        for shard in try reader.shards() { held[shard.group] = shard.lastIndex }
        for shard in manifest.shards {
            let (group, index) = (GroupID(shard.group), LogIndex(shard.index))
            guard held[group] == index else {
                throw damaged("\(shard.shard) ends at entry \(held[group] ?? .zero), and by the manifest at \(shard.index)")
            }
            guard index > .zero else { continue }
            let digest = try reader.digest(group, from: index, through: index, bytesMax: 1)
            guard BackupManifest.text(of: digest.checksum) == shard.checksum else {
                throw damaged("entry \(shard.index) of \(shard.shard) is not the one that the manifest names")
            }
        }
        return found
    }

    private func damaged(_ problem: String) -> CommandFailure {
        CommandFailure(
            .journal, "corrupt",
            "\(path) is damaged and was not used: \(problem). Nothing was made. Try another backup; `holdfast journal verify --from` lists "
                + "everything that is wrong with this one.")
    }
}
