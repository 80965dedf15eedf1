/// Checks that bytes are one RFC 8259 value, and makes the flat index of its tokens.
///
/// All strictness is here, so that it also holds for the parts of a document that nobody decodes.
struct Scanner {
    let bytes: [UInt8]
    var position = 0
    var tokens: [Token] = []

    static func scan(_ bytes: [UInt8]) throws(JSONError) -> [Token] {
        guard bytes.count <= JSON.bytesMax else {
            throw JSONError(.tooLarge, "\(bytes.count) bytes are more than the \(JSON.bytesMax) that are allowed")
        }
        var scanner = Scanner(bytes: bytes)
        scanner.tokens.reserveCapacity(min(8 + bytes.count / 8, 1 << 16))
        try scanner.scanValue(depth: 0)
        scanner.skipSpace()
        guard scanner.position == bytes.count else { throw scanner.unexpected("the end of the text") }
        return scanner.tokens
    }

    private init(bytes: [UInt8]) { self.bytes = bytes }

    mutating func skipSpace() {
        while position < bytes.count {
            switch bytes[position] {
            case ASCII.space, ASCII.newline, ASCII.carriageReturn, ASCII.tab: position &+= 1
            default: return
            }
        }
    }

    private mutating func scanValue(depth: Int) throws(JSONError) {
        skipSpace()
        guard position < bytes.count else { throw unexpected("a value") }
        switch bytes[position] {
        case ASCII.quote: try scanString()
        case ASCII.openBrace: try scanObject(depth: depth + 1)
        case ASCII.openBracket: try scanArray(depth: depth + 1)
        case ASCII.minus, ASCII.zero...ASCII.nine: try scanNumber()
        case UInt8(ascii: "t"): try scanLiteral("true", .isTrue)
        case UInt8(ascii: "f"): try scanLiteral("false", .isFalse)
        case UInt8(ascii: "n"): try scanLiteral("null", .null)
        default: throw unexpected("a value")
        }
    }

    private mutating func scanObject(depth: Int) throws(JSONError) {
        let index = try open(.object, depth: depth)
        skipSpace()
        if position < bytes.count, bytes[position] == ASCII.closeBrace {
            close(index, extra: UInt32(index + 1))
            return
        }
        var members = 0
        while true {
            skipSpace()
            guard position < bytes.count, bytes[position] == ASCII.quote else {
                throw unexpected(members == 0 ? "a key in quotes or `}`" : "a key in quotes")
            }
            try scanString()
            skipSpace()
            guard position < bytes.count, bytes[position] == ASCII.colon else { throw unexpected("`:`") }
            position &+= 1
            try scanValue(depth: depth)
            members &+= 1
            skipSpace()
            guard position < bytes.count else { throw unexpected("`,` or `}`") }
            if bytes[position] == ASCII.closeBrace { break }
            guard bytes[position] == ASCII.comma else { throw unexpected("`,` or `}`") }
            position &+= 1
        }
        if members > 1 { try checkKeys(of: index, count: members) }
        close(index, extra: UInt32(index + 1))
    }

    private mutating func scanArray(depth: Int) throws(JSONError) {
        let index = try open(.array, depth: depth)
        skipSpace()
        if position < bytes.count, bytes[position] == ASCII.closeBracket {
            close(index, extra: 0)
            return
        }
        var elements: UInt32 = 0
        while true {
            try scanValue(depth: depth)
            elements &+= 1
            skipSpace()
            guard position < bytes.count else { throw unexpected("`,` or `]`") }
            if bytes[position] == ASCII.closeBracket { break }
            guard bytes[position] == ASCII.comma else { throw unexpected("`,` or `]`") }
            position &+= 1
        }
        close(index, extra: elements)
    }

    private mutating func open(_ kind: Token.Kind, depth: Int) throws(JSONError) -> Int {
        guard depth <= JSON.depthMax else {
            throw JSONError(
                .tooDeep, "more than \(JSON.depthMax) arrays and objects stand within one another", offset: position)
        }
        tokens.append(Token(kind: kind, offset: UInt32(truncatingIfNeeded: position)))
        position &+= 1
        return tokens.count - 1
    }

    private mutating func close(_ index: Int, extra: UInt32) {
        position &+= 1
        tokens[index].length = UInt32(truncatingIfNeeded: position) &- tokens[index].offset
        tokens[index].next = UInt32(truncatingIfNeeded: tokens.count)
        tokens[index].extra = extra
    }

    mutating func append(_ kind: Token.Kind, _ offset: Int, _ length: Int) {
        tokens.append(
            Token(
                kind: kind, offset: UInt32(truncatingIfNeeded: offset), length: UInt32(truncatingIfNeeded: length),
                next: UInt32(truncatingIfNeeded: tokens.count &+ 1)))
    }

    private mutating func scanLiteral(_ word: StaticString, _ kind: Token.Kind) throws(JSONError) {
        let start = position
        for offset in 0..<word.utf8CodeUnitCount {
            guard position < bytes.count, bytes[position] == word.utf8Start[offset] else {
                throw position < bytes.count
                    ? JSONError(.malformed, "expected a value, found a word that is not `\(word)`", offset: start)
                    : unexpected("`\(word)`")
            }
            position &+= 1
        }
        append(kind, start, position - start)
    }

    /// The error that here, where something else stands or the text ends, `expected` was to stand.
    func unexpected(_ expected: String) -> JSONError {
        guard position < bytes.count else {
            return JSONError(.malformed, "expected \(expected), but the text ends", offset: position)
        }
        let byte = bytes[position]
        let found =
            (0x21...0x7E).contains(byte)
            ? "`\(Character(Unicode.Scalar(byte)))`" : "the byte 0x\(String(byte, radix: 16, uppercase: true))"
        return JSONError(.malformed, "expected \(expected), found \(found)", offset: position)
    }
}
