import ArgumentParser
import Foundation
import JSON

struct ManualCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "manual",
        abstract: "Print the manual page.",
        discussion: """
            In mdoc(7), made of the same words as --help: `holdfast manual | man -l -` shows it, and \
            `holdfast manual > /usr/local/share/man/man1/holdfast.1` installs it.
            """)

    func run() throws {
        let help = try JSON.decode(CommandHelp.Dump.self, from: Array(HoldfastCommand._dumpHelp().utf8))
        let formatter = DateFormatter()
        formatter.locale = Locale(identifier: "en_US_POSIX")
        formatter.dateFormat = "MMMM d, yyyy"
        for line in ManualPage(help.command, date: formatter.string(from: Date())).lines { StandardOutput.line(line) }
    }
}

/// What the parser tells of a command, as far as the manual shows it.
struct CommandHelp: Decodable {
    struct Dump: Decodable {
        var command: CommandHelp
    }

    struct Argument: Decodable {
        var kind: String
        var shouldDisplay: Bool
        var isOptional: Bool
        var isRepeating: Bool
        var names: [Name]?
        var preferredName: Name?
        var valueName: String?
        var abstract: String?
        var discussion: String?
        var defaultValue: String?
        var allValues: [String]?
    }

    struct Name: Decodable {
        var kind: String
        var name: String
    }

    var commandName: String
    var abstract: String?
    var discussion: String?
    var shouldDisplay: Bool?
    var arguments: [Argument]?
    var subcommands: [CommandHelp]?
}
