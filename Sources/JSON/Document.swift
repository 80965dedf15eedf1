/// A checked document: its bytes and the flat index of its tokens. What decoders and containers point into.
final class Document {
    let bytes: [UInt8]
    // Unchecked: a document belongs to one call of `JSON.decode`, and no method calls out while it changes a token.
    @exclusivity(unchecked) private(set) var tokens: [Token]
    /// Set by a call that cannot throw; `JSON.decode` throws it at the end.
    @exclusivity(unchecked) var failure: JSONError?
    /// The innermost value whose `init(from:)` has thrown: where an error that names no place came from.
    @exclusivity(unchecked) private(set) var failedAt = 0

    /// - Throws: what `Scanner` finds wrong.
    init(_ bytes: [UInt8]) throws(JSONError) {
        tokens = try Scanner.scan(bytes)
        self.bytes = bytes
    }

    /// Decodes the value at `index` with the type's own `init(from:)`, but for the types that have a shorter way.
    func decode<Value: Decodable>(_: Value.Type, at index: Int) throws -> Value {
        if ObjectIdentifier(Value.self) == byteArrayType, let value = try byteArray(at: index) as? Value {
            return value
        }
        if Value.self == JSONText.self, let value = JSONText(checked: Array(bytes[span(of: index)])) as? Value {
            return value
        }
        do {
            return try Value(from: ValueDecoder(document: self, index: index))
        } catch {
            if failedAt <= index || failedAt >= Int(tokens[index].next) { failedAt = index }
            throw error
        }
    }

    /// The value token of the member `key` of the object at `object`; nil if it has none.
    func member(_ key: String, of object: Int) -> Int? {
        let start = object + 1
        let token = tokens[object]
        let end = Int(token.next)
        let hint = Int(token.extra)
        var index = hint
        while index < end {
            if isText(key, at: index) { return found(index, in: object) }
            index = Int(tokens[index + 1].next)
        }
        index = start
        while index < hint {
            if isText(key, at: index) { return found(index, in: object) }
            index = Int(tokens[index + 1].next)
        }
        return nil
    }

    private func found(_ key: Int, in object: Int) -> Int {
        tokens[object].extra = tokens[key + 1].next
        return key + 1
    }

    /// Whether the string token at `index` is `text`, code point by code point.
    ///
    /// Not `==` of `String`, for which a precomposed and a decomposed letter are the same.
    private func isText(_ text: String, at index: Int) -> Bool {
        let token = tokens[index]
        if token.kind == .escapedString {
            // An escape is two to six times as long as what it stands for.
            let count = text.utf8.count
            guard token.length > count, token.length <= 6 * count else { return false }
            return unescaped(bytes, token.range).elementsEqual(text.utf8)
        }
        var text = text
        return text.withUTF8 { utf8 in
            guard utf8.count == Int(token.length) else { return false }
            var position = Int(token.offset)
            for byte in utf8 {
                if bytes[position] != byte { return false }
                position &+= 1
            }
            return true
        }
    }

    /// The text of the string token at `index`.
    func text(at index: Int) -> String {
        let token = tokens[index]
        if token.kind == .escapedString { return String(decoding: unescaped(bytes, token.range), as: UTF8.self) }
        return bytes.withUnsafeBufferPointer { String(decoding: $0[token.range], as: UTF8.self) }
    }

    /// The bytes of the whole value at `index`, with a string's quotes.
    func span(of index: Int) -> Range<Int> {
        let token = tokens[index]
        switch token.kind {
        case .string, .escapedString: return token.range.lowerBound - 1..<token.range.upperBound + 1
        default: return token.range
        }
    }
}

/// Looked up once: the metadata of a generic type is found through a table.
let byteArrayType = ObjectIdentifier([UInt8].self)
