internal import Entities
internal import HTTPTypes
internal import JSON

/// Why a request gets no 200: the status, and what its body says.
struct GatewayError: Error, Sendable {
    var status: HTTPResponse.Status
    /// A stable name for programs.
    var code: String
    var message: String
    /// What the entity said, as JSON.
    var refusal: JSONText?
    var retryAfterMilliseconds: Int64?
    /// Which methods there are, for 405.
    var allow: String?
    /// Set where the rest of the request is not going to be read.
    var closesConnection = false

    init(_ status: HTTPResponse.Status, _ code: String, _ message: String) {
        self.status = status
        self.code = code
        self.message = message
    }

    static func malformed(_ message: String) -> GatewayError { GatewayError(.badRequest, "malformed", message) }

    static func notFound(_ path: String) -> GatewayError {
        GatewayError(.notFound, "not-found", "there is nothing at \(path); /openapi.json lists what there is")
    }

    static func methodNotAllowed(_ method: HTTPRequest.Method, allow: String) -> GatewayError {
        var error = GatewayError(.methodNotAllowed, "method-not-allowed", "\(method.rawValue) is not for this; \(allow) is")
        error.allow = allow
        return error
    }

    static func overloaded(_ message: String) -> GatewayError {
        var error = GatewayError(.serviceUnavailable, Failure.Code.overloaded.rawValue, message)
        error.retryAfterMilliseconds = 1_000
        return error
    }

    /// Nothing happened. The code says whose fault it is.
    init(nothingHappened failure: Failure) {
        let status: HTTPResponse.Status =
            switch failure.code {
            case .malformed: .badRequest
            case .unknownKind, .unknownCommand, .unknownQuery: .notFound
            case .tooLarge: .contentTooLarge
            case .conflict, .alreadyAcknowledged: .conflict
            case .quarantined, .unstorable, .unreadableReply, .fatal: .internalServerError
            default: .serviceUnavailable
            }
        self.init(status, failure.code.rawValue, failure.message)
        if status == .serviceUnavailable { retryAfterMilliseconds = failure.retryAfterMilliseconds ?? 1_000 }
    }

    /// It may have happened.
    init(outcomeUnknown failure: Failure, hasKey: Bool) {
        self.init(
            .gatewayTimeout, "outcome-unknown",
            hasKey
                ? failure.message
                : failure.message + " (It came without an Idempotency-Key, so a retry would be a new command: read the entity to learn.)")
    }

    func answer(requestID: String) -> Answer {
        var answer = Answer(
            status,
            json: ErrorDocument(
                error: ErrorDocument.Content(code: code, message: message, requestID: requestID, refusal: refusal)))
        if let retryAfterMilliseconds {
            // Whole seconds are all that the field can say (RFC 9110 §10.2.3).
            answer.fields[.retryAfter] = "\(max(1, (retryAfterMilliseconds + 999) / 1_000))"
        }
        if let allow { answer.fields[.allow] = allow }
        if closesConnection { answer.fields[.connection] = "close" }
        answer.closesConnection = closesConnection
        return answer
    }
}

/// The body of every answer that is no success.
struct ErrorDocument: Encodable {
    var error: Content

    struct Content: Encodable {
        var code: String
        var message: String
        var requestID: String
        var refusal: JSONText?
    }
}
