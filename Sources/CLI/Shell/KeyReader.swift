/// Bytes of a terminal in, keys out: UTF-8, control characters, and the escape sequences of the common keys.
struct KeyReader {
    private var pending: [UInt8] = []

    /// The key that ends with this byte; nil in the middle of one, and for what no key is.
    mutating func take(_ byte: UInt8) -> EditedLine.Key? {
        pending.append(byte)
        if pending[0] == 0x1B { return escape() }
        if byte < 0x20 || byte == 0x7F, pending.count == 1 {
            pending = []
            return Self.control(byte)
        }
        if let text = String(validating: pending, as: UTF8.self), let character = text.first {
            pending = []
            return .character(character)
        }
        // No character of UTF-8 is longer.
        if pending.count >= 4 { pending = [] }
        return nil
    }

    private static func control(_ byte: UInt8) -> EditedLine.Key? {
        switch byte {
        case 0x01: .home
        case 0x02: .left
        case 0x03: .cancel
        case 0x04: .endOfInput
        case 0x05: .end
        case 0x06: .right
        case 0x08, 0x7F: .backspace
        case 0x09: .complete
        case 0x0A, 0x0D: .enter
        case 0x0B: .killToEnd
        case 0x0C: .clear
        case 0x0E: .down
        case 0x10: .up
        case 0x15: .killToStart
        case 0x17: .killWord
        default: nil
        }
    }

    /// `ESC [ … letter` or `ESC O letter`; what is none of those keys is passed over whole.
    private mutating func escape() -> EditedLine.Key? {
        guard pending.count >= 2 else { return nil }
        guard pending[1] == UInt8(ascii: "[") || pending[1] == UInt8(ascii: "O") else {
            pending = []
            return nil
        }
        guard pending.count >= 3, let last = pending.last, last >= 0x40, last <= 0x7E else {
            if pending.count > 16 { pending = [] }
            return nil
        }
        let sequence = String(decoding: pending.dropFirst(2), as: UTF8.self)
        pending = []
        switch sequence {
        case "A": return .up
        case "B": return .down
        case "C": return .right
        case "D": return .left
        case "H", "1~", "7~": return .home
        case "F", "4~", "8~": return .end
        case "3~": return .delete
        default: return nil
        }
    }
}
