import Foundation

/// A manual page in mdoc(7), of what the parser tells of the commands.
struct ManualPage {
    private let root: CommandHelp
    private let date: String

    init(_ root: CommandHelp, date: String) {
        self.root = root
        self.date = date
    }

    var lines: [String] {
        var lines = [".Dd \(date)", ".Dt \(root.commandName.uppercased()) 1", ".Os", ".Sh NAME", ".Nm \(root.commandName)"]
        lines.append(".Nd " + Self.escaped(Self.unended(root.abstract ?? "")))
        lines += [".Sh SYNOPSIS", ".Nm", ".Ar command", ".Op Ar options"]
        lines += [".Sh DESCRIPTION"] + Self.text(Self.examples(root.discussion ?? ""))
        lines += [".Sh COMMANDS"]
        for command in root.subcommands ?? [] { lines += section(command, path: []) }
        lines += Self.ending
        return lines
    }

    /// A command with its options, then those below it.
    private func section(_ command: CommandHelp, path: [String]) -> [String] {
        guard command.shouldDisplay ?? true, command.commandName != "help" else { return [] }
        let path = path + [command.commandName]
        let below = (command.subcommands ?? []).filter { $0.commandName != "help" }
        let own = (command.arguments ?? []).filter { $0.shouldDisplay && !Self.common.contains($0.preferredName?.name ?? "") }
        var lines: [String] = []
        // A command that only holds others has nothing of its own to say.
        if below.isEmpty || !own.isEmpty {
            lines.append(".Ss \(root.commandName) " + path.joined(separator: " "))
            lines += Self.text(command.abstract ?? "")
            if let discussion = command.discussion { lines += [".Pp"] + Self.text(discussion) }
            if !own.isEmpty {
                lines.append(".Bl -tag -width Ds")
                for argument in own { lines += Self.item(argument) }
                lines.append(".El")
            }
        }
        for command in below { lines += section(command, path: path) }
        return lines
    }

    /// Options that every command has.
    private static let common: Set<String> = ["help", "version"]

    private static func item(_ argument: CommandHelp.Argument) -> [String] {
        var line: String
        let value = escaped(argument.valueName ?? "")
        switch argument.kind {
        case "positional": line = ".It Ar \(value)"
        default:
            let names = (argument.names ?? []).map { $0.kind == "long" ? "Fl \\-\($0.name)" : "Fl \($0.name)" }
            line = ".It " + names.joined(separator: " , ")
            if argument.kind == "option" { line += " Ar \(value)" }
        }
        var lines = [line] + text([argument.abstract, argument.discussion].compactMap { $0 }.joined(separator: " "))
        if let values = argument.allValues, !values.isEmpty { lines += text("One of " + values.joined(separator: ", ") + ".") }
        if let value = argument.defaultValue, argument.kind != "flag" { lines += text("Default: \(value).") }
        return lines
    }

    private static let ending = [
        ".Sh ENVIRONMENT", ".Bl -tag -width Ds",
        ".It Ev HOLDFAST_CONNECT", "The nodes that commands talk to where", ".Fl \\-connect", "is not given.",
        ".It Ev HOLDFAST_HISTORY", "Where", ".Cm shell", "keeps its history; empty: nowhere.",
        ".It Ev NO_COLOR", "Set to anything, it keeps colour out of tables.", ".El",
        ".Sh FILES", ".Bl -tag -width Ds", ".It Pa DIR/journal.db", "A node's journal, a database of SQLite: see JournalFormat.md.", ".El",
        ".Sh EXIT STATUS", ".Bl -tag -width Ds",
        ".It 0", "Done.", ".It 64", "The command line, an address or a configuration makes no sense.",
        ".It 65", "The entity, or the cluster, refused.", ".It 66", "There is no such thing.",
        ".It 69", "Nothing happened: not committed, or nobody answered.", ".It 74", "The disk failed, or a journal cannot be used.",
        ".It 75", "It may have happened: retry with the same request id.", ".El",
        ".Sh SEE ALSO", ".Xr sqlite3 1",
    ]

    // MARK: Text

    private static func unended(_ text: String) -> String { text.hasSuffix(".") ? String(text.dropLast()) : text }

    /// Sentences as lines of their own; blank lines as paragraphs; lines that are indented as they stand.
    private static func text(_ text: String) -> [String] {
        var lines: [String] = []
        var isLiteral = false
        for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
            let isIndented = line.hasPrefix("  ")
            if isIndented != isLiteral {
                // A display makes its own paragraph.
                if isIndented, lines.last == ".Pp" { lines.removeLast() }
                lines.append(isIndented ? ".Bd -literal -offset indent" : ".Ed")
                isLiteral = isIndented
            }
            let trimmed = String(line.drop { $0 == " " })
            if trimmed.isEmpty {
                if !lines.isEmpty, lines.last != ".Pp", lines.last != ".Ed" { lines.append(".Pp") }
            } else if isIndented {
                lines.append(escaped(trimmed))
            } else {
                // A new sentence, a new line: the formatter then knows where sentences end.
                lines += sentences(trimmed).map(escaped)
            }
        }
        if isLiteral { lines.append(".Ed") }
        if lines.last == ".Pp" { lines.removeLast() }
        return lines
    }

    private static func sentences(_ text: String) -> [String] {
        var sentences: [String] = []
        var sentence = ""
        var previous: Character = " "
        for character in text {
            if character == " ", previous == "." || previous == "?", sentence.count > 3 {
                sentences.append(sentence)
                sentence = ""
            } else {
                sentence.append(character)
            }
            previous = character
        }
        if !sentence.isEmpty { sentences.append(sentence) }
        return sentences
    }

    /// The exit codes have a section of their own.
    private static func examples(_ discussion: String) -> String {
        discussion.components(separatedBy: "Exit codes:").first ?? discussion
    }

    private static func escaped(_ text: String) -> String {
        let escaped = text.replacing("\\", with: "\\e").replacing("`", with: "\\(ga").replacing("…", with: "...")
            .replacing("·", with: "-").replacing("“", with: "\\(lq").replacing("”", with: "\\(rq").replacing("’", with: "'")
        return escaped.hasPrefix(".") || escaped.hasPrefix("'") ? "\\&" + escaped : escaped
    }
}
