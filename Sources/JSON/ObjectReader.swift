/// Reads an object's members by key.
struct ObjectReader<Key: CodingKey>: KeyedDecodingContainerProtocol {
    let document: Document
    let object: Int

    init(_ document: Document, _ index: Int) throws {
        guard document.tokens[index].kind == .object else {
            throw document.mismatch([String: Any].self, "an object", at: index)
        }
        self.document = document
        object = index
    }

    var codingPath: [any CodingKey] { document.path(to: object) }

    /// In the order in which they stand; without those that are no `Key`.
    var allKeys: [Key] {
        if ObjectIdentifier(Key.self) == dictionaryKeyType { document.checkDictionaryKeys(of: object) }
        var keys: [Key] = []
        var index = object + 1
        let end = Int(document.tokens[object].next)
        while index < end {
            if let key = Key(stringValue: document.text(at: index)) { keys.append(key) }
            index = Int(document.tokens[index + 1].next)
        }
        return keys
    }

    func contains(_ key: Key) -> Bool { document.member(key.stringValue, of: object) != nil }

    private func value(_ key: Key) throws -> Int {
        guard let index = document.member(key.stringValue, of: object) else {
            throw document.missing(key, of: object)
        }
        return index
    }

    /// The member's value, if it is there and not null.
    private func present(_ key: Key) -> Int? {
        guard let index = document.member(key.stringValue, of: object), !document.isNull(at: index) else { return nil }
        return index
    }

    func decodeNil(forKey key: Key) throws -> Bool { document.isNull(at: try value(key)) }
    func decode(_: Bool.Type, forKey key: Key) throws -> Bool { try document.bool(at: value(key)) }
    func decode(_: String.Type, forKey key: Key) throws -> String { try document.string(at: value(key)) }
    func decode(_: Double.Type, forKey key: Key) throws -> Double { try document.double(at: value(key)) }
    func decode(_: Float.Type, forKey key: Key) throws -> Float { try document.float(at: value(key)) }
    func decode(_ type: Int.Type, forKey key: Key) throws -> Int { try document.integer(type, at: value(key)) }
    func decode(_ type: Int8.Type, forKey key: Key) throws -> Int8 { try document.integer(type, at: value(key)) }
    func decode(_ type: Int16.Type, forKey key: Key) throws -> Int16 { try document.integer(type, at: value(key)) }
    func decode(_ type: Int32.Type, forKey key: Key) throws -> Int32 { try document.integer(type, at: value(key)) }
    func decode(_ type: Int64.Type, forKey key: Key) throws -> Int64 { try document.integer(type, at: value(key)) }
    func decode(_ type: Int128.Type, forKey key: Key) throws -> Int128 { try document.integer(type, at: value(key)) }
    func decode(_ type: UInt.Type, forKey key: Key) throws -> UInt { try document.integer(type, at: value(key)) }
    func decode(_ type: UInt8.Type, forKey key: Key) throws -> UInt8 { try document.integer(type, at: value(key)) }
    func decode(_ type: UInt16.Type, forKey key: Key) throws -> UInt16 { try document.integer(type, at: value(key)) }
    func decode(_ type: UInt32.Type, forKey key: Key) throws -> UInt32 { try document.integer(type, at: value(key)) }
    func decode(_ type: UInt64.Type, forKey key: Key) throws -> UInt64 { try document.integer(type, at: value(key)) }
    func decode(_ type: UInt128.Type, forKey key: Key) throws -> UInt128 { try document.integer(type, at: value(key)) }

    func decode<Value: Decodable>(_ type: Value.Type, forKey key: Key) throws -> Value {
        try document.decode(type, at: value(key))
    }

    // The standard library's own would look each key up three times.
    func decodeIfPresent(_: Bool.Type, forKey key: Key) throws -> Bool? { try present(key).map(document.bool) }
    func decodeIfPresent(_: String.Type, forKey key: Key) throws -> String? { try present(key).map(document.string) }
    func decodeIfPresent(_: Double.Type, forKey key: Key) throws -> Double? { try present(key).map(document.double) }
    func decodeIfPresent(_: Float.Type, forKey key: Key) throws -> Float? { try present(key).map(document.float) }
    func decodeIfPresent(_ type: Int.Type, forKey key: Key) throws -> Int? {
        try present(key).map { try document.integer(type, at: $0) }
    }
    func decodeIfPresent(_ type: Int64.Type, forKey key: Key) throws -> Int64? {
        try present(key).map { try document.integer(type, at: $0) }
    }
    func decodeIfPresent(_ type: UInt64.Type, forKey key: Key) throws -> UInt64? {
        try present(key).map { try document.integer(type, at: $0) }
    }
    func decodeIfPresent<Value: Decodable>(_ type: Value.Type, forKey key: Key) throws -> Value? {
        try present(key).map { try document.decode(type, at: $0) }
    }

    func nestedContainer<Nested: CodingKey>(
        keyedBy _: Nested.Type, forKey key: Key
    ) throws -> KeyedDecodingContainer<Nested> {
        KeyedDecodingContainer(try ObjectReader<Nested>(document, value(key)))
    }

    func nestedUnkeyedContainer(forKey key: Key) throws -> any UnkeyedDecodingContainer {
        try ArrayReader(document, value(key))
    }

    func superDecoder() throws -> any Decoder {
        guard let index = document.member(PathKey.superclass.stringValue, of: object) else {
            throw document.missing(PathKey.superclass, of: object)
        }
        return ValueDecoder(document: document, index: index)
    }

    func superDecoder(forKey key: Key) throws -> any Decoder { ValueDecoder(document: document, index: try value(key)) }
}
