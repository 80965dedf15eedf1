public import JSON
public import Primitives

/// Which of an entity's events are asked for.
public struct EntityHistory: Hashable, Sendable {
    public var kind: String
    /// UTF-8, `Limits.entityIDBytes` long.
    public var entity: [UInt8]
    /// Events with a higher revision than this.
    public var after: UInt64
    /// Entries below this index are passed over: an earlier page has shown them. Zero if there was none.
    public var from: LogIndex
    /// Events at most; fewer come if they are long.
    public var limit: UInt32
    /// Linearizable: the shard's owner answers, with everything that was answered before. Local: any replica, with what it has applied.
    public var consistency: Consistency

    public init(
        kind: String, entity: [UInt8], after: UInt64, from: LogIndex = .zero, limit: UInt32, consistency: Consistency
    ) {
        self.kind = kind
        self.entity = entity
        self.after = after
        self.from = from
        self.limit = limit
        self.consistency = consistency
    }

    /// Bounds one answer, whatever is asked for.
    public static let limitMax: UInt32 = 1_024
    /// Bytes of events after which a page ends.
    public static let pageBytesMax = 256 << 10
}

/// Some of an entity's events, oldest first.
public struct EventPage: Codable, Hashable, Sendable {
    public var events: [EntityEvent]
    /// Everything through this entry of the shard's log has been looked at, if `isLast`.
    public var through: LogIndex
    /// Whether there were no more events when the page was read.
    public var isLast: Bool

    public init(events: [EntityEvent], through: LogIndex, isLast: Bool) {
        self.events = events
        self.through = through
        self.isLast = isLast
    }
}

/// One fact about an entity, and where it stands.
public struct EntityEvent: Codable, Hashable, Sendable {
    public var revision: UInt64
    public var index: LogIndex
    public var term: Term
    /// The event as it stands in the journal.
    public var event: JSONText
    /// The key that came with the command, if one did.
    public var requestID: String?
    /// The owner's wall clock when it decided, in milliseconds since 1970.
    public var recordedAt: Int64

    public init(
        revision: UInt64, index: LogIndex, term: Term, event: JSONText, requestID: String?, recordedAt: Int64
    ) {
        self.revision = revision
        self.index = index
        self.term = term
        self.event = event
        self.requestID = requestID
        self.recordedAt = recordedAt
    }
}

/// An entity that somebody in this process wants to hear of.
public struct WatchedEntity: Hashable, Sendable {
    public var kind: String
    public var entity: [UInt8]

    public init(kind: String, entity: [UInt8]) {
        self.kind = kind
        self.entity = entity
    }
}
