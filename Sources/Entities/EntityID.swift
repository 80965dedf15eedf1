import Primitives

/// The name of one entity among those of its kind: UTF-8, 1 to 512 bytes. Any characters; compared byte by byte.
public struct EntityID: Hashable, Sendable, CustomStringConvertible {
    /// UTF-8.
    public let bytes: [UInt8]

    /// - Throws: `.malformed` for the empty text and for more than 512 bytes.
    public init(_ text: String) throws(Failure) {
        try self.init(utf8: Array(text.utf8))
    }

    /// - Throws: `.malformed` for bytes that are not UTF-8, for none and for more than 512.
    public init(utf8 bytes: [UInt8]) throws(Failure) {
        try Self.validate(bytes)
        self.bytes = bytes
    }

    /// Throws what `init(utf8:)` would.
    public static func validate(_ bytes: [UInt8]) throws(Failure) {
        guard !bytes.isEmpty else {
            throw Failure(.malformed, "the entity id is empty; it must have 1 to 512 bytes of UTF-8")
        }
        guard Limits.entityIDBytes.contains(bytes.count) else {
            throw Failure(
                .malformed, "the entity id has \(bytes.count) bytes; at most \(Limits.entityIDBytes.upperBound) fit")
        }
        guard isUTF8(bytes) else { throw Failure(.malformed, "the entity id is not UTF-8") }
    }

    /// The shard that holds this entity, of `count` shards of its kind. The same for ever: it decides where data lies.
    public func shard(of count: Int) -> Int {
        precondition(count > 0, "an entity cannot be in one of \(count) shards")
        return Int(Checksum.xxh64(bytes) % UInt64(count))
    }

    public var description: String { String(decoding: bytes, as: UTF8.self) }
}
