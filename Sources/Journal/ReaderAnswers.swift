public import Consensus
public import Primitives
public import Shards

/// A run of one group's log, as read for a peer.
public struct LoadedEntries: Hashable, Sendable {
    /// The term of the entry before the first; zero before the log. Nil if the journal does not know it.
    public var previousTerm: Term?
    /// Contiguous from the index asked for; empty if that entry is not there (trimmed, truncated or not yet written).
    public var entries: [Entry]

    public init(previousTerm: Term?, entries: [Entry]) {
        self.previousTerm = previousTerm
        self.entries = entries
    }
}

/// One event as it stands in the journal.
public struct StoredEvent: Hashable, Sendable {
    public var position: Int64
    /// `counter/7`
    public var shard: String
    public var index: LogIndex
    public var term: Term
    public var entity: [UInt8]
    /// The revision that this event brought the entity to.
    public var revision: UInt64
    /// The event as JSON: `{"incremented":{"by":10}}`.
    public var event: [UInt8]
    public var request: RequestID?
    public var recordedAt: WallTime
}

/// A group's whole state as of its newest checkpoint, for a peer that is behind the journal's first entry.
public struct WholeCheckpoint: Sendable {
    public var point: SnapshotPoint
    public var state: ShardCheckpoint

    public init(point: SnapshotPoint, state: ShardCheckpoint) {
        self.point = point
        self.state = state
    }
}

/// The same as it travels: `bytes` are `ShardCheckpoint.encoded()`.
public struct EncodedCheckpoint: Sendable {
    public var point: SnapshotPoint
    public var bytes: [UInt8]
}
