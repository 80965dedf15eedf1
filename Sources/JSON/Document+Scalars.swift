extension Document {
    func isNull(at index: Int) -> Bool { tokens[index].kind == .null }

    func bool(at index: Int) throws -> Bool {
        switch tokens[index].kind {
        case .isTrue: return true
        case .isFalse: return false
        default: throw mismatch(Bool.self, "true or false", at: index)
        }
    }

    func string(at index: Int) throws -> String {
        switch tokens[index].kind {
        case .string, .escapedString: return text(at: index)
        default: throw mismatch(String.self, "a string", at: index)
        }
    }

    /// Exact: digit by digit, never by way of a `Double`. A fraction of zeros is none: `10.0` is ten, as JSON Schema has it (§6.3).
    func integer<Value: FixedWidthInteger>(_: Value.Type, at index: Int) throws -> Value {
        var token = tokens[index]
        if token.kind != .integer {
            guard let whole = withoutFraction(token) else { throw mismatch(Value.self, "an integer", at: index) }
            token = whole
        }
        if token.length <= 18 {
            var position = Int(token.offset)
            let end = position &+ Int(token.length)
            let isNegative = bytes[position] == ASCII.minus
            if isNegative { position &+= 1 }
            var magnitude: Int64 = 0
            while position < end {
                magnitude = magnitude &* 10 &+ Int64(bytes[position] &- ASCII.zero)
                position &+= 1
            }
            if let value = Value(exactly: isNegative ? 0 &- magnitude : magnitude) { return value }
        } else if let value = longInteger(Value.self, token) {
            return value
        }
        throw outOfRange(Value.self, at: index)
    }

    /// The number without its fraction, if that has zeros alone and there is no exponent.
    private func withoutFraction(_ token: Token) -> Token? {
        guard token.kind == .fraction, let dot = bytes[token.range].firstIndex(of: ASCII.dot),
            bytes[(dot + 1)..<token.range.upperBound].allSatisfy({ $0 == ASCII.zero })
        else { return nil }
        var whole = token
        whole.kind = .integer
        whole.length = UInt32(dot - token.range.lowerBound)
        return whole
    }

    /// An integer of so many digits that the arithmetic has to be checked.
    private func longInteger<Value: FixedWidthInteger>(_: Value.Type, _ token: Token) -> Value? {
        var digits = bytes[token.range]
        let isNegative = digits.first == ASCII.minus
        if isNegative { digits.removeFirst() }
        var value: Value = 0
        for byte in digits {
            let digit = Value(truncatingIfNeeded: byte &- ASCII.zero)
            let (product, isProductOver) = value.multipliedReportingOverflow(by: 10)
            let (sum, isSumOver) =
                isNegative ? product.subtractingReportingOverflow(digit) : product.addingReportingOverflow(digit)
            if isProductOver || isSumOver { return nil }
            value = sum
        }
        return value
    }

    func double(at index: Int) throws -> Double {
        let token = tokens[index]
        guard token.kind == .integer || token.kind == .fraction else {
            throw mismatch(Double.self, "a number", at: index)
        }
        guard let value = Double(numberText(token)), value.isFinite else { throw outOfRange(Double.self, at: index) }
        return value
    }

    /// Straight from the text: by way of a `Double` it would be rounded twice.
    func float(at index: Int) throws -> Float {
        let token = tokens[index]
        guard token.kind == .integer || token.kind == .fraction else {
            throw mismatch(Float.self, "a number", at: index)
        }
        guard let value = Float(numberText(token)), value.isFinite else { throw outOfRange(Float.self, at: index) }
        return value
    }

    private func numberText(_ token: Token) -> String {
        bytes.withUnsafeBufferPointer { String(decoding: $0[token.range], as: UTF8.self) }
    }

    /// An array of numbers from 0 to 255, without a container and a call for each.
    func byteArray(at index: Int) throws -> [UInt8] {
        let token = tokens[index]
        guard token.kind == .array else { throw mismatch([UInt8].self, "an array of numbers", at: index) }
        var values: [UInt8] = []
        values.reserveCapacity(Int(token.extra))
        for element in index + 1..<index + 1 + Int(token.extra) {
            values.append(try integer(UInt8.self, at: element))
        }
        return values
    }
}
