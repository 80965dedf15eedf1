/// One value of a checked document, for a type that reads itself (`DirectJSON`).
public struct JSONReader {
    private let document: Document
    private let index: Int

    init(_ document: Document, _ index: Int) {
        self.document = document
        self.index = index
    }

    /// A member of this object. Others are ignored.
    /// - Throws: this is no object, or it has no such member.
    public func member(_ key: String) throws -> JSONReader {
        try requireObject()
        guard let value = document.member(key, of: index) else {
            throw document.missing(PathKey(stringValue: key), of: index)
        }
        return JSONReader(document, value)
    }

    /// A member of this object; nil if it has none of that name, or null.
    /// - Throws: this is no object.
    public func optionalMember(_ key: String) throws -> JSONReader? {
        try requireObject()
        guard let value = document.member(key, of: index), !document.isNull(at: value) else { return nil }
        return JSONReader(document, value)
    }

    /// The key and the value of this object's one member: the form of an enumeration's case.
    /// - Throws: this is no object, or it has not exactly one member.
    public func onlyMember() throws -> (key: String, value: JSONReader) {
        try requireObject()
        let key = index + 1
        guard key < Int(document.tokens[index].next), document.tokens[key + 1].next == document.tokens[index].next else {
            throw document.notOneCase(at: index)
        }
        return (document.text(at: key), JSONReader(document, key + 1))
    }

    /// The error that no case has this object's one key.
    public func unknownCase() -> JSONError { document.notOneCase(at: index) }

    // Exact, or an error: no integer, or one that does not fit. Not generic, as that would not be specialized in another module.
    public func int() throws -> Int { try document.integer(Int.self, at: index) }
    public func int64() throws -> Int64 { try document.integer(Int64.self, at: index) }
    public func uint64() throws -> UInt64 { try document.integer(UInt64.self, at: index) }
    public func string() throws -> String { try document.string(at: index) }
    public func double() throws -> Double { try document.double(at: index) }
    public func bool() throws -> Bool { try document.bool(at: index) }

    /// - Throws: this is no object.
    public func requireObject() throws {
        guard document.tokens[index].kind == .object else {
            throw document.mismatch([String: Any].self, "an object", at: index)
        }
    }
}

@available(*, unavailable) extension JSONReader: Sendable {}
