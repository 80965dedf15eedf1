/// Writes an array's elements one after another.
struct ArrayWriter: UnkeyedEncodingContainer {
    let output: JSONOutput
    let place: JSONOutput.Place
    let isSorted: Bool
    private(set) var count = 0

    init(output: JSONOutput, place: JSONOutput.Place, isSorted: Bool) {
        self.output = output
        self.place = place
        self.isSorted = isSorted
    }

    var codingPath: [any CodingKey] { output.path(of: place) }

    private mutating func begin() {
        output.beginElement(at: place, isSorted: isSorted)
        count += 1
    }

    /// Writes an element, or nothing of it if it cannot be written.
    private mutating func attempt(_ write: () throws -> Void) throws {
        output.enter(place)
        let mark = output.mark
        let before = count
        do {
            begin()
            try write()
        } catch {
            output.rollBack(to: mark)
            count = before
            throw error
        }
    }

    private mutating func integer(_ value: some FixedWidthInteger) {
        begin()
        output.append(value)
    }

    mutating func encodeNil() {
        begin()
        output.appendNull()
    }

    mutating func encode(_ value: Bool) {
        begin()
        output.append(value)
    }

    mutating func encode(_ value: String) {
        begin()
        output.append(value)
    }

    mutating func encode(_ value: Double) throws {
        let output = output
        try attempt { try output.append(value) }
    }

    mutating func encode(_ value: Float) throws {
        let output = output
        try attempt { try output.append(value) }
    }

    mutating func encode(_ value: Int) { integer(value) }
    mutating func encode(_ value: Int8) { integer(value) }
    mutating func encode(_ value: Int16) { integer(value) }
    mutating func encode(_ value: Int32) { integer(value) }
    mutating func encode(_ value: Int64) { integer(value) }
    mutating func encode(_ value: Int128) { integer(value) }
    mutating func encode(_ value: UInt) { integer(value) }
    mutating func encode(_ value: UInt8) { integer(value) }
    mutating func encode(_ value: UInt16) { integer(value) }
    mutating func encode(_ value: UInt32) { integer(value) }
    mutating func encode(_ value: UInt64) { integer(value) }
    mutating func encode(_ value: UInt128) { integer(value) }

    mutating func encode<Value: Encodable>(_ value: Value) throws {
        let output = output
        try attempt { try output.encode(value) }
    }

    mutating func nestedContainer<Nested: CodingKey>(keyedBy _: Nested.Type) -> KeyedEncodingContainer<Nested> {
        begin()
        return KeyedEncodingContainer(
            ObjectWriter<Nested>(output: output, place: output.push(.object), isSorted: false))
    }

    mutating func nestedUnkeyedContainer() -> any UnkeyedEncodingContainer {
        begin()
        return ArrayWriter(output: output, place: output.push(.array), isSorted: false)
    }

    mutating func superEncoder() -> any Encoder {
        begin()
        return ValueEncoder(output: output, place: output.push(.undecided))
    }
}
