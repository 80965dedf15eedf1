internal import Consensus
internal import Directory
internal import Primitives

/// What one node's engine says to another's. Several ride in one frame.
enum PeerMessage {
    /// A message of one group.
    case raft(GroupID, Message)
    /// The sender's process is alive; sent when nothing else was, and while its disk takes nothing.
    case pulse(isImpaired: Bool)
    /// A caller's request, passed on to a node that may answer it.
    case forward(id: UInt64, hops: UInt8, Request)
    /// The answer to a forwarded request.
    case reply(id: UInt64, Response)
    /// How the groups stand that the sender leads; to the coordinator.
    case report([GroupStanding])
    /// A piece of a group's checkpoint, for a replica whose next entry is trimmed; in bulk.
    case checkpointPiece(GroupID, CheckpointPiece)
    /// How many bytes of that checkpoint have come without a gap.
    case checkpointProgress(GroupID, index: LogIndex, bytes: UInt64)
    /// The newest checkpoint of a group that is durable on the sender: what may be trimmed rests on a majority of these.
    case checkpointHeld(GroupID, index: LogIndex)
    /// The coordinator's order to the leader of a group.
    case order(GroupOrder)
}

/// One piece of an encoded `ShardCheckpoint`.
struct CheckpointPiece {
    /// The checkpoint's place in the log.
    var index: LogIndex
    var term: Term
    /// Of all its bytes; XXH64.
    var digest: UInt64
    var total: UInt64
    var offset: UInt64
    var bytes: [UInt8]
}
