/// A step into a JSON value: a member's name or an element's index.
struct PathKey: CodingKey, Hashable, Sendable {
    var stringValue: String
    var intValue: Int?

    init(stringValue: String) { self.stringValue = stringValue }

    init(intValue: Int) {
        stringValue = String(intValue)
        self.intValue = intValue
    }

    static let superclass = PathKey(stringValue: "super")

    /// Characters of a key that a message shows: keys come from outside.
    private static let shownMax = 64

    /// `items[3].name`
    static func text(_ path: [any CodingKey]) -> String {
        var text = ""
        for key in path {
            if let index = key.intValue, key.stringValue == String(index) || key.stringValue.hasPrefix("Index ") {
                text += "[\(index)]"
            } else {
                if !text.isEmpty { text += "." }
                text += shown(key.stringValue)
            }
        }
        return text
    }

    /// `text` as a message shows it: bounded, and without control characters.
    static func shown(_ text: String) -> String {
        var shown = ""
        for (count, character) in text.unicodeScalars.enumerated() {
            if count == shownMax { return shown + "…" }
            shown.unicodeScalars.append(character.value < 0x20 || character.value == 0x7F ? "\u{FFFD}" : character)
        }
        return shown
    }
}
