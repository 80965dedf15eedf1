/// Scalars as JSON at the end of a text.
extension [UInt8] {
    mutating func appendJSON(word: StaticString) {
        append(contentsOf: UnsafeBufferPointer(start: word.utf8Start, count: word.utf8CodeUnitCount))
    }

    mutating func appendJSON(_ value: Bool) { appendJSON(word: value ? "true" : "false") }

    /// Digit by digit into the buffer, without a `String` between.
    mutating func appendJSON(_ value: some FixedWidthInteger) {
        if value < 0 { append(ASCII.minus) }
        guard let magnitude = UInt64(exactly: value.magnitude) else {
            append(contentsOf: String(value.magnitude).utf8)
            return
        }
        appendJSON(magnitude: magnitude)
    }

    mutating func appendJSON(magnitude: UInt64) {
        if magnitude < 10 {
            append(ASCII.zero &+ UInt8(truncatingIfNeeded: magnitude))
            return
        }
        let start = count
        var rest = magnitude
        while rest > 0 {
            let (quotient, digit) = rest.quotientAndRemainder(dividingBy: 10)
            append(ASCII.zero &+ UInt8(truncatingIfNeeded: digit))
            rest = quotient
        }
        self[start...].reverse()
    }

    mutating func appendJSON(_ value: String) {
        append(ASCII.quote)
        var value = value
        value.withUTF8 { utf8 in
            var plain = 0
            for position in utf8.indices {
                let byte = utf8[position]
                if byte >= 0x20, byte != ASCII.quote, byte != ASCII.backslash { continue }
                append(contentsOf: utf8[plain..<position])
                appendJSON(escaped: byte)
                plain = position + 1
            }
            append(contentsOf: utf8[plain...])
        }
        append(ASCII.quote)
    }

    private mutating func appendJSON(escaped byte: UInt8) {
        append(ASCII.backslash)
        switch byte {
        case ASCII.quote, ASCII.backslash: append(byte)
        case 0x08: append(UInt8(ascii: "b"))
        case 0x0C: append(UInt8(ascii: "f"))
        case ASCII.newline: append(UInt8(ascii: "n"))
        case ASCII.carriageReturn: append(UInt8(ascii: "r"))
        case ASCII.tab: append(UInt8(ascii: "t"))
        default:
            appendJSON(word: "u00")
            for digit in [byte >> 4, byte & 0xF] {
                append(digit < 10 ? ASCII.zero + digit : UInt8(ascii: "a") + digit - 10)
            }
        }
    }
}
