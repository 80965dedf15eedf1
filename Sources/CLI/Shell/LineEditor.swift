import Foundation

/// Reads lines from a terminal, with editing and history.
struct LineEditor {
    let prompt: String
    let words: [String]
    private(set) var history: [String]
    private let historyFile: String?

    private static let historyMax = 1_000

    /// - Parameter historyFile: where the history is kept from one run to the next; nil keeps none.
    init(prompt: String, words: [String], historyFile: String?) {
        self.prompt = prompt
        self.words = words
        self.historyFile = historyFile
        let text = historyFile.flatMap { try? String(contentsOfFile: $0, encoding: .utf8) } ?? ""
        history = text.split(separator: "\n").suffix(Self.historyMax).map(String.init)
    }

    enum Input: Hashable {
        case line(String)
        case cancelled
        case end
    }

    /// Blocks until a line is there.
    mutating func read() -> Input {
        guard let terminal = RawTerminal() else { return .end }
        defer { terminal.restore() }
        var line = EditedLine(history: history, words: words)
        var keys = KeyReader()
        draw(line)
        while let byte = terminal.read() {
            guard let key = keys.take(byte) else { continue }
            switch line.take(key) {
            case .editing: draw(line)
            case .clear:
                StandardError.write("\u{1B}[H\u{1B}[2J")
                draw(line)
            case .line(let text):
                StandardError.write("\r\n")
                remember(text)
                return .line(text)
            case .cancelled:
                StandardError.write("^C\r\n")
                return .cancelled
            case .end:
                StandardError.write("\r\n")
                return .end
            }
        }
        return .end
    }

    /// The line anew, scrolled sideways so that the cursor is on it.
    private func draw(_ line: EditedLine) {
        let room = max(10, Terminal.columns - prompt.count - 1)
        let start = max(0, line.cursor - room)
        let shown = line.characters.dropFirst(start).prefix(room)
        var text = "\r" + prompt + String(shown) + "\u{1B}[K\r"
        let column = prompt.count + line.cursor - start
        if column > 0 { text += "\u{1B}[\(column)C" }
        StandardError.write(text)
    }

    private mutating func remember(_ text: String) {
        let line = text.trimmingCharacters(in: .whitespaces)
        guard !line.isEmpty, history.last != line else { return }
        history.append(line)
        if history.count > Self.historyMax { history.removeFirst(history.count - Self.historyMax) }
    }

    /// Keeps the history for the next run. A file that cannot be written is no reason for an error.
    func save() {
        guard let historyFile, !history.isEmpty else { return }
        let descriptor = open(historyFile, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { return }
        defer { close(descriptor) }
        let bytes = Array((history.joined(separator: "\n") + "\n").utf8)
        _ = Foundation.write(descriptor, bytes, bytes.count)
    }
}

/// A terminal that hands out bytes as they are typed, and shows none.
private struct RawTerminal {
    private let former: termios

    /// Nil if standard input is no terminal.
    init?() {
        var settings = termios()
        guard tcgetattr(STDIN_FILENO, &settings) == 0 else { return nil }
        former = settings
        settings.c_lflag &= ~tcflag_t(ICANON | ECHO | ISIG | IEXTEN)
        settings.c_iflag &= ~tcflag_t(IXON | ICRNL)
        guard tcsetattr(STDIN_FILENO, TCSADRAIN, &settings) == 0 else { return nil }
    }

    func restore() {
        var settings = former
        tcsetattr(STDIN_FILENO, TCSADRAIN, &settings)
    }

    /// Nil at the end of input.
    func read() -> UInt8? {
        var byte: UInt8 = 0
        while true {
            let count = Foundation.read(STDIN_FILENO, &byte, 1)
            if count == 1 { return byte }
            if count < 0, errno == EINTR { continue }
            return nil
        }
    }
}
