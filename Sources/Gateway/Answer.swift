internal import HTTPTypes
internal import JSON

/// What is answered to a request, before it becomes HTTP on a connection.
struct Answer: Sendable {
    var status: HTTPResponse.Status
    var fields: HTTPFields
    var body: Body

    enum Body: Sendable {
        case bytes([UInt8])
        case stream(EventStream)
    }

    /// Whether nothing more is to be read from the connection: the rest of the request is not wanted.
    var closesConnection = false

    init(status: HTTPResponse.Status, fields: HTTPFields, body: Body) {
        self.status = status
        self.fields = fields
        self.body = body
    }

    init(_ status: HTTPResponse.Status = .ok, type: String, _ bytes: [UInt8]) {
        self.init(status: status, fields: [.contentType: type, .cacheControl: "no-store"], body: .bytes(bytes))
    }

    /// - Trap: `value` has no JSON; all values given here are made of numbers, text and checked JSON.
    init(_ status: HTTPResponse.Status = .ok, json value: some Encodable) {
        do throws(JSONError) {
            self.init(status, type: "application/json", try JSON.encode(value))
        } catch {
            preconditionFailure("\(type(of: value)) has no JSON: \(error)")
        }
    }
}
