public import Entities
public import Primitives
public import Shards

/// What a caller asks of the cluster, at any node.
public enum Request: Hashable, Sendable {
    /// Change an entity.
    case command(EntityCommand)
    /// Read an entity.
    case query(EntityQuery)
    /// Read an entity's events; the answer is a document, an `EventPage`.
    case history(EntityHistory)
    /// Change or read the cluster itself; JSON, as it is rare.
    case cluster(ClusterRequest)
}

/// One command for one entity: a `ShardEnvelope` in transit.
public struct EntityCommand: Hashable, Sendable {
    public var kind: String
    /// UTF-8, `Limits.entityIDBytes` long.
    public var entity: [UInt8]
    /// The command's stable name.
    public var name: String
    /// The command as JSON, at most `Limits.payloadBytesMax` bytes.
    public var payload: [UInt8]
    public var request: RequestID?
    public var attempt: Attempt

    public init(
        kind: String, entity: [UInt8], name: String, payload: [UInt8], request: RequestID?, attempt: Attempt = .first
    ) {
        self.kind = kind
        self.entity = entity
        self.name = name
        self.payload = payload
        self.request = request
        self.attempt = attempt
    }
}

public enum Consistency: UInt8, Hashable, Sendable {
    /// The answer includes everything that was answered before the question was asked.
    case linearizable = 0
    /// The answer is what one replica has applied: fast, possibly old.
    case local = 1
}

/// One question about one entity.
public struct EntityQuery: Hashable, Sendable {
    public var kind: String
    public var entity: [UInt8]
    /// The query's stable name; empty asks for the whole state.
    public var name: String
    public var payload: [UInt8]
    public var consistency: Consistency

    public init(kind: String, entity: [UInt8], name: String, payload: [UInt8], consistency: Consistency) {
        self.kind = kind
        self.entity = entity
        self.name = name
        self.payload = payload
        self.consistency = consistency
    }
}

/// A request about the cluster: its verb and its body as JSON.
public enum ClusterRequest: Hashable, Sendable {
    /// A `DirectoryCommand` as JSON, decided by the coordinator.
    case directory([UInt8])
    /// Who is in, who owns what, how far behind: answered by the node asked.
    case status
    /// Members, kinds and owners: what a client needs to route.
    case shardMap
    /// A number for a new client session: later sessions get higher ones.
    case openSession
}

/// The answer to a `Request`.
public enum Response: Hashable, Sendable {
    /// A command took effect, now or when it first came.
    case committed(Committed)
    /// A query's answer, or a command's reply that changed nothing.
    case answered(Answered)
    /// The entity said no; nothing happened.
    case refused(Refused)
    case failed(RequestFailure)
    /// The answer to a `ClusterRequest`, as JSON.
    case document([UInt8])
}

public struct Committed: Hashable, Sendable {
    public var group: GroupID
    public var shard: UInt32
    public var index: LogIndex
    public var term: Term
    public var revision: UInt64
    /// The command's reply as JSON.
    public var reply: [UInt8]

    public init(group: GroupID, shard: UInt32, index: LogIndex, term: Term, revision: UInt64, reply: [UInt8]) {
        self.group = group
        self.shard = shard
        self.index = index
        self.term = term
        self.revision = revision
        self.reply = reply
    }
}

public struct Answered: Hashable, Sendable {
    public var group: GroupID
    public var shard: UInt32
    /// The log index that the answer includes.
    public var index: LogIndex
    public var term: Term
    public var revision: UInt64
    /// The answer as JSON.
    public var value: [UInt8]

    public init(group: GroupID, shard: UInt32, index: LogIndex, term: Term, revision: UInt64, value: [UInt8]) {
        self.group = group
        self.shard = shard
        self.index = index
        self.term = term
        self.revision = revision
        self.value = value
    }
}

public struct Refused: Hashable, Sendable {
    /// The refusal as JSON.
    public var json: [UInt8]
    /// The refusal for a person.
    public var message: String

    public init(json: [UInt8], message: String) {
        self.json = json
        self.message = message
    }
}

/// Why a request has no answer, and whether it may have taken effect all the same.
public struct RequestFailure: Error, Hashable, Sendable {
    public enum Outcome: UInt8, Hashable, Sendable {
        /// Nothing happened; the same request may be sent again.
        case notCommitted = 0
        /// It may have happened: send it again with the same request id and learn.
        case unknown = 1
        /// Nothing happened, and sending the same again will not help: the request itself is at fault.
        case invalid = 2
    }

    public var outcome: Outcome
    public var failure: Failure

    public init(_ outcome: Outcome, _ failure: Failure) {
        self.outcome = outcome
        self.failure = failure
    }

    public init(_ outcome: Outcome, _ code: Failure.Code, _ message: String, retryAfterMilliseconds: Int64? = nil) {
        self.init(outcome, Failure(code, message, retryAfterMilliseconds: retryAfterMilliseconds))
    }
}
