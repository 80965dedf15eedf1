import Foundation
import JSON
import Migrations
import Primitives

/// `manifest.json` of a cluster's backup: what is in it, and how to know that it is whole.
struct BackupManifest: Codable, Hashable {
    /// Of this description; a program that knows only lower ones refuses the backup.
    var format = Self.newestFormat
    /// The version of the journal's schema.
    var schema = Migrations.newest
    var cluster: String
    /// ISO 8601, UTC.
    var takenAt: String
    /// For how long the cluster took no commands.
    var heldMilliseconds: Int64
    /// The journal with all shards, beside this file.
    var file = Self.journalName
    var fileBytes: Int
    var shards: [Shard]

    /// One shard as of the cut.
    struct Shard: Codable, Hashable {
        var shard: String
        var group: UInt32
        /// The last entry in the backup.
        var index: UInt64
        var term: UInt64
        /// The chained checksum at `index`, 16 hexadecimal digits: equal ones mean equal histories.
        var checksum: String
    }

    static let newestFormat = 1
    static let name = "manifest.json"
    static let journalName = "shards.db"

    enum CodingKeys: String, CodingKey {
        case format, schema, cluster, file, shards
        case takenAt = "taken_at"
        case heldMilliseconds = "held_milliseconds"
        case fileBytes = "file_bytes"
    }

    static func text(of checksum: UInt64) -> String {
        let digits = String(checksum, radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }

    /// Reads the manifest of a backup's folder.
    init(folder: String) throws(CommandFailure) {
        let path = folder + "/" + Self.name
        guard let bytes = FileManager.default.contents(atPath: path) else {
            throw .noSuchThing("\(folder) is no backup of a cluster: there is no \(Self.name) in it. `holdfast cluster backup` makes one")
        }
        let known: Self
        do throws(JSONError) {
            // The format first: a newer manifest may have other fields.
            let format = try JSONValue.parse([UInt8](bytes))["format"]?.integer ?? 0
            known = format > Self.newestFormat ? Self(newer: Int(clamping: format)) : try JSON.decode(Self.self, from: [UInt8](bytes))
        } catch {
            throw CommandFailure(.journal, "corrupt", "\(path) is damaged or cut short: \(error). Nothing was made; try another backup.")
        }
        self = known
        if format > Self.newestFormat { throw .newerBackup(folder, "format \(format)", "\(Self.newestFormat)") }
        guard format == 1, !file.contains("/"), !shards.isEmpty else {
            throw CommandFailure(.journal, "corrupt", "\(path) makes no sense. Nothing was made; try another backup.")
        }
        if schema > Migrations.newest { throw .newerBackup(folder, "schema \(schema)", "\(Migrations.newest)") }
    }

    /// Of which nothing but its format is known.
    private init(newer format: Int) {
        self.init(cluster: "", takenAt: "", heldMilliseconds: 0, fileBytes: 0, shards: [])
        self.format = format
    }

    init(cluster: String, takenAt: String, heldMilliseconds: Int64, fileBytes: Int, shards: [Shard]) {
        self.cluster = cluster
        self.takenAt = takenAt
        self.heldMilliseconds = heldMilliseconds
        self.fileBytes = fileBytes
        self.shards = shards
    }

    /// Writes the manifest for people to read as well, a shard a line, and flushes it.
    func write(to folder: String) throws {
        var lines = ["{", #"  "format": \#(format), "schema": \#(schema), "cluster": "\#(cluster)","#]
        lines.append(#"  "taken_at": "\#(takenAt)", "held_milliseconds": \#(heldMilliseconds),"#)
        lines.append(#"  "file": "\#(file)", "file_bytes": \#(fileBytes),"#)
        lines.append(#"  "shards": ["#)
        for (position, shard) in shards.enumerated() {
            lines.append("    " + String(decoding: try JSON.encode(shard), as: UTF8.self) + (position + 1 < shards.count ? "," : ""))
        }
        lines += ["  ]", "}"]
        try DurableFile.write(Array((lines.joined(separator: "\n") + "\n").utf8), to: folder + "/" + Self.name)
    }
}

extension CommandFailure {
    fileprivate static func newerBackup(_ path: String, _ found: String, _ known: String) -> CommandFailure {
        CommandFailure(
            .journal, "newerVersion",
            "\(path) was written by a newer version of Holdfast: \(found), and this one knows \(known). It was not touched. Install that version.")
    }
}
