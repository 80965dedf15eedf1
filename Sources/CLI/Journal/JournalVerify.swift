import ArgumentParser
import Journal

struct JournalVerify: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify",
        abstract: "Read the whole file and take every checksum again.",
        discussion: "Exit code 74 if anything is wrong. Then: stop the node, keep the folder, and start it with an empty one; the cluster fills it.")

    @OptionGroup var journal: JournalPlace
    @OptionGroup var output: OutputOptions

    func run() throws {
        let reader = try JournalReader(directory: journal.data)
        defer { reader.close() }
        let progress = StandardError.isTerminal && !output.json
        let found = try reader.verify { entries in
            if progress { StandardError.write("\r\(entries) entries") }
        }
        if progress { StandardError.write("\r\u{1B}[K") }
        if output.json {
            StandardOutput.json(VerificationReport(found, path: reader.path))
        } else {
            for problem in found.problems { StandardOutput.line(problem) }
            if found.isCut { StandardOutput.line("… and more") }
            if found.isSound { StandardOutput.line("sound: \(found.text)") }
        }
        guard found.isSound else {
            throw CommandFailure(
                .journal, "corrupt",
                "\(reader.path) is damaged: \(found.isCut ? "more than " : "")\(found.problems.count) "
                    + "\(found.problems.count == 1 ? "problem" : "problems"). Stop the node, keep the folder aside, and start the node "
                    + "with an empty one: the cluster fills it. Without other nodes, restore a backup.")
        }
    }
}

struct VerificationReport: Encodable {
    var path: String
    var sound: Bool
    var entries: Int64
    var shards: Int
    var entities: Int64
    var problems: [String]

    init(_ found: Verification, path: String) {
        self.path = path
        sound = found.isSound
        entries = found.entries
        shards = found.groups
        entities = found.entities
        problems = found.problems
    }
}

extension Verification {
    var text: String { "\(entries) entries of \(groups) groups, \(entities) entity states" }
}
