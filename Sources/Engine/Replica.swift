internal import Consensus
internal import DequeModule
internal import Directory
internal import Primitives
internal import Shards

/// One group's member on this node: its Raft state, its state machine, and the callers who wait for it.
final class Replica {
    let group: GroupID
    /// The shard's number within its kind; 0 for the directory.
    let shardNumber: UInt32
    let kind: String
    var raft: RaftGroup
    /// What the group has asked for and the engine has not yet done.
    var outputs = Outputs()
    /// Exactly one of the two is set: a shard of entities, or the directory.
    var shard: ShardMachine?
    var directory: DirectoryMachine?

    /// Whether `raft` may have something to send or `outputs` something to be done.
    var isDirty = false
    let tally: KindTally
    /// The term in which this node leads and serves; nil otherwise.
    var servingTerm: Term?

    /// Callers whose entry is in the log and not yet committed, by index.
    var waiters: Deque<Waiter> = []
    /// Answers that wait for a read round, in rounds.
    var rounds: Deque<ReadRound> = []
    /// Answers whose round is confirmed and whose log index is not yet committed.
    var confirmed: [HeldAnswer] = []
    /// Requests that wait for an entity or a request key to be loaded from the journal.
    var parked: [LoadRequest: [Pending]] = [:]
    /// Of those, what the journal has not been asked for yet.
    var loadsWanted: [LoadRequest] = []
    /// Requests that wait for a leader, or for the end of a hold.
    var queue: [Pending] = []
    /// A backup's cut is being taken.
    var hold: Hold?

    var checkpoint = CheckpointStage.idle
    var dirtySince: Instant?
    /// The newest checkpoint that is durable here, and what the other members said of theirs.
    var writtenCheckpoint: LogIndex
    var checkpointsHeld: [NodeID: LogIndex] = [:]
    /// Entries before this one are trimmed, or about to be.
    var trimming: LogIndex = .zero
    /// Checkpoints on their way to followers, and the one that is coming in.
    var sendings: [NodeID: CheckpointSending] = [:]
    var staging: CheckpointStaging?
    /// A checkpoint that was taken in and is not yet durable: until then the journal holds another log's state.
    var installing: LogIndex?
    var journaledCommit: LogIndex
    var lastReport: GroupStanding?

    init(group: GroupID, tally: KindTally, shardNumber: UInt32, raft: RaftGroup, writtenCheckpoint: LogIndex) {
        self.group = group
        self.tally = tally
        kind = tally.counts.kind
        self.shardNumber = shardNumber
        self.raft = raft
        journaledCommit = raft.commit
        self.writtenCheckpoint = writtenCheckpoint
    }

    var applied: LogIndex { shard?.applied ?? directory?.applied ?? .zero }
}

/// A caller's request on its way.
struct Pending {
    var request: Request
    var origin: Origin
    var hops: UInt8
    var arrived: Instant
    /// It has waited for something to be loaded.
    var wasParked = false
}

/// Whom an answer goes to.
enum Origin: Hashable {
    case client(ClientID, correlation: UInt64)
    case peer(NodeID, id: UInt64)
    case local(UInt64)
    /// This node's own word to the directory.
    case announcement
    /// The engine itself: the answer is dropped.
    case none
}

struct Waiter {
    var index: LogIndex
    var term: Term
    var origin: Origin
    var arrived: Instant
}

/// A refusal, a reply without events or a query's answer: it may be shown only once the state that it was decided on is
/// committed and this node is known to have led after the request came (HAZARDS 6, 7).
struct HeldAnswer {
    var after: LogIndex
    var content: Content
    var origin: Origin
    var arrived: Instant

    enum Content {
        case response(Response)
        /// Still to be read from the journal.
        case history(EntityHistory)
    }
}

/// The reads that share one leadership check.
struct ReadRound {
    var token: UInt64
    var answers: [HeldAnswer]
    /// Whether reads may still join: until the round's messages are sent.
    var isOpen: Bool
}

enum CheckpointStage: Equatable {
    case idle
    /// Entities that followers have events for, but no state, are being loaded. The point is taken at the beginning: the log's
    /// window may move past it meanwhile.
    case loading(SnapshotPoint)
    case writing(LogIndex)
}
