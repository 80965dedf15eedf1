internal import Engine
internal import Entities
internal import HTTPTypes
internal import JSON
internal import Node
internal import Primitives

extension Endpoints {
    /// `POST /v1/entities/{kind}/{id}/{command}`
    func perform(_ name: String, on kind: String, _ id: [UInt8], _ inquiry: Inquiry) async throws(GatewayError) -> Answer {
        try refuseForeignPage(inquiry)
        try inquiry.target.allowOnly()
        try checkMediaType(inquiry)
        let key: RequestID?
        do throws(Failure) {
            try EntityID.validate(id)
            key = try inquiry.idempotencyKey.map { (text) throws(Failure) in try Self.key(text) }
        } catch {
            throw GatewayError(nothingHappened: error)
        }
        let payload = try await inquiry.body()
        let response = await inquiry.lane.perform(
            .command(EntityCommand(kind: kind, entity: id, name: name, payload: payload, request: key)))
        switch CommandResponse(response, kind: kind) {
        case .replied(let receipt): return Answer(type: "application/json", CommandDocument(receipt).bytes)
        case .refused(let json, let message):
            var error = GatewayError(.unprocessableContent, "refused", message)
            error.refusal = JSONText(checked: json)
            throw error
        case .notCommitted(let failure): throw GatewayError(nothingHappened: failure)
        case .outcomeUnknown(let failure): throw GatewayError(outcomeUnknown: failure, hasKey: key != nil)
        }
    }

    /// What a header field can carry unharmed: other bytes are changed or dropped by what stands between client and node.
    private static func key(_ text: String) throws(Failure) -> RequestID {
        guard text.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) else {
            throw Failure(.malformed, "the Idempotency-Key has a character that is not a visible one of ASCII")
        }
        return try RequestID(key: text)
    }

    /// A page of another site that a browser shows may not change anything here with its user's reach: what such a page sends
    /// without asking first (Fetch standard, CORS-safelisted requests) is told by these fields.
    func refuseForeignPage(_ inquiry: Inquiry) throws(GatewayError) {
        let isForeign: Bool
        if let site = inquiry.fields[.fetchSite] {
            isForeign = site != "same-origin" && site != "none"
        } else if let origin = inquiry.fields[.origin], let mark = origin.firstRange(of: "://") {
            isForeign = origin[mark.upperBound...] != inquiry.host ?? ""
        } else {
            isForeign = inquiry.fields[.origin] == "null"
        }
        guard isForeign else { return }
        throw GatewayError(.forbidden, "foreign-origin", "a page of another site may not send commands")
    }

    /// A body is JSON, and says so.
    func checkMediaType(_ inquiry: Inquiry) throws(GatewayError) {
        if let coding = inquiry.fields[.contentEncoding], coding.lowercased() != "identity" {
            throw GatewayError(.unsupportedMediaType, "unsupported-media-type", "the body must not be compressed")
        }
        let hasBody = inquiry.fields[.transferEncoding] != nil || inquiry.fields[.contentLength].map { $0 != "0" } ?? false
        let type = inquiry.fields[.contentType]
        // What nearly all say needs no taking apart.
        guard type != "application/json" else { return }
        guard let type else {
            guard hasBody else { return }
            throw GatewayError(
                .unsupportedMediaType, "unsupported-media-type", "the body must be JSON: send Content-Type: application/json")
        }
        let parts = type.lowercased().split(separator: ";").map { $0.filter { $0 != " " && $0 != "\t" && $0 != "\"" } }
        guard parts.first == "application/json", parts.dropFirst().allSatisfy({ $0 == "charset=utf-8" }) else {
            throw GatewayError(
                .unsupportedMediaType, "unsupported-media-type", "the body must be application/json in UTF-8, not \(type)")
        }
    }
}

/// `{"reply":…,"receipt":{"shard":"counter/3","index":…,"term":…,"revision":…}}`, written by hand: the answer to every command.
struct CommandDocument {
    let bytes: [UInt8]

    init(_ receipt: Receipt<[UInt8]>) {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(128 + receipt.reply.count)
        bytes += #"{"reply":"#.utf8
        bytes += receipt.reply
        // A kind's name has nothing that JSON escapes.
        bytes += #","receipt":{"shard":"\#(receipt.shard)","index":\#(receipt.index.rawValue),"term":\#(receipt.term.rawValue),"#.utf8
        bytes += #""revision":\#(receipt.revision)}}"#.utf8
        self.bytes = bytes
    }
}
