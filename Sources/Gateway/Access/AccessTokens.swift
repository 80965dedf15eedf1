internal import Crypto
public import JSON

/// The tokens of a gateway as they lie in a file: names, roles, and hashes from which no token can be had back.
///
/// ```json
/// {"tokens": [{"name": "grafana", "role": "read", "sha256": "…64 hex digits…", "created": "2026-03-01T12:00:00Z"}]}
/// ```
///
/// A token is 256 bits from the system's generator, so a plain SHA-256 of it cannot be guessed back; a slow hash, as passwords need,
/// would only make every request slow.
public struct AccessTokens: Codable, Hashable, Sendable {
    public private(set) var tokens: [Token] = []

    public struct Token: Codable, Hashable, Sendable {
        public var name: String
        public var role: AccessRole
        /// SHA-256 of the token's text, in hexadecimal.
        public var sha256: String
        /// ISO 8601.
        public var created: String
    }

    public static let nameBytes = 1...64
    private static let prefix = "hf_"

    public init() {}

    /// - Throws: for what is no JSON of this form, names that are given twice, and hashes that are none.
    public init(json: [UInt8]) throws(JSONError) {
        self = try JSON.decode(AccessTokens.self, from: json)
        var names: Set<String> = []
        for (place, token) in tokens.enumerated() {
            guard names.insert(token.name).inserted else {
                throw JSONError(.invalidValue, "the name “\(token.name)” is given twice", path: "tokens[\(place)].name")
            }
            guard token.digest != nil else {
                throw JSONError(.invalidValue, "it must be the 64 hexadecimal digits of a SHA-256", path: "tokens[\(place)].sha256")
            }
        }
    }

    /// Adds a token that nobody has seen before.
    ///
    /// - Parameter created: ISO 8601.
    /// - Returns: the token itself, which is kept nowhere; nil if the name is taken.
    public mutating func create(name: String, role: AccessRole, created: String) -> String? {
        guard !tokens.contains(where: { $0.name == name }) else { return nil }
        var generator = SystemRandomNumberGenerator()
        let secret = Self.prefix + (0..<4).map { _ in Self.hex(generator.next()) }.joined()
        let digest = Self.digest(Array(secret.utf8)[...])
        tokens.append(Token(name: name, role: role, sha256: digest.map { Self.hex($0) }.joined(), created: created))
        return secret
    }

    /// - Returns: whether there was such a token.
    public mutating func revoke(name: String) -> Bool {
        let count = tokens.count
        tokens.removeAll { $0.name == name }
        return tokens.count < count
    }

    // MARK: Hashes

    static func digest(_ token: ArraySlice<UInt8>) -> [UInt8] { Array(SHA256.hash(data: token)) }

    private static func hex(_ number: some FixedWidthInteger & UnsignedInteger) -> String {
        let digits = String(number, radix: 16)
        return String(repeating: "0", count: number.bitWidth / 4 - digits.count) + digits
    }
}

extension AccessTokens.Token {
    /// Nil if the text is no digest.
    var digest: [UInt8]? {
        guard sha256.utf8.count == 64 else { return nil }
        var bytes: [UInt8] = []
        var rest = sha256[...]
        while !rest.isEmpty {
            guard let byte = UInt8(rest.prefix(2), radix: 16), !rest.hasPrefix("+") else { return nil }
            bytes.append(byte)
            rest = rest.dropFirst(2)
        }
        return bytes
    }
}
