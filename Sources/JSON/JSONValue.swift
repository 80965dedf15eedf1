/// Any JSON value.
///
/// For what has no type of its own: what a command line prints, what a person typed.
/// ```swift
/// let value: JSONValue = ["shard": "counter/7", "members": [1, 2, 3]]
/// let balance = try JSONValue.parse(state)["balance"]?.integer
/// ```
public enum JSONValue: Hashable, Sendable {
    case null
    case bool(Bool)
    case integer(Int64)
    /// Only above `Int64.max`: what fits both is an `integer`.
    case unsigned(UInt64)
    /// A number with a fraction or an exponent. Finite: `serialized` writes null for any other.
    case number(Double)
    case string(String)
    case array([JSONValue])
    case object(JSONObject)

    /// Reads one value.
    /// - Throws: what is not RFC 8259, and integers beyond 64 bits: to round one in silence would be to lose it.
    public static func parse(_ bytes: [UInt8]) throws(JSONError) -> JSONValue {
        try JSON.decode(JSONValue.self, from: bytes)
    }

    /// Reads one value.
    public static func parse(_ text: String) throws(JSONError) -> JSONValue { try parse(Array(text.utf8)) }

    public var isNull: Bool { self == .null }

    public var bool: Bool? {
        if case .bool(let value) = self { value } else { nil }
    }

    /// The number, if it is an integer of 64 bits with sign.
    public var integer: Int64? {
        if case .integer(let value) = self { value } else { nil }
    }

    /// The number, if it is an integer of 64 bits without sign.
    public var unsigned: UInt64? {
        switch self {
        case .integer(let value): UInt64(exactly: value)
        case .unsigned(let value): value
        default: nil
        }
    }

    /// The number, rounded if it is an integer of more than 53 bits.
    public var double: Double? {
        switch self {
        case .integer(let value): Double(value)
        case .unsigned(let value): Double(value)
        case .number(let value): value
        default: nil
        }
    }

    public var string: String? {
        if case .string(let value) = self { value } else { nil }
    }

    public var array: [JSONValue]? {
        if case .array(let value) = self { value } else { nil }
    }

    public var object: JSONObject? {
        if case .object(let value) = self { value } else { nil }
    }

    /// The value of an object's member; nil if this is no object, or has no such member.
    public subscript(key: String) -> JSONValue? { object?[key] }

    /// An array's element; nil if this is no array, or has no such element.
    public subscript(index: Int) -> JSONValue? {
        guard let array, array.indices.contains(index) else { return nil }
        return array[index]
    }
}

extension JSONValue: ExpressibleByNilLiteral, ExpressibleByBooleanLiteral, ExpressibleByIntegerLiteral,
    ExpressibleByFloatLiteral, ExpressibleByStringLiteral, ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral
{
    public init(nilLiteral: ()) { self = .null }
    public init(booleanLiteral value: Bool) { self = .bool(value) }
    public init(integerLiteral value: Int64) { self = .integer(value) }
    public init(floatLiteral value: Double) { self = .number(value) }
    public init(stringLiteral value: String) { self = .string(value) }
    public init(arrayLiteral elements: JSONValue...) { self = .array(elements) }
    /// - Precondition: no key twice.
    public init(dictionaryLiteral members: (String, JSONValue)...) { self = .object(JSONObject(members)) }
}

extension JSONValue {
    /// The number as `integer`, or `unsigned` if it is above `Int64.max`.
    public init(_ value: UInt64) {
        if let value = Int64(exactly: value) { self = .integer(value) } else { self = .unsigned(value) }
    }

    public init(_ value: Int) { self = .integer(Int64(value)) }
    public init(_ value: String) { self = .string(value) }
    public init(_ value: Bool) { self = .bool(value) }
}
