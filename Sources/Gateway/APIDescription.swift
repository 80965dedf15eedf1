internal import JSON
internal import Shards

/// The gateway's interface in OpenAPI 3.1.
struct APIDescription {
    let kinds: [KindRuntime]

    func json() -> [UInt8] { JSONValue.object(JSONObject()).serialized() }
}
