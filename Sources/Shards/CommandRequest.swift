public import Primitives

/// A command as it comes over the wire: untyped, unchecked.
public struct CommandRequest: Hashable, Sendable {
    /// UTF-8, `Limits.entityIDBytes` long.
    public var entity: [UInt8]
    /// The command's stable name.
    public var name: String
    /// The command as JSON, at most `Limits.payloadBytesMax` bytes.
    public var payload: [UInt8]
    /// nil: the caller does without exactly-once.
    public var request: RequestID?
    /// Whether an earlier attempt under the same id may still be under way somewhere. Its decision is then recorded even if
    /// it has no events, so that a late copy cannot take effect after this attempt was answered with a refusal.
    public var isRetry: Bool

    public init(
        entity: [UInt8], name: String, payload: [UInt8], request: RequestID? = nil, isRetry: Bool = false
    ) {
        self.entity = entity
        self.name = name
        self.payload = payload
        self.request = request
        self.isRetry = isRetry
    }
}
