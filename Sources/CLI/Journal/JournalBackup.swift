import ArgumentParser
import Journal

struct JournalBackup: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "backup",
        abstract: "Copy the journal, as of one moment, into one file, and verify the copy.",
        discussion: "The node may run meanwhile. `holdfast journal restore` brings the copy back as a cluster of one.")

    @Option(help: ArgumentHelp("The file to make; one that is there already is never replaced.", valueName: "file"))
    var to: String

    @OptionGroup var journal: JournalPlace
    @OptionGroup var output: OutputOptions

    func run() throws {
        let reader = try JournalReader(directory: journal.data)
        defer { reader.close() }
        let found = try reader.backup(to: to)
        if output.json {
            StandardOutput.json(VerificationReport(found, path: to))
        } else {
            StandardOutput.line("\(to): \(found.text), verified")
        }
    }
}
