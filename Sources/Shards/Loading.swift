public import Primitives

/// Something of a shard's checkpoint that is wanted in memory.
public struct LoadRequest: Hashable, Sendable {
    public var entity: [UInt8]
    /// Whether the entity's state is wanted.
    public var wantsState: Bool
    /// Look up this request key of the entity as well.
    public var key: [UInt8]?
    /// The newest checkpoint that the machine knows to be written. A result that comes after a newer one is ignored: it may
    /// be stale.
    public var checkpoint: LogIndex

    public init(entity: [UInt8], wantsState: Bool, key: [UInt8]?, checkpoint: LogIndex) {
        self.entity = entity
        self.wantsState = wantsState
        self.key = key
        self.checkpoint = checkpoint
    }
}

/// What the journal holds of it.
public struct LoadResult: Hashable, Sendable {
    /// nil: the journal has no state of this entity (or none was wanted).
    public var state: StoredState?
    /// nil: the journal has no such key (or none was wanted).
    public var key: StoredReply?

    public init(state: StoredState? = nil, key: StoredReply? = nil) {
        self.state = state
        self.key = key
    }
}

/// An entity's state as a checkpoint keeps it.
public struct StoredState: Hashable, Sendable {
    /// The revision of `state`.
    public var revision: UInt64
    /// The state as JSON.
    public var state: [UInt8]
    /// The entity is quarantined: a JSON array of the events after `revision` that could not be applied. They are tried
    /// again when the state is next loaded, so an entity heals when a program that understands it comes. nil for a healthy
    /// entity.
    public var unapplied: [UInt8]?

    public init(revision: UInt64, state: [UInt8], unapplied: [UInt8]? = nil) {
        self.revision = revision
        self.state = state
        self.unapplied = unapplied
    }

    public var isQuarantined: Bool { unapplied != nil }

    /// What stands in place of a state that could not be encoded.
    static let lost = Array("null".utf8)
}
