/// One value, or one member's key, in the flat index that the scanner makes over a document's bytes.
///
/// An array's or object's tokens follow it up to `next`; in an object keys and values alternate. So a subtree is skipped
/// in one step, and nothing is built for a value until its type is known.
struct Token {
    enum Kind: UInt8 {
        case null, isFalse, isTrue
        /// Digits only, perhaps after a minus: may be too long for any integer type.
        case integer
        /// A number with a fraction or an exponent.
        case fraction
        /// Its bytes are its text.
        case string
        /// A string with at least one backslash.
        case escapedString
        case array, object
    }

    var kind: Kind
    /// The first byte; of a string, the one after the quote.
    var offset: UInt32
    /// Bytes; of a string, without the quotes.
    var length: UInt32 = 0
    /// The index of the first token after this value and all within it.
    var next: UInt32 = 0
    /// An array's number of elements. An object's key token at which the next look-up starts: members are mostly asked
    /// for in the order in which they stand.
    var extra: UInt32 = 0

    var range: Range<Int> { Int(offset)..<Int(offset) + Int(length) }

    /// How a message calls it.
    var name: String {
        switch kind {
        case .null: "null"
        case .isFalse: "false"
        case .isTrue: "true"
        case .integer: "an integer"
        case .fraction: "a number with a fraction or an exponent"
        case .string, .escapedString: "a string"
        case .array: "an array"
        case .object: "an object"
        }
    }
}

/// The bytes that JSON's grammar names.
enum ASCII {
    static let tab: UInt8 = 0x09
    static let newline: UInt8 = 0x0A
    static let carriageReturn: UInt8 = 0x0D
    static let space: UInt8 = 0x20
    static let quote: UInt8 = 0x22
    static let plus: UInt8 = 0x2B
    static let comma: UInt8 = 0x2C
    static let minus: UInt8 = 0x2D
    static let dot: UInt8 = 0x2E
    static let slash: UInt8 = 0x2F
    static let zero: UInt8 = 0x30
    static let nine: UInt8 = 0x39
    static let colon: UInt8 = 0x3A
    static let upperE: UInt8 = 0x45
    static let openBracket: UInt8 = 0x5B
    static let backslash: UInt8 = 0x5C
    static let closeBracket: UInt8 = 0x5D
    static let lowerE: UInt8 = 0x65
    static let openBrace: UInt8 = 0x7B
    static let closeBrace: UInt8 = 0x7D
}
