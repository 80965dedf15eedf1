import ArgumentParser
import Foundation
import Journal

struct JournalImport: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "import",
        abstract: "Make a new node's folder from an export.",
        discussion: """
            As with a restore, the node that starts on the folder is a cluster of one, with a UUID of its own. A line that cannot be used is \
            named by its number, and then nothing is made.
            """)

    @Option(help: ArgumentHelp("The export. Without it, standard input.", valueName: "file"), completion: .file())
    var from: String?

    @Option(help: ArgumentHelp("The folder to make; if it is there, it must be empty.", valueName: "dir"), completion: .directory)
    var data: String

    @OptionGroup var output: OutputOptions

    func run() throws {
        let folder = try NewFolder(data, for: "import")
        var lines = try LineSource(path: from)
        defer { lines.end() }
        let size = from.flatMap { try? FileManager.default.attributesOfItem(atPath: $0)[.size] as? Int }
        do {
            let bar = ProgressBar("importing", .bytes, isQuiet: output.json)
            defer { bar.end() }
            var importation = Importation(name: from ?? "standard input")
            try importation.write(&lines, to: folder.draft) { bar.show($0, of: size.map(Int64.init)) }
            try folder.moveIntoPlace()
            bar.end()
            show(importation.summary)
        } catch {
            folder.discard()
            throw folder.explaining(error)
        }
    }

    private func show(_ summary: Importation.Summary) {
        guard !output.json else { return StandardOutput.json(summary) }
        StandardOutput.line("\(data): \(summary.entries) entries of \(summary.shards) shards, as cluster \(summary.cluster)")
        StandardOutput.line("Start it with: holdfast node --data \(data)")
    }
}
