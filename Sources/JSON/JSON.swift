/// Values as JSON (RFC 8259) and back: what events, states, commands and replies are on disk and on the wire.
///
/// Strict: what is not RFC 8259 to the letter, or would be read differently by two readers (a key twice in one object,
/// text that is not UTF-8, half a surrogate pair), is refused. Deterministic: the same value is the same bytes in every
/// process, so that replicas can be compared byte by byte.
public enum JSON {
    /// Arrays and objects within one another: more are refused, in both directions.
    public static let depthMax = 64

    /// Bytes of one document.
    public static let bytesMax = Int(UInt32.max) / 2

    /// Encodes `value`, compact, members in the order in which its `encode(to:)` wrote them.
    ///
    /// A `Dictionary` is sorted by the bytes of its keys, a `Set` by the bytes of its encoded elements: their own order
    /// differs from process to process. (Seen where a property or element has that type, or a type's whole value is one;
    /// a `set.encode(to: encoder)` by hand stays unsorted.) `[UInt8]` is an array of numbers. Floating-point numbers are
    /// the shortest text that reads back as the same number. A value that writes nothing is `{}`.
    /// - Throws: `.notANumber` for NaN and the infinities; `.tooDeep` beyond `depthMax`; `.duplicateKey` for a dictionary
    ///   of which two keys have one text; `.invalidValue` for what the value's own `encode(to:)` throws.
    /// - Note: a type that writes one key twice by hand makes text that `decode` refuses.
    public static func encode(_ value: some Encodable) throws(JSONError) -> [UInt8] {
        try encode(value, reserving: 64)
    }

    /// Encodes `value` into an array that has room for `capacity` bytes from the start.
    public static func encode(_ value: some Encodable, reserving capacity: Int) throws(JSONError) -> [UInt8] {
        let output = JSONOutput(reserving: capacity)
        do {
            try output.encode(value)
            if let failure = output.failure { throw failure }
        } catch {
            throw JSONError(encoding: error)
        }
        return output.take()
    }

    /// Decodes one value from the whole of `bytes`. Members that `Value` does not ask for are checked and ignored.
    /// - Throws: `.malformed` and its kin for bytes that are not JSON; the others for JSON that is not a `Value`. The
    ///   message names the place.
    public static func decode<Value: Decodable>(
        _: Value.Type = Value.self, from bytes: [UInt8]
    ) throws(JSONError) -> Value {
        let document = try Document(bytes)
        let value: Value
        do {
            value = try document.decode(Value.self, at: 0)
        } catch {
            throw document.jsonError(for: error)
        }
        if let failure = document.failure { throw failure }
        return value
    }

    /// Throws unless `bytes` are one JSON value and nothing else.
    public static func validate(_ bytes: [UInt8]) throws(JSONError) {
        _ = try Document(bytes)
    }
}
