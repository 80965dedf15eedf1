/// An encoder of one value into an output: two words, so that it travels without an allocation.
struct ValueEncoder: Encoder {
    let output: JSONOutput
    let place: JSONOutput.Place

    var codingPath: [any CodingKey] { output.path(of: place) }
    var userInfo: [CodingUserInfoKey: Any] { [:] }

    func container<Key: CodingKey>(keyedBy _: Key.Type) -> KeyedEncodingContainer<Key> {
        output.begin(.object, at: place)
        let isSorted = ObjectIdentifier(Key.self) == dictionaryKeyType
        if isSorted { output.beginSorting() }
        return KeyedEncodingContainer(ObjectWriter<Key>(output: output, place: place, isSorted: isSorted))
    }

    func unkeyedContainer() -> any UnkeyedEncodingContainer {
        output.begin(.array, at: place)
        let isSorted = output.frames[Int(place.frame)].type is any Unordered.Type
        if isSorted { output.beginSorting() }
        return ArrayWriter(output: output, place: place, isSorted: isSorted)
    }

    func singleValueContainer() -> any SingleValueEncodingContainer { self }
}

extension ValueEncoder: SingleValueEncodingContainer {
    func encodeNil() {
        output.beginScalar(at: place)
        output.appendNull()
    }

    func encode(_ value: Bool) {
        output.beginScalar(at: place)
        output.append(value)
    }

    func encode(_ value: String) {
        output.beginScalar(at: place)
        output.append(value)
    }

    func encode(_ value: Double) throws { try attempt { try output.append(value) } }
    func encode(_ value: Float) throws { try attempt { try output.append(value) } }

    private func integer(_ value: some FixedWidthInteger) {
        output.beginScalar(at: place)
        output.append(value)
    }

    func encode(_ value: Int) { integer(value) }
    func encode(_ value: Int8) { integer(value) }
    func encode(_ value: Int16) { integer(value) }
    func encode(_ value: Int32) { integer(value) }
    func encode(_ value: Int64) { integer(value) }
    func encode(_ value: Int128) { integer(value) }
    func encode(_ value: UInt) { integer(value) }
    func encode(_ value: UInt8) { integer(value) }
    func encode(_ value: UInt16) { integer(value) }
    func encode(_ value: UInt32) { integer(value) }
    func encode(_ value: UInt64) { integer(value) }
    func encode(_ value: UInt128) { integer(value) }

    func encode<Value: Encodable>(_ value: Value) throws { try attempt { try output.encode(value) } }

    /// Writes the value, or nothing if it cannot be written: the type may then try another.
    private func attempt(_ write: () throws -> Void) throws {
        output.beginScalar(at: place)
        let mark = output.mark
        do {
            try write()
        } catch {
            output.rollBack(to: mark)
            output.frames[output.top].kind = .undecided
            throw error
        }
    }
}
