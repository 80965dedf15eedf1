import ArgumentParser
import Journal

struct JournalCompact: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "compact",
        abstract: "Write a stopped node's journal anew, without the space of what was deleted.",
        discussion: """
            The new file is verified before it takes the old one's place; until then nothing is changed. Needs as much free space as the new \
            file takes. Worth it after entries were given up (`holdfast node --retain`) or many shards moved away: a node uses that space \
            again by itself.
            """)

    @OptionGroup var journal: JournalPlace
    @OptionGroup var output: OutputOptions

    func run() throws {
        var options = JournalOptions()
        options.createsFile = false
        let file = try JournalFile.open(directory: journal.data, options: options)
        let bar = ProgressBar("verifying", .count("entries"), isQuiet: output.json)
        defer { bar.end() }
        do {
            _ = try file.recover()
        } catch {
            try? file.close()
            throw error
        }
        let found = try file.compact { bar.show($0, of: nil) }
        bar.end()
        if output.json {
            StandardOutput.json(
                Compacted(
                    path: journal.data, bytesBefore: found.bytesBefore, bytesAfter: found.bytesAfter, entries: found.verification.entries))
        } else {
            StandardOutput.line("\(journal.data): \(Self.text(found.bytesBefore)) before, \(Self.text(found.bytesAfter)) now, verified")
        }
    }

    private static func text(_ bytes: Int) -> String { "\(ProgressBar.grouped(Int64(bytes >> 10))) KiB" }

    private struct Compacted: Encodable {
        var path: String
        var bytesBefore: Int
        var bytesAfter: Int
        var entries: Int64

        enum CodingKeys: String, CodingKey {
            case path, entries
            case bytesBefore = "bytes_before"
            case bytesAfter = "bytes_after"
        }
    }
}
