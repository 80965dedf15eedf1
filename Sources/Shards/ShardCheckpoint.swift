public import Primitives

/// What changed in a shard since its last checkpoint, as of `index`; or, for a snapshot, all of it.
public struct ShardCheckpoint: Sendable {
    public var index: LogIndex
    /// The term of the entry at `index`.
    public var term: Term
    /// The chained checksum of the entry at `index`.
    public var checksum: UInt64
    /// Replace the rows of these entities.
    public var entities: [EntityRow] = []
    /// Replace these sessions and all their replies.
    public var sessions: [SessionRow] = []
    /// Delete the sessions of these clients. None is in `sessions`.
    public var sessionsRemoved: [UInt64] = []
    /// The highest `opened` of a session ever forgotten.
    public var forgottenOpened: Int64
    /// Replace these keys, in order; a key may come twice, then the later one stands.
    public var keys: [KeyRow] = []
    /// Delete the keys recorded at or before this index.
    public var keysForgottenThrough: LogIndex
    /// The rest of the shard's state, as JSON: kept as one value and given back in `RestoredShard`.
    public var meta: [UInt8]

    public init(
        index: LogIndex, term: Term, checksum: UInt64, forgottenOpened: Int64, keysForgottenThrough: LogIndex,
        meta: [UInt8]
    ) {
        self.index = index
        self.term = term
        self.checksum = checksum
        self.forgottenOpened = forgottenOpened
        self.keysForgottenThrough = keysForgottenThrough
        self.meta = meta
    }
}

/// An entity's row of a checkpoint.
public struct EntityRow: Sendable {
    public var entity: [UInt8]
    var content: Content

    enum Content: Sendable {
        case stored(StoredState)
        case value(any EntityValue, revision: UInt64)
        /// Quarantined: events that could not be applied to the value.
        case halted(any EntityValue, revision: UInt64, unapplied: [[UInt8]])
    }

    public init(entity: [UInt8], stored: StoredState) {
        self.init(entity: entity, content: .stored(stored))
    }

    init(entity: [UInt8], content: Content) {
        self.entity = entity
        self.content = content
    }

    /// The state to write. Encodes it to JSON at each call: meant for the journal's thread, once.
    ///
    /// A state that has no JSON (the entity's own code is at fault) is stored as a quarantined `null`: the shard goes on,
    /// and the entity's events are all in the journal.
    public func stored() -> StoredState {
        switch content {
        case .stored(let state): state
        case .value(let value, let revision): Self.stored(value, revision: revision, unapplied: nil)
        case .halted(let value, let revision, let unapplied):
            Self.stored(value, revision: revision, unapplied: EventArray.joined(unapplied))
        }
    }

    private static func stored(_ value: any EntityValue, revision: UInt64, unapplied: [UInt8]?) -> StoredState {
        do throws(Unreadable) {
            return StoredState(revision: revision, state: try value.encoded(), unapplied: unapplied)
        } catch {
            return StoredState(
                revision: revision, state: StoredState.lost, unapplied: unapplied ?? RecordedOutcome.noEvents)
        }
    }
}

/// A session's row of a checkpoint.
public struct SessionRow: Hashable, Sendable {
    public var client: UInt64
    public var opened: Int64
    public var acknowledgedBelow: UInt64
    /// The newest entry of this session: the order in which sessions are forgotten.
    public var lastIndex: LogIndex
    /// Unacknowledged replies, by ascending request number.
    public var replies: [NumberedReply]

    public init(
        client: UInt64, opened: Int64, acknowledgedBelow: UInt64, lastIndex: LogIndex, replies: [NumberedReply]
    ) {
        self.client = client
        self.opened = opened
        self.acknowledgedBelow = acknowledgedBelow
        self.lastIndex = lastIndex
        self.replies = replies
    }
}

public struct NumberedReply: Hashable, Sendable {
    public var number: UInt64
    public var reply: StoredReply

    public init(number: UInt64, reply: StoredReply) {
        self.number = number
        self.reply = reply
    }
}

/// A free-form request key's row of a checkpoint; unique by (entity, key).
public struct KeyRow: Hashable, Sendable {
    public var entity: [UInt8]
    public var key: [UInt8]
    public var recordedAt: WallTime
    public var reply: StoredReply

    public init(entity: [UInt8], key: [UInt8], recordedAt: WallTime, reply: StoredReply) {
        self.entity = entity
        self.key = key
        self.recordedAt = recordedAt
        self.reply = reply
    }
}

/// A shard as its newest checkpoint knows it, without what is loaded on demand (entities and keys).
public struct RestoredShard: Hashable, Sendable {
    /// Everything through here is in the checkpoint; `zero` for a newborn shard.
    public var index: LogIndex
    public var term: Term
    public var checksum: UInt64
    /// All sessions, in any order.
    public var sessions: [SessionRow]
    public var forgottenOpened: Int64
    public var keysForgottenThrough: LogIndex
    /// As in `ShardCheckpoint`; empty for a newborn shard.
    public var meta: [UInt8]

    public init(
        index: LogIndex, term: Term, checksum: UInt64, sessions: [SessionRow], forgottenOpened: Int64,
        keysForgottenThrough: LogIndex, meta: [UInt8]
    ) {
        self.index = index
        self.term = term
        self.checksum = checksum
        self.sessions = sessions
        self.forgottenOpened = forgottenOpened
        self.keysForgottenThrough = keysForgottenThrough
        self.meta = meta
    }

    public static let newborn = RestoredShard(
        index: .zero, term: .zero, checksum: 0, sessions: [], forgottenOpened: .min, keysForgottenThrough: .zero,
        meta: [])
}
