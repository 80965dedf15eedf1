import Foundation
import Testing

/// What a README promises can be typed: every fenced block marked `sh runnable`, run word for word.
///
/// The blocks under one heading are one script, run in an empty folder with `holdfast` in the path, and, where that is possible, in a
/// network of its own; a block marked `sh continued` goes on with the script before it, whatever the heading. A command that fails fails the
/// script. A comment `# → TEXT` at the end of a line says that the output has that text, each after the one before.
struct ReadmeScript: CustomTestStringConvertible {
    var heading: String
    var lines: [String]

    var testDescription: String { heading }

    /// A text that the output must have; where it begins or ends with a word or a number, that is a whole one.
    struct Expectation {
        var text: String

        /// Where it ends in the output.
        func end(in output: Substring) -> String.Index? {
            var rest = output
            while let found = rest.firstRange(of: text) {
                let before = found.lowerBound > output.startIndex ? output[output.index(before: found.lowerBound)] : " "
                let after = found.upperBound < output.endIndex ? output[found.upperBound] : " "
                if !Self.isJoined(before, text.first!), !Self.isJoined(text.last!, after) { return found.upperBound }
                rest = rest[found.upperBound...]
            }
            return nil
        }

        private static func isJoined(_ left: Character, _ right: Character) -> Bool {
            (left.isLetter || left.isNumber) && (right.isLetter || right.isNumber)
        }
    }

    var expectations: [Expectation] {
        lines.compactMap { line in
            line.firstRange(of: "# → ").map { Expectation(text: line[$0.upperBound...].trimmingCharacters(in: .whitespaces)) }
        }
    }

    private enum Piece {
        case heading(String)
        /// The words after the fence, and a line within it.
        case fence(String)
        case code(String, in: String)
        case text(String)
    }

    private static func pieces(of document: String) -> [Piece] {
        var fence: String?
        return document.split(separator: "\n", omittingEmptySubsequences: false).compactMap { line in
            if let open = fence {
                if !line.hasPrefix("```") { return .code(String(line), in: open) }
                fence = nil
                return nil
            }
            if line.hasPrefix("```") {
                fence = String(line.dropFirst(3))
                return .fence(fence!)
            }
            if line.hasPrefix("#") { return .heading(line.drop { $0 == "#" || $0 == " " }.description) }
            return .text(String(line))
        }
    }

    /// The scripts of a document.
    static func all(in document: String) -> [ReadmeScript] {
        var scripts: [ReadmeScript] = []
        var heading = ""
        for piece in pieces(of: document) {
            switch piece {
            case .heading(let text): heading = text
            case .fence("sh runnable"):
                if scripts.last?.heading != heading { scripts.append(ReadmeScript(heading: heading, lines: [])) }
            case .code(let line, in: "sh runnable"), .code(let line, in: "sh continued"): scripts[scripts.count - 1].lines.append(line)
            case .fence, .code, .text: break
            }
        }
        return scripts
    }

    /// Commands in blocks of a shell's that are in no script, and those that the text names, from `holdfast` or `tools/` on.
    static func commandsLeftAlone(in document: String) -> [String] {
        var commands: [String] = []
        for piece in pieces(of: document) {
            switch piece {
            case .code(let line, let fence) where ["", "sh", "bash", "zsh", "shell", "console"].contains(fence):
                let command = (line.firstRange(of: "  # ").map { String(line[..<$0.lowerBound]) } ?? line).trimmingCharacters(in: .whitespaces)
                if !command.isEmpty, !command.hasPrefix("#") { commands.append(command) }
            case .text(let line):
                for (position, span) in line.split(separator: "`", omittingEmptySubsequences: false).enumerated() where position % 2 == 1 {
                    if span.hasPrefix("holdfast ") || span.hasPrefix("tools/") { commands.append(String(span)) }
                }
            case .heading, .fence, .code: break
            }
        }
        return commands
    }

    static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent().path
    static let readme = (try? String(contentsOfFile: root + "/README.md", encoding: .utf8)) ?? ""
}
