extension JSONOutput {
    func appendNull() { append(word: "null") }
    func append(_ value: Bool) { append(word: value ? "true" : "false") }

    private func append(word: StaticString) {
        bytes.append(contentsOf: UnsafeBufferPointer(start: word.utf8Start, count: word.utf8CodeUnitCount))
    }

    /// Digit by digit into the buffer, without a `String` between.
    func append(_ value: some FixedWidthInteger) {
        if value < 0 { bytes.append(ASCII.minus) }
        guard let magnitude = UInt64(exactly: value.magnitude) else {
            bytes.append(contentsOf: String(value.magnitude).utf8)
            return
        }
        append(magnitude: magnitude)
    }

    private func append(magnitude: UInt64) {
        if magnitude < 10 {
            bytes.append(ASCII.zero &+ UInt8(truncatingIfNeeded: magnitude))
            return
        }
        let start = bytes.count
        var rest = magnitude
        while rest > 0 {
            let (quotient, digit) = rest.quotientAndRemainder(dividingBy: 10)
            bytes.append(ASCII.zero &+ UInt8(truncatingIfNeeded: digit))
            rest = quotient
        }
        bytes[start...].reverse()
    }

    /// The shortest text that reads back as the same number.
    /// - Throws: `.notANumber`.
    func append<Value: BinaryFloatingPoint & LosslessStringConvertible>(_ value: Value) throws {
        guard value.isFinite else {
            let error = JSONError(.notANumber, "JSON has no number \(value)", path: pathText())
            throw EncodingError.invalidValue(
                value,
                EncodingError.Context(codingPath: path(), debugDescription: error.reason, underlyingError: error))
        }
        bytes.append(contentsOf: value.description.utf8)
    }

    func append(_ value: String) {
        bytes.append(ASCII.quote)
        var value = value
        value.withUTF8 { utf8 in
            var plain = 0
            for position in utf8.indices {
                let byte = utf8[position]
                if byte >= 0x20, byte != ASCII.quote, byte != ASCII.backslash { continue }
                bytes.append(contentsOf: utf8[plain..<position])
                append(escaped: byte)
                plain = position + 1
            }
            bytes.append(contentsOf: utf8[plain...])
        }
        bytes.append(ASCII.quote)
    }

    private func append(escaped byte: UInt8) {
        bytes.append(ASCII.backslash)
        switch byte {
        case ASCII.quote, ASCII.backslash: bytes.append(byte)
        case 0x08: bytes.append(UInt8(ascii: "b"))
        case 0x0C: bytes.append(UInt8(ascii: "f"))
        case ASCII.newline: bytes.append(UInt8(ascii: "n"))
        case ASCII.carriageReturn: bytes.append(UInt8(ascii: "r"))
        case ASCII.tab: bytes.append(UInt8(ascii: "t"))
        default:
            append(word: "u00")
            for digit in [byte >> 4, byte & 0xF] {
                bytes.append(digit < 10 ? ASCII.zero + digit : UInt8(ascii: "a") + digit - 10)
            }
        }
    }

    func append(_ values: [UInt8]) {
        bytes.append(ASCII.openBracket)
        for (index, value) in values.enumerated() {
            if index > 0 { bytes.append(ASCII.comma) }
            append(magnitude: UInt64(value))
        }
        bytes.append(ASCII.closeBracket)
    }

    /// - Throws: `.tooDeep`.
    func append(_ text: JSONText) throws {
        let room = JSON.depthMax - (top < 0 ? 0 : Int(frames[top].depth))
        // An array or object takes two bytes, so a short text cannot be too deep.
        if text.bytes.count > 2 * room, depth(of: text.bytes) > room { throw tooDeep() }
        bytes.append(contentsOf: text.bytes)
    }

    private func depth(of text: [UInt8]) -> Int {
        var (depth, deepest) = (0, 0)
        var position = 0
        while position < text.count {
            switch text[position] {
            case ASCII.openBrace, ASCII.openBracket:
                depth += 1
                deepest = max(deepest, depth)
            case ASCII.closeBrace, ASCII.closeBracket: depth -= 1
            case ASCII.quote:
                position += 1
                while position < text.count, text[position] != ASCII.quote {
                    position += text[position] == ASCII.backslash ? 2 : 1
                }
            default: break
            }
            position += 1
        }
        return deepest
    }
}
