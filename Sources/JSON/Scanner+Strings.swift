extension Scanner {
    /// RFC 8259 §7, and that the bytes are UTF-8 (RFC 3629) and escaped surrogates come in pairs.
    mutating func scanString() throws(JSONError) {
        let quote = position
        position &+= 1
        let start = position
        var kind = Token.Kind.string
        while position < bytes.count {
            let byte = bytes[position]
            if byte == ASCII.quote {
                append(kind, start, position - start)
                position &+= 1
                return
            } else if byte == ASCII.backslash {
                kind = .escapedString
                try scanEscape()
            } else if byte < 0x20 {
                throw JSONError(
                    .malformed, "a control character stands in a string without an escape", offset: position)
            } else if byte < 0x80 {
                position &+= 1
            } else {
                try scanMultibyte(byte)
            }
        }
        throw JSONError(.malformed, "the text ends within the string that starts at byte \(quote)", offset: position)
    }

    private mutating func scanEscape() throws(JSONError) {
        let start = position
        position &+= 1
        guard position < bytes.count else { throw unexpected("the rest of an escape") }
        switch bytes[position] {
        case ASCII.quote, ASCII.backslash, ASCII.slash, UInt8(ascii: "b"), UInt8(ascii: "f"), UInt8(ascii: "n"),
            UInt8(ascii: "r"), UInt8(ascii: "t"):
            position &+= 1
        case UInt8(ascii: "u"):
            position &+= 1
            let unit = try scanHexadecimal()
            guard unit & 0xF800 == 0xD800 else { return }
            guard unit < 0xDC00, position + 1 < bytes.count, bytes[position] == ASCII.backslash,
                bytes[position + 1] == UInt8(ascii: "u")
            else { throw JSONError(.malformed, "half of a surrogate pair stands alone", offset: start) }
            position &+= 2
            guard try scanHexadecimal() & 0xFC00 == 0xDC00 else {
                throw JSONError(.malformed, "half of a surrogate pair stands alone", offset: start)
            }
        default: throw JSONError(.malformed, "there is no such escape", offset: start)
        }
    }

    private mutating func scanHexadecimal() throws(JSONError) -> UInt16 {
        var unit: UInt16 = 0
        for _ in 0..<4 {
            guard position < bytes.count, let digit = hexadecimalDigit(bytes[position]) else {
                throw unexpected("a hexadecimal digit")
            }
            unit = unit << 4 | UInt16(digit)
            position &+= 1
        }
        return unit
    }

    /// One character of two to four bytes: The Unicode Standard, table 3-7 (no overlong forms, no surrogates).
    private mutating func scanMultibyte(_ lead: UInt8) throws(JSONError) {
        let second: ClosedRange<UInt8>
        let count: Int
        switch lead {
        case 0xC2...0xDF: (second, count) = (0x80...0xBF, 2)
        case 0xE0: (second, count) = (0xA0...0xBF, 3)
        case 0xE1...0xEC, 0xEE...0xEF: (second, count) = (0x80...0xBF, 3)
        case 0xED: (second, count) = (0x80...0x9F, 3)
        case 0xF0: (second, count) = (0x90...0xBF, 4)
        case 0xF1...0xF3: (second, count) = (0x80...0xBF, 4)
        case 0xF4: (second, count) = (0x80...0x8F, 4)
        default: throw notUTF8()
        }
        guard position + count <= bytes.count, second.contains(bytes[position + 1]) else { throw notUTF8() }
        for offset in 2..<max(count, 2) where bytes[position + offset] & 0xC0 != 0x80 { throw notUTF8() }
        position &+= count
    }

    private func notUTF8() -> JSONError { JSONError(.malformed, "a string is not UTF-8", offset: position) }
}

/// The value of a hexadecimal digit in either case.
func hexadecimalDigit(_ byte: UInt8) -> UInt8? {
    switch byte {
    case ASCII.zero...ASCII.nine: byte - ASCII.zero
    case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
    case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
    default: nil
    }
}
