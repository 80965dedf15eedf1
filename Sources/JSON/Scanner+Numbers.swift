extension Scanner {
    /// RFC 8259 §6: `-`? (`0` | digits without leading zero) (`.` digits)? ((`e`|`E`) (`+`|`-`)? digits)?
    mutating func scanNumber() throws(JSONError) {
        let start = position
        if bytes[position] == ASCII.minus { position &+= 1 }
        let first = position
        try scanDigits("a digit")
        if bytes[first] == ASCII.zero, position - first > 1 {
            throw JSONError(.malformed, "a number starts with a superfluous 0", offset: start)
        }
        var kind = Token.Kind.integer
        if position < bytes.count, bytes[position] == ASCII.dot {
            kind = .fraction
            position &+= 1
            try scanDigits("a digit after the `.`")
        }
        if position < bytes.count, bytes[position] == ASCII.lowerE || bytes[position] == ASCII.upperE {
            kind = .fraction
            position &+= 1
            if position < bytes.count, bytes[position] == ASCII.plus || bytes[position] == ASCII.minus {
                position &+= 1
            }
            try scanDigits("a digit of the exponent")
        }
        append(kind, start, position - start)
    }

    private mutating func scanDigits(_ expected: String) throws(JSONError) {
        let start = position
        while position < bytes.count, bytes[position] &- ASCII.zero <= 9 { position &+= 1 }
        if position == start { throw unexpected(expected) }
    }
}
