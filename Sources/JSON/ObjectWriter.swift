/// Writes an object's members.
struct ObjectWriter<Key: CodingKey>: KeyedEncodingContainerProtocol {
    let output: JSONOutput
    let place: JSONOutput.Place
    let isSorted: Bool

    var codingPath: [any CodingKey] { output.path(of: place) }

    private func begin(_ key: Key) { output.beginMember(key.stringValue, at: place, isSorted: isSorted) }

    /// Writes a member, or nothing of it if its value cannot be written.
    private func attempt(_ key: Key, _ write: () throws -> Void) throws {
        output.enter(place)
        let mark = output.mark
        do {
            begin(key)
            try write()
        } catch {
            output.rollBack(to: mark)
            throw error
        }
    }

    private func integer(_ value: some FixedWidthInteger, _ key: Key) {
        begin(key)
        output.append(value)
    }

    func encodeNil(forKey key: Key) {
        begin(key)
        output.appendNull()
    }

    func encode(_ value: Bool, forKey key: Key) {
        begin(key)
        output.append(value)
    }

    func encode(_ value: String, forKey key: Key) {
        begin(key)
        output.append(value)
    }

    func encode(_ value: Double, forKey key: Key) throws { try attempt(key) { try output.append(value) } }
    func encode(_ value: Float, forKey key: Key) throws { try attempt(key) { try output.append(value) } }
    func encode(_ value: Int, forKey key: Key) { integer(value, key) }
    func encode(_ value: Int8, forKey key: Key) { integer(value, key) }
    func encode(_ value: Int16, forKey key: Key) { integer(value, key) }
    func encode(_ value: Int32, forKey key: Key) { integer(value, key) }
    func encode(_ value: Int64, forKey key: Key) { integer(value, key) }
    func encode(_ value: Int128, forKey key: Key) { integer(value, key) }
    func encode(_ value: UInt, forKey key: Key) { integer(value, key) }
    func encode(_ value: UInt8, forKey key: Key) { integer(value, key) }
    func encode(_ value: UInt16, forKey key: Key) { integer(value, key) }
    func encode(_ value: UInt32, forKey key: Key) { integer(value, key) }
    func encode(_ value: UInt64, forKey key: Key) { integer(value, key) }
    func encode(_ value: UInt128, forKey key: Key) { integer(value, key) }
    func encode<Value: Encodable>(_ value: Value, forKey key: Key) throws {
        try attempt(key) { try output.encode(value) }
    }

    func nestedContainer<Nested: CodingKey>(
        keyedBy _: Nested.Type, forKey key: Key
    ) -> KeyedEncodingContainer<Nested> {
        begin(key)
        return KeyedEncodingContainer(
            ObjectWriter<Nested>(output: output, place: output.push(.object), isSorted: false))
    }

    func nestedUnkeyedContainer(forKey key: Key) -> any UnkeyedEncodingContainer {
        begin(key)
        return ArrayWriter(output: output, place: output.push(.array), isSorted: false)
    }

    func superEncoder() -> any Encoder {
        output.beginMember(PathKey.superclass.stringValue, at: place, isSorted: isSorted)
        return ValueEncoder(output: output, place: output.push(.undecided))
    }

    func superEncoder(forKey key: Key) -> any Encoder {
        begin(key)
        return ValueEncoder(output: output, place: output.push(.undecided))
    }
}
