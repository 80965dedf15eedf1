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
    /// The coordinator's order to the leader of a group.
    case order(GroupOrder)
}
