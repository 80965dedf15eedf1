internal import HTTPTypes
internal import Primitives

/// A request as the endpoints see it.
struct Inquiry: Sendable {
    var method: HTTPRequest.Method
    var target: RequestTarget
    var fields: HTTPFields
    /// The Host field, which stands apart from the others.
    var host: String?
    /// What errors about it are told under: the caller's own key, or one made up.
    var requestID: String
    /// What it came on.
    var lane: Lane
    /// Reads the body. Only for requests that have one to be read.
    var body: @Sendable () async throws(GatewayError) -> [UInt8]

    /// The caller's own name for its command; nil if it gave none.
    var idempotencyKey: String? { fields[.idempotencyKey] }

    /// The caller's own name for its command, if it can be shown.
    static func key(in fields: HTTPFields) -> String? { fields[.idempotencyKey].flatMap(showable) }

    static func showable(_ key: String) -> String? {
        guard Limits.requestKeyBytes.contains(key.utf8.count) else { return nil }
        return key.utf8.allSatisfy { (0x21...0x7E).contains($0) } ? key : nil
    }
}

extension HTTPField.Name {
    static let idempotencyKey = HTTPField.Name("Idempotency-Key")!
    static let lastEventID = HTTPField.Name("Last-Event-ID")!
    static let fetchSite = HTTPField.Name("Sec-Fetch-Site")!
    static let requestID = HTTPField.Name("X-Request-ID")!
}
