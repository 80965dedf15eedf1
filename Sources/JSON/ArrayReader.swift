/// Reads an array's elements one after another.
struct ArrayReader: UnkeyedDecodingContainer {
    let document: Document
    let array: Int
    private var next: Int
    private(set) var currentIndex = 0

    init(_ document: Document, _ index: Int) throws {
        guard document.tokens[index].kind == .array else {
            throw document.mismatch([Any].self, "an array", at: index)
        }
        self.document = document
        array = index
        next = index + 1
    }

    var codingPath: [any CodingKey] { document.path(to: array) }
    var count: Int? { Int(document.tokens[array].extra) }
    var isAtEnd: Bool { next >= Int(document.tokens[array].next) }

    private func element(_ type: any Any.Type) throws -> Int {
        if isAtEnd { throw document.missing(type, element: currentIndex, of: array) }
        return next
    }

    private mutating func advance() {
        next = Int(document.tokens[next].next)
        currentIndex += 1
    }

    private mutating func integer<Value: FixedWidthInteger>(_ type: Value.Type) throws -> Value {
        let value = try document.integer(type, at: element(type))
        advance()
        return value
    }

    mutating func decodeNil() throws -> Bool {
        guard document.isNull(at: try element(Never.self)) else { return false }
        advance()
        return true
    }

    mutating func decode(_ type: Bool.Type) throws -> Bool {
        let value = try document.bool(at: element(type))
        advance()
        return value
    }

    mutating func decode(_ type: String.Type) throws -> String {
        let value = try document.string(at: element(type))
        advance()
        return value
    }

    mutating func decode(_ type: Double.Type) throws -> Double {
        let value = try document.double(at: element(type))
        advance()
        return value
    }

    mutating func decode(_ type: Float.Type) throws -> Float {
        let value = try document.float(at: element(type))
        advance()
        return value
    }

    mutating func decode(_ type: Int.Type) throws -> Int { try integer(type) }
    mutating func decode(_ type: Int8.Type) throws -> Int8 { try integer(type) }
    mutating func decode(_ type: Int16.Type) throws -> Int16 { try integer(type) }
    mutating func decode(_ type: Int32.Type) throws -> Int32 { try integer(type) }
    mutating func decode(_ type: Int64.Type) throws -> Int64 { try integer(type) }
    mutating func decode(_ type: Int128.Type) throws -> Int128 { try integer(type) }
    mutating func decode(_ type: UInt.Type) throws -> UInt { try integer(type) }
    mutating func decode(_ type: UInt8.Type) throws -> UInt8 { try integer(type) }
    mutating func decode(_ type: UInt16.Type) throws -> UInt16 { try integer(type) }
    mutating func decode(_ type: UInt32.Type) throws -> UInt32 { try integer(type) }
    mutating func decode(_ type: UInt64.Type) throws -> UInt64 { try integer(type) }
    mutating func decode(_ type: UInt128.Type) throws -> UInt128 { try integer(type) }

    mutating func decode<Value: Decodable>(_ type: Value.Type) throws -> Value {
        let value = try document.decode(type, at: element(type))
        advance()
        return value
    }

    mutating func nestedContainer<Key: CodingKey>(keyedBy _: Key.Type) throws -> KeyedDecodingContainer<Key> {
        let reader = try ObjectReader<Key>(document, element(KeyedDecodingContainer<Key>.self))
        advance()
        return KeyedDecodingContainer(reader)
    }

    mutating func nestedUnkeyedContainer() throws -> any UnkeyedDecodingContainer {
        let reader = try ArrayReader(document, element((any UnkeyedDecodingContainer).self))
        advance()
        return reader
    }

    mutating func superDecoder() throws -> any Decoder {
        let decoder = ValueDecoder(document: document, index: try element((any Decoder).self))
        advance()
        return decoder
    }
}
