import Testing

@testable import CLI

@Suite struct ShellTests {
    /// What is shown after these bytes, with a bar where the cursor is; a line that ended in ⏎.
    private func type(_ bytes: String, history: [String] = []) -> String {
        var keys = KeyReader()
        var line = EditedLine(history: history, words: ["get", "events", "exit", "members"])
        for byte in bytes.utf8 {
            guard let key = keys.take(byte) else { continue }
            switch line.take(key) {
            case .editing, .clear: continue
            case .line(let text): return text + "⏎"
            case .cancelled: return "^C"
            case .end: return "^D"
            }
        }
        return String(line.characters[..<line.cursor]) + "|" + String(line.characters[line.cursor...])
    }

    @Test func `what is typed stands in the line, letters of any language too`() {
        #expect(type("get zoë 🐢\r") == "get zoë 🐢⏎")
    }

    @Test func `the cursor moves, and letters go where it is`() {
        #expect(type("ac\u{1B}[Db") == "ab|c")
        #expect(type("abc\u{01}x") == "x|abc")
        #expect(type("abc\u{1B}[H\u{1B}[3~") == "|bc")
        #expect(type("abc\u{1B}OD\u{7F}") == "a|c")
        #expect(type("abc\u{1B}[D\u{05}d") == "abcd|")
    }

    @Test func `words and halves of a line go at once`() {
        #expect(type("get one two \u{17}") == "get one |")
        #expect(type("get one\u{1B}[D\u{1B}[D\u{0B}") == "get o|")
        #expect(type("get one\u{15}") == "|")
    }

    @Test func `the history is walked, and the line being typed is kept`() {
        #expect(type("n\u{1B}[A", history: ["a", "b"]) == "b|")
        #expect(type("n\u{1B}[A\u{1B}[A\u{1B}[A", history: ["a", "b"]) == "a|")
        #expect(type("n\u{1B}[A\u{1B}[B", history: ["a", "b"]) == "n|")
    }

    @Test func `Tab completes a first word`() {
        #expect(type("g\t") == "get |")
        #expect(type("e\t") == "e|")
        #expect(type("ev\t") == "events |")
        #expect(type("get e\t") == "get e|")
    }

    @Test func `Ctrl-C throws a line away, Ctrl-D ends an empty one`() {
        #expect(type("abc\u{03}") == "^C")
        #expect(type("\u{04}") == "^D")
        #expect(type("abc\u{01}\u{04}") == "|bc")
    }

    @Test func `a key that is not known, and broken UTF-8, change nothing`() {
        #expect(type("a\u{1B}[15~b") == "ab|")
        var keys = KeyReader()
        for byte: UInt8 in [0xFF, 0xFE, 0xFF, 0xFE] { #expect(keys.take(byte) == nil) }
        #expect(keys.take(UInt8(ascii: "a")) == .character("a"))
    }

    @Test func `words are told apart by blanks, but for those in quotes`() throws {
        #expect(try ShellSession.words("  get   alice ") == ["get", "alice"])
        #expect(try ShellSession.words(#"get "two words" "a\"b" """#) == ["get", "two words", "a\"b", ""])
        #expect(throws: CommandFailure.self) { try ShellSession.words(#"get "open"#) }
        #expect(try ShellSession.words("") == [])
        #expect(
            try ShellSession.words(#"send account "two words" deposit  {"note": "a b\"c"} "#)
                == ["send", "account", "two words", "deposit", #"{"note": "a b\"c"}"#])
        #expect(try ShellSession.words("send account alice close ") == ["send", "account", "alice", "close"])
    }
}

@Suite struct TerminalTests {
    @Test func `colour is for terminals that want it`() {
        #expect(Terminal.hasColor(isTerminal: true, environment: [:]))
        #expect(!Terminal.hasColor(isTerminal: false, environment: [:]))
        #expect(!Terminal.hasColor(isTerminal: true, environment: ["NO_COLOR": "1"]))
        #expect(Terminal.hasColor(isTerminal: true, environment: ["NO_COLOR": ""]))
        #expect(!Terminal.hasColor(isTerminal: true, environment: ["TERM": "dumb"]))
    }
}
