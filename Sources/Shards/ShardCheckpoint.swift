public import Primitives

public struct StoredReply: Hashable, Sendable {
    public var index: LogIndex
    public var term: Term
    public var revision: UInt64
    public var fingerprint: UInt64
    public var reply: [UInt8]
    public init(index: LogIndex, term: Term, revision: UInt64, fingerprint: UInt64, reply: [UInt8]) {
        self.index = index
        self.term = term
        self.revision = revision
        self.fingerprint = fingerprint
        self.reply = reply
    }
}

public struct LoadRequest: Hashable, Sendable {
    public var entity: [UInt8]
    public var key: [UInt8]?
    public init(entity: [UInt8], key: [UInt8]?) {
        self.entity = entity
        self.key = key
    }
}

public struct LoadedState: Hashable, Sendable {
    public var revision: UInt64
    public var json: [UInt8]
    public var isQuarantined: Bool
    public init(revision: UInt64, json: [UInt8], isQuarantined: Bool) {
        self.revision = revision
        self.json = json
        self.isQuarantined = isQuarantined
    }
}

public struct LoadResult: Hashable, Sendable {
    public var state: LoadedState?
    public var key: StoredReply?
    public init(state: LoadedState?, key: StoredReply?) {
        self.state = state
        self.key = key
    }
}

public struct EntityRow: Hashable, Sendable {
    public var entity: [UInt8]
    public var revision: UInt64
    public var state: [UInt8]
    public var isQuarantined: Bool
    public init(entity: [UInt8], revision: UInt64, state: [UInt8], isQuarantined: Bool) {
        self.entity = entity
        self.revision = revision
        self.state = state
        self.isQuarantined = isQuarantined
    }
}

public struct SessionReply: Hashable, Sendable {
    public var number: UInt64
    public var reply: StoredReply
    public init(number: UInt64, reply: StoredReply) {
        self.number = number
        self.reply = reply
    }
}

public struct SessionRow: Hashable, Sendable {
    public var client: UInt64
    public var opened: Int64
    public var acknowledgedBelow: UInt64
    public var lastIndex: LogIndex
    public var replies: [SessionReply]
    public init(client: UInt64, opened: Int64, acknowledgedBelow: UInt64, lastIndex: LogIndex, replies: [SessionReply]) {
        self.client = client
        self.opened = opened
        self.acknowledgedBelow = acknowledgedBelow
        self.lastIndex = lastIndex
        self.replies = replies
    }
}

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

public struct ShardCheckpoint: Hashable, Sendable {
    public var index: LogIndex
    public var entities: [EntityRow] = []
    public var sessions: [SessionRow] = []
    public var sessionsRemoved: [UInt64] = []
    public var forgottenOpened: Int64 = .min
    public var keys: [KeyRow] = []
    public var keysForgottenThrough: LogIndex = .zero
    public var meta: [UInt8] = []
    public init(index: LogIndex) { self.index = index }
}

public struct RestoredShard: Hashable, Sendable {
    public var applied: LogIndex
    public var sessions: [SessionRow] = []
    public var forgottenOpened: Int64 = .min
    public var keysForgottenThrough: LogIndex = .zero
    public var meta: [UInt8] = []
    public init(applied: LogIndex) { self.applied = applied }
}
