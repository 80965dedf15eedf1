import ArgumentParser
import Entities
import Foundation
import Journal
import Shards

struct JournalVerify: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify",
        abstract: "Read a journal, a backup, or the journals of a whole cluster, and take every checksum again.",
        discussion: """
            With --data a node's journal, with --from a backup; the states of this program's kinds, which the view entity_states shows, are also made anew \
            from their events and compared. With --connect every node of a running cluster reads its own journal, and each shard's replicas \
            are compared at an index that all of them have. The first difference is named.

            Exit code 74 if anything is wrong; 69 if nothing is wrong but a node could not be asked. `holdfast node repair` brings a damaged \
            node back from the others.
            """)

    @Option(help: ArgumentHelp("The node's folder.", valueName: "dir"), completion: .directory)
    var data: String?

    @Option(help: ArgumentHelp("The backup of a node or a cluster.", valueName: "path"), completion: .file())
    var from: String?

    @Flag(help: "With --connect: compare the newest entries' checksums only, which cover all before them, and read no more.")
    var quick = false

    @OptionGroup var cluster: ClusterOptions
    @OptionGroup var output: OutputOptions

    func validate() throws {
        let environment = ProcessInfo.processInfo.environment["HOLDFAST_CONNECT"] ?? ""
        let isCluster = !cluster.connect.isEmpty || (!environment.isEmpty && data == nil && from == nil)
        guard [data != nil, from != nil, isCluster].count(where: { $0 }) == 1 else {
            throw ValidationError("name one of --data DIR, --from BACKUP and --connect HOST:PORT.")
        }
    }

    func run() async throws {
        if let data { return try verify(try JournalReader(directory: data)) }
        if let from { return try verify(backup: from) }
        let report = try await cluster.withCluster { cluster in
            try await ClusterVerification(cluster, isQuick: quick, limit: self.cluster.limit, isQuiet: output.json).run()
        }
        if output.json { StandardOutput.json(report) } else { report.print() }
        try report.check()
    }

    private func verify(backup path: String) throws {
        let source = try BackupSource(path)
        guard source.manifest != nil else { return try verify(source.reader) }
        defer { source.reader.close() }
        let found = try source.verify(quietly: output.json)
        if output.json {
            StandardOutput.json(VerificationReport(found, path: source.path))
        } else {
            StandardOutput.line("sound, and as its manifest says: \(found.text)")
        }
    }

    private func verify(_ reader: JournalReader) throws {
        defer { reader.close() }
        let bar = ProgressBar("verifying", .count("entries"), isQuiet: output.json)
        let total = try reader.rowCountMax()
        let found = try reader.verify(replaying: Verification.kinds) { bar.show($0, of: total) }
        bar.end()
        if output.json {
            StandardOutput.json(VerificationReport(found, path: reader.path))
        } else {
            for problem in found.problems { StandardOutput.line(problem) }
            if found.isCut { StandardOutput.line("… and more") }
            if found.isSound { StandardOutput.line("sound: \(found.text)") }
        }
        guard found.isSound else {
            let count = "\(found.isCut ? "more than " : "")\(found.problems.count) \(found.problems.count == 1 ? "problem" : "problems")"
            throw CommandFailure(
                .journal, "corrupt",
                data.map {
                    "\(reader.path) is damaged: \(count). Stop the node and bring it back from the others: "
                        + "holdfast node repair --data \($0) --seed HOST:PORT. Without other nodes, restore a backup."
                } ?? "\(reader.path) is damaged: \(count). Use another backup.")
        }
    }
}

struct VerificationReport: Encodable {
    var path: String
    var sound: Bool
    var entries: Int64
    var shards: Int
    var entities: Int64
    /// Of them, those that were made anew from their events.
    var replayed: Int64
    var problems: [String]

    init(_ found: Verification, path: String) {
        self.path = path
        sound = found.isSound
        entries = found.entries
        shards = found.groups
        entities = found.entities
        replayed = found.replayed
        problems = found.problems
    }
}

extension Verification {
    /// The kinds whose states this program can make from their events.
    static var kinds: [KindRuntime] { Program.current.kinds.map { KindRuntime($0) } }

    var text: String {
        "\(entries) entries of \(groups) groups, \(entities) entity states" + (replayed > 0 ? ", \(replayed) of them as their events make them" : "")
    }
}
