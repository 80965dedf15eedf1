import ArgumentParser
import Journal

struct JournalBackup: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "backup",
        abstract: "Copy the journal, as of one moment, into one file, and verify the copy.",
        discussion: "The node may run meanwhile. `holdfast journal restore` brings the copy back as a cluster of one.")

    @Option(help: ArgumentHelp("The file to make; one that is there already is never replaced.", valueName: "file"), completion: .file())
    var to: String

    @OptionGroup var journal: JournalPlace
    @OptionGroup var output: OutputOptions

    func run() throws {
        let reader = try JournalReader(directory: journal.data)
        defer { reader.close() }
        let copying = ProgressBar("copying", .bytes, isQuiet: output.json)
        let verifying = ProgressBar("verifying", .count("entries"), isQuiet: output.json)
        defer { verifying.end() }
        let total = try reader.rowCountMax()
        let found = try reader.backup(
            to: to,
            progress: { copied, pages in copying.show(Int64(copied) << 12, of: Int64(pages) << 12) },
            copied: {
                copying.end()
                Politeness.giveWay()
            },
            verifying: { verifying.show($0, of: total) })
        if output.json {
            StandardOutput.json(VerificationReport(found, path: to))
        } else {
            StandardOutput.line("\(to): \(found.text), verified")
        }
    }
}
