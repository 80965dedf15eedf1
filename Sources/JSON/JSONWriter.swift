/// The text of one value, for a type that writes itself (`DirectJSON`).
public struct JSONWriter {
    private var bytes: [UInt8]
    /// Whether the next member is its object's first.
    private var isFirst = true

    init() {
        bytes = []
        bytes.reserveCapacity(64)
    }

    consuming func take() -> [UInt8] { bytes }

    /// Writes an object of the members that `members` writes.
    public mutating func object(_ members: (inout JSONWriter) -> Void) {
        bytes.append(ASCII.openBrace)
        isFirst = true
        members(&self)
        bytes.append(ASCII.closeBrace)
        isFirst = false
    }

    /// Writes a member that is an object itself: with one such member, the form of an enumeration's case.
    public mutating func object(_ key: StaticString, _ members: (inout JSONWriter) -> Void) {
        begin(key)
        object(members)
    }

    public mutating func member(_ key: StaticString, _ value: Int) { write(key) { $0.value(value) } }
    public mutating func member(_ key: StaticString, _ value: Int64) { write(key) { $0.value(value) } }
    public mutating func member(_ key: StaticString, _ value: UInt64) { write(key) { $0.value(value) } }
    public mutating func member(_ key: StaticString, _ value: String) { write(key) { $0.value(value) } }
    public mutating func member(_ key: StaticString, _ value: Bool) { write(key) { $0.value(value) } }
    /// - Precondition: `value` is finite; JSON has no other numbers.
    public mutating func member(_ key: StaticString, _ value: Double) { write(key) { $0.value(value) } }

    // A whole value that is one scalar.
    public mutating func value(_ value: Int) { bytes.appendJSON(value) }
    public mutating func value(_ value: Int64) { bytes.appendJSON(value) }
    public mutating func value(_ value: UInt64) { bytes.appendJSON(value) }
    public mutating func value(_ value: String) { bytes.appendJSON(value) }
    public mutating func value(_ value: Bool) { bytes.appendJSON(value) }
    /// - Precondition: `value` is finite; JSON has no other numbers.
    public mutating func value(_ value: Double) {
        precondition(value.isFinite, "JSON has no number \(value)")
        bytes.append(contentsOf: value.description.utf8)
    }

    @inline(__always)
    private mutating func write(_ key: StaticString, _ value: (inout JSONWriter) -> Void) {
        begin(key)
        value(&self)
    }

    /// Comma, key, colon.
    private mutating func begin(_ key: StaticString) {
        if !isFirst { bytes.append(ASCII.comma) }
        isFirst = false
        bytes.append(ASCII.quote)
        let text = UnsafeBufferPointer(start: key.utf8Start, count: key.utf8CodeUnitCount)
        assert(text.allSatisfy { $0 >= 0x20 && $0 != ASCII.quote && $0 != ASCII.backslash }, "the key \(key) needs escapes")
        bytes.append(contentsOf: text)
        bytes.append(ASCII.quote)
        bytes.append(ASCII.colon)
    }
}

@available(*, unavailable) extension JSONWriter: Sendable {}

// Replies are often one number or text.

extension Int: DirectJSON {
    public init(json: JSONReader) throws { self = try json.int() }
    public func write(to json: inout JSONWriter) { json.value(self) }
}

extension Int64: DirectJSON {
    public init(json: JSONReader) throws { self = try json.int64() }
    public func write(to json: inout JSONWriter) { json.value(self) }
}

extension String: DirectJSON {
    public init(json: JSONReader) throws { self = try json.string() }
    public func write(to json: inout JSONWriter) { json.value(self) }
}

extension Bool: DirectJSON {
    public init(json: JSONReader) throws { self = try json.bool() }
    public func write(to json: inout JSONWriter) { json.value(self) }
}
