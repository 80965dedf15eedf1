public import Primitives

/// Proof that a command took effect, and where: its events are durable on a majority of the shard's replicas.
public struct Receipt<Reply: Sendable>: Sendable {
    /// What the entity replied.
    public var reply: Reply
    /// Where the entity lives.
    public var shard: ShardID
    /// The entry in the shard's log; for a reply without events, the newest entry that it rests on.
    public var index: LogIndex
    /// The Raft term of that entry.
    public var term: Term
    /// The entity's revision after the command: how many events it has had.
    public var revision: UInt64

    /// A receipt of these parts.
    public init(reply: Reply, shard: ShardID, index: LogIndex, term: Term, revision: UInt64) {
        self.reply = reply
        self.shard = shard
        self.index = index
        self.term = term
        self.revision = revision
    }
}

extension Receipt: Equatable where Reply: Equatable {}
extension Receipt: Hashable where Reply: Hashable {}

/// How a command ends that was not answered with a reply. There is no fourth way; above all no bare time-out.
public enum CommandError<Refusal: Error>: Error {
    /// The entity said no. Nothing happened.
    case refused(Refusal)
    /// Nothing happened and, under this request id, nothing will. `failure` says whether trying again makes sense.
    case notCommitted(Failure)
    /// It may have happened or may yet happen. Send it again under the same request id to learn.
    case outcomeUnknown(Failure)
}

extension CommandError: Equatable where Refusal: Equatable {}

extension CommandError: CustomStringConvertible {
    public var description: String {
        switch self {
        case .refused(let refusal): "refused: \(refusal)"
        case .notCommitted(let failure): "not committed: \(failure.message)"
        case .outcomeUnknown(let failure): "outcome unknown: \(failure.message)"
        }
    }
}
