extension Scanner {
    /// Objects of up to so many members are compared pair by pair.
    private static let pairwiseMax = 16

    /// Throws if two of an object's keys are the same text (code point by code point, however escaped).
    ///
    /// RFC 8259 §4 leaves open what a repeated key means, and readers differ: the first, the last, an error.
    func checkKeys(of object: Int, count: Int) throws(JSONError) {
        var keys: [Int] = []
        keys.reserveCapacity(count)
        var key = object + 1
        var isIncreasing = true
        while key < tokens.count {
            // What we write is mostly in order already: then one pass is enough.
            if isIncreasing, let last = keys.last { isIncreasing = precedes(last, key) }
            keys.append(key)
            key = Int(tokens[key + 1].next)
        }
        if isIncreasing { return }
        if count <= Self.pairwiseMax {
            for later in 1..<count {
                for earlier in 0..<later where isSame(keys[earlier], keys[later]) { throw duplicate(keys[later]) }
            }
        } else {
            var seen = Set<[UInt8]>(minimumCapacity: count)
            for key in keys where !seen.insert(text(of: key)).inserted { throw duplicate(key) }
        }
    }

    private func text(of key: Int) -> [UInt8] {
        let token = tokens[key]
        return token.kind == .escapedString ? unescaped(bytes, token.range) : Array(bytes[token.range])
    }

    private func precedes(_ left: Int, _ right: Int) -> Bool {
        let (left, right) = (tokens[left], tokens[right])
        guard left.kind == .string, right.kind == .string else { return false }
        return bytes[left.range].lexicographicallyPrecedes(bytes[right.range])
    }

    private func isSame(_ left: Int, _ right: Int) -> Bool {
        if tokens[left].kind == .escapedString || tokens[right].kind == .escapedString {
            return text(of: left) == text(of: right)
        }
        guard tokens[left].length == tokens[right].length else { return false }
        return bytes[tokens[left].range].elementsEqual(bytes[tokens[right].range])
    }

    private func duplicate(_ key: Int) -> JSONError {
        let shown = PathKey.shown(String(decoding: text(of: key), as: UTF8.self))
        return JSONError(
            .duplicateKey, "the key `\(shown)` stands twice in one object", offset: Int(tokens[key].offset) - 1)
    }
}

/// The text of a checked string that has escapes.
func unescaped(_ bytes: [UInt8], _ range: Range<Int>) -> [UInt8] {
    var text: [UInt8] = []
    text.reserveCapacity(range.count)
    var position = range.lowerBound
    while position < range.upperBound {
        let byte = bytes[position]
        position += 1
        guard byte == ASCII.backslash else {
            text.append(byte)
            continue
        }
        let escape = bytes[position]
        position += 1
        switch escape {
        case UInt8(ascii: "b"): text.append(0x08)
        case UInt8(ascii: "f"): text.append(0x0C)
        case UInt8(ascii: "n"): text.append(ASCII.newline)
        case UInt8(ascii: "r"): text.append(ASCII.carriageReturn)
        case UInt8(ascii: "t"): text.append(ASCII.tab)
        case UInt8(ascii: "u"):
            var scalar = codeUnit(bytes, at: &position)
            if scalar & 0xF800 == 0xD800 {
                position += 2
                scalar = 0x10000 + (scalar & 0x3FF) << 10 + codeUnit(bytes, at: &position) & 0x3FF
            }
            text.append(scalar: scalar)
        default: text.append(escape)
        }
    }
    return text
}

private func codeUnit(_ bytes: [UInt8], at position: inout Int) -> UInt32 {
    var unit: UInt32 = 0
    for _ in 0..<4 {
        unit = unit << 4 | UInt32(hexadecimalDigit(bytes[position]) ?? 0)
        position += 1
    }
    return unit
}

extension [UInt8] {
    /// Appends one Unicode scalar value as UTF-8.
    fileprivate mutating func append(scalar: UInt32) {
        func byte(_ lead: UInt32, _ shift: UInt32, _ mask: UInt32) -> UInt8 { UInt8(lead | scalar >> shift & mask) }
        switch scalar {
        case ..<0x80: append(UInt8(scalar))
        case ..<0x800: append(contentsOf: [byte(0xC0, 6, 0x1F), byte(0x80, 0, 0x3F)])
        case ..<0x10000: append(contentsOf: [byte(0xE0, 12, 0x0F), byte(0x80, 6, 0x3F), byte(0x80, 0, 0x3F)])
        default:
            append(contentsOf: [
                byte(0xF0, 18, 0x07), byte(0x80, 12, 0x3F), byte(0x80, 6, 0x3F), byte(0x80, 0, 0x3F),
            ])
        }
    }
}
