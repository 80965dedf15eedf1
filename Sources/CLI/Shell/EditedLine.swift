/// A line while it is typed: text, cursor, history. A value without a terminal.
struct EditedLine {
    /// What a keyboard says.
    enum Key: Hashable {
        case character(Character)
        case enter, backspace, delete, left, right, home, end, up, down
        /// Ctrl-C, Ctrl-D, Ctrl-K, Ctrl-U, Ctrl-W, Ctrl-L.
        case cancel, endOfInput, killToEnd, killToStart, killWord, clear
        case complete
    }

    enum Outcome: Hashable {
        /// Still being typed.
        case editing
        case line(String)
        /// Ctrl-C: the line is thrown away.
        case cancelled
        /// Ctrl-D on an empty line.
        case end
        case clear
    }

    private(set) var characters: [Character] = []
    /// 0…`characters.count`: before which character the next one goes.
    private(set) var cursor = 0
    private let history: [String]
    /// Where in the history the line shown comes from; `history.count` for the one being typed.
    private var place: Int
    private var typed = ""
    /// What Tab completes a first word to.
    private let words: [String]

    init(history: [String], words: [String]) {
        self.history = history
        self.words = words
        place = history.count
    }

    var text: String { String(characters) }

    mutating func take(_ key: Key) -> Outcome {
        switch key {
        case .character(let character):
            characters.insert(character, at: cursor)
            cursor += 1
        case .enter: return .line(text)
        case .backspace where cursor > 0:
            cursor -= 1
            characters.remove(at: cursor)
        case .delete where cursor < characters.count: characters.remove(at: cursor)
        case .left: cursor = max(0, cursor - 1)
        case .right: cursor = min(characters.count, cursor + 1)
        case .home: cursor = 0
        case .end: cursor = characters.count
        case .up: recall(place - 1)
        case .down: recall(place + 1)
        case .cancel: return .cancelled
        case .endOfInput:
            if characters.isEmpty { return .end }
            return take(.delete)
        case .killToEnd: characters.removeSubrange(cursor...)
        case .killToStart:
            characters.removeSubrange(..<cursor)
            cursor = 0
        case .killWord: killWord()
        case .clear: return .clear
        case .complete: complete()
        case .backspace, .delete: break
        }
        return .editing
    }

    private mutating func show(_ text: String) {
        characters = Array(text)
        cursor = characters.count
    }

    private mutating func recall(_ wanted: Int) {
        guard (0...history.count).contains(wanted), wanted != place else { return }
        if place == history.count { typed = text }
        place = wanted
        show(wanted == history.count ? typed : history[wanted])
    }

    private mutating func killWord() {
        var start = cursor
        while start > 0, characters[start - 1] == " " { start -= 1 }
        while start > 0, characters[start - 1] != " " { start -= 1 }
        characters.removeSubrange(start..<cursor)
        cursor = start
    }

    private mutating func complete() {
        let typed = String(characters[..<cursor])
        guard !typed.contains(" "), cursor == characters.count else { return }
        let fitting = words.filter { $0.hasPrefix(typed) }
        guard let first = fitting.first else { return }
        let common = fitting.dropFirst().reduce(first) { $0.commonPrefix(with: $1) }
        show(fitting.count == 1 ? first + " " : common)
    }
}

extension String {
    fileprivate func commonPrefix(with other: String) -> String {
        String(zip(self, other).prefix { $0 == $1 }.map(\.0))
    }
}
