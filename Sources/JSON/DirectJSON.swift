/// A value that writes and reads its own JSON, without the containers of `Codable`: for a small value a fifth of the work.
///
/// Optional, for events, commands and states that are written all the time; `Codable` is enough for everything else. Both must agree:
/// what `write` writes is what `encode(to:)` would, byte for byte, and `init(json:)` reads what `init(from:)` reads.
///
/// ```swift
/// extension Transfer: DirectJSON {
///     init(json: JSONReader) throws {
///         self.init(to: try json.member("to").string(), amount: try json.member("amount").int())
///     }
///     func write(to json: inout JSONWriter) {
///         json.object { json in
///             json.member("to", to)
///             json.member("amount", amount)
///         }
///     }
/// }
/// ```
public protocol DirectJSON: Codable, Sendable {
    /// - Throws: what the reader throws, and anything of the type's own for a value that it refuses.
    init(json: JSONReader) throws
    func write(to json: inout JSONWriter)
}

/// The way of one type to JSON and back: its own if it has one, else `Codable`. Looked up once and kept, as the look-up costs more than a
/// small value.
public struct JSONCoder<Value: Codable & Sendable>: Sendable {
    /// The value as JSON, as `JSON.encode` gives it.
    public let encode: @Sendable (Value) throws(JSONError) -> [UInt8]
    /// The value of the whole of some bytes, as strict as `JSON.decode`.
    public let decode: @Sendable ([UInt8]) throws(JSONError) -> Value

    public init() {
        if let direct = Value.self as? any DirectJSON.Type {
            self = Self.direct(direct)
        } else {
            encode = { (value: Value) throws(JSONError) in try JSON.encode(value) }
            decode = { (bytes: [UInt8]) throws(JSONError) in try JSON.decode(Value.self, from: bytes) }
        }
    }

    private init(
        encode: @escaping @Sendable (Value) throws(JSONError) -> [UInt8],
        decode: @escaping @Sendable ([UInt8]) throws(JSONError) -> Value
    ) {
        self.encode = encode
        self.decode = decode
    }

    /// - Parameter type: `Value` itself.
    private static func direct<Direct: DirectJSON>(_ type: Direct.Type) -> JSONCoder {
        let coder = JSONCoder<Direct>(
            encode: { (value: Direct) throws(JSONError) in JSON.encode(direct: value) },
            decode: { (bytes: [UInt8]) throws(JSONError) in try JSON.decode(direct: type, from: bytes) })
        // One type under two names.
        return coder as! JSONCoder
    }
}

extension JSON {
    static func encode(direct value: some DirectJSON) -> [UInt8] {
        var writer = JSONWriter()
        value.write(to: &writer)
        return writer.take()
    }

    static func decode<Value: DirectJSON>(direct _: Value.Type, from bytes: [UInt8]) throws(JSONError) -> Value {
        let document = try Document(bytes)
        do { return try Value(json: JSONReader(document, 0)) } catch {
            throw document.jsonError(for: error)
        }
    }
}
