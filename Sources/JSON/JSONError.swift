/// Why bytes are not the JSON that was asked for, or why a value cannot become JSON.
///
/// - Note: `description` is for people: "`by`: expected an integer, found a string, at byte 6".
public struct JSONError: Error, Sendable, CustomStringConvertible {
    /// What went wrong, in one word. Codes may be added.
    public struct Code: Hashable, Sendable, CustomStringConvertible {
        public let description: String

        /// Not RFC 8259.
        public static let malformed = Code(description: "malformed")
        /// A key twice in one object.
        public static let duplicateKey = Code(description: "duplicateKey")
        /// More than `JSON.depthMax` arrays and objects within one another.
        public static let tooDeep = Code(description: "tooDeep")
        /// More than `JSON.bytesMax` bytes.
        public static let tooLarge = Code(description: "tooLarge")
        /// A string where a number is wanted, and so on.
        public static let typeMismatch = Code(description: "typeMismatch")
        /// A member, or an array's element, is not there.
        public static let missing = Code(description: "missing")
        /// A number that its type cannot hold.
        public static let outOfRange = Code(description: "outOfRange")
        /// NaN or an infinity: JSON has no word for them.
        public static let notANumber = Code(description: "notANumber")
        /// The right shape, but its type refuses the value.
        public static let invalidValue = Code(description: "invalidValue")
    }

    public var code: Code
    /// Where in the value: `items[3].name`; empty for the value as a whole.
    public var path: String
    /// Where in the bytes; nil when encoding.
    public var offset: Int?
    /// What is wrong there.
    public var reason: String
    /// The error of the type's own code, if it was that which refused.
    public var cause: (any Error)?

    public init(_ code: Code, _ reason: String, path: String = "", offset: Int? = nil, cause: (any Error)? = nil) {
        self.code = code
        self.path = path
        self.offset = offset
        self.reason = reason
        self.cause = cause
    }

    public var description: String {
        let place = path.isEmpty ? "" : "`\(path)`: "
        let position = offset.map { ", at byte \($0)" } ?? ""
        return place + reason + position
    }
}

extension JSONError {
    /// What an `encode(to:)` threw.
    init(encoding error: any Error) {
        switch error {
        case let error as JSONError:
            self = error
        case EncodingError.invalidValue(_, let context):
            if let cause = context.underlyingError as? JSONError {
                self = cause
            } else {
                let path = PathKey.text(context.codingPath)
                self.init(.invalidValue, context.debugDescription, path: path, cause: error)
            }
        default:
            self.init(.invalidValue, "\(error)", cause: error)
        }
    }
}
