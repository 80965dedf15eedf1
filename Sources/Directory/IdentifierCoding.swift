public import Primitives

// Identifiers stand in JSON as people write them: numbers bare, UUIDs as text. The conformances of the numbers come from
// `RawRepresentable`.

extension NodeID: Codable {}
extension GroupID: Codable {}
extension Term: Codable {}
extension LogIndex: Codable {}

extension UniqueID: Codable {
    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        let text = try container.decode(String.self)
        guard let id = UniqueID(text) else {
            throw DecodingError.dataCorruptedError(in: container, debugDescription: "'\(text)' is not a UUID")
        }
        self = id
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }
}
