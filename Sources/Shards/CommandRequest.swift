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
    public var attempt: Attempt

    public init(
        entity: [UInt8], name: String, payload: [UInt8], request: RequestID? = nil, attempt: Attempt = .first
    ) {
        self.entity = entity
        self.name = name
        self.payload = payload
        self.request = request
        self.attempt = attempt
    }
}

/// What the sender of a command knows of earlier attempts under the same id.
public enum Attempt: UInt8, Hashable, Sendable {
    case first = 0
    /// One may still be under way somewhere. The decision is then recorded even if it has no events, so that a late copy cannot take effect
    /// after this attempt was answered with a refusal.
    case again = 1
    /// One was with a process that has ended or fallen silent: perhaps of this very command, so it is decided in a copy of the process first
    /// (HAZARDS 31).
    case afterLoss = 2
}

/// What became of a command that was decided in a copy of this process.
public enum Trial: Hashable, Sendable {
    case none
    case survived
    /// The copy ended of it.
    case fatal
}
