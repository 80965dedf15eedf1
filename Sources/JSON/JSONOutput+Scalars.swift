extension JSONOutput {
    func appendNull() { bytes.appendJSON(word: "null") }
    func append(_ value: Bool) { bytes.appendJSON(value) }
    func append(_ value: some FixedWidthInteger) { bytes.appendJSON(value) }
    func append(_ value: String) { bytes.appendJSON(value) }

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

    func append(_ values: [UInt8]) {
        bytes.append(ASCII.openBracket)
        for (index, value) in values.enumerated() {
            if index > 0 { bytes.append(ASCII.comma) }
            bytes.appendJSON(magnitude: UInt64(value))
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
