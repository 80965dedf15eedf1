/// A value that is JSON already: written as it stands, and read without looking into it.
///
/// For what is passed on undecoded: an entity's state in an answer, the events of an entry.
/// ```swift
/// struct Answer: Codable { var state: JSONText; var revision: UInt64 }
/// let events = try JSON.decode([JSONText].self, from: entry.events)
/// ```
/// - Note: other decoders and encoders than this module's cannot carry it.
public struct JSONText: Hashable, Sendable, Codable, CustomStringConvertible {
    public let bytes: [UInt8]

    /// - Throws: unless `bytes` are one JSON value.
    public init(_ bytes: [UInt8]) throws(JSONError) {
        try JSON.validate(bytes)
        self.bytes = bytes
    }

    /// Takes bytes that have been checked before: what `JSON.encode` returned, or the journal's own.
    public init(checked bytes: [UInt8]) { self.bytes = bytes }

    public init(from decoder: any Decoder) throws {
        guard let decoder = decoder as? ValueDecoder else {
            throw DecodingError.dataCorrupted(
                DecodingError.Context(
                    codingPath: decoder.codingPath, debugDescription: "only Holdfast's JSON decoder reads a JSONText"))
        }
        bytes = Array(decoder.document.bytes[decoder.document.span(of: decoder.index)])
    }

    public func encode(to encoder: any Encoder) throws {
        guard let encoder = encoder as? ValueEncoder else {
            throw EncodingError.invalidValue(
                self,
                EncodingError.Context(
                    codingPath: encoder.codingPath, debugDescription: "only Holdfast's JSON encoder writes a JSONText"))
        }
        try encoder.encode(self)
    }

    public var description: String { String(decoding: bytes, as: UTF8.self) }
}
