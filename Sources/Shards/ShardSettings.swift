public import Primitives

/// Bounds of one shard's state machine. Those that decide what is remembered must be equal on every replica.
public struct ShardSettings: Hashable, Sendable {
    /// Sessions remembered; past it the one unused longest is forgotten. Equal on every replica.
    public var sessionsMax = 10_000
    /// Bytes of replies remembered for all sessions; past it the session unused longest is forgotten. Equal on every replica.
    public var sessionBytesMax = 64 << 20
    /// Unacknowledged replies of one session; past it its requests are refused as overload.
    public var sessionRepliesMax = 4_096
    /// Bytes of unacknowledged replies of one session; past it its requests are refused as overload.
    public var sessionReplyBytesMax = 8 << 20
    /// At least this many request keys are remembered … Equal on every replica.
    public var keysRememberedMin = 100_000
    /// … and each for at least this long, by the entries' recorded times. Equal on every replica.
    public var keysRememberedFor = Span.seconds(600)
    /// Keys are forgotten in groups of this many. Equal on every replica.
    public var keysPerBucket = 4_096
    /// With this many keys remembered, keyed commands are refused as overload.
    public var keysMax = 1_000_000
    /// Results of key lookups kept in memory.
    public var cachedKeysMax = 4_096
    /// Entities kept in memory that equal their checkpoint.
    public var cleanEntitiesMax = 1_024
    /// Approximate bytes of those.
    public var cleanBytesMax = 8 << 20

    /// Rules broken by a test; empty otherwise.
    package var broken: BrokenRules = []

    public init() {}
}
