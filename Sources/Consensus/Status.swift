public import Primitives

/// What a node is in one group at the moment. A learner is a follower that is not among the voters.
public enum Role: Hashable, Sendable {
    case follower, preCandidate, candidate, leader
}

/// How far one peer has come, as its leader knows it.
public struct PeerProgress: Hashable, Sendable {
    public var node: NodeID
    public var isLearner: Bool
    /// The peer holds the log durably up to here.
    public var matching: LogIndex
    /// The peer was heard from in this or the last CheckQuorum period and its process is not known to be gone.
    public var isActive: Bool

    public init(node: NodeID, isLearner: Bool, matching: LogIndex, isActive: Bool) {
        self.node = node
        self.isLearner = isLearner
        self.matching = matching
        self.isActive = isActive
    }
}

/// What became of a proposal.
public enum Proposal: Hashable, Sendable {
    /// Appended at this place of the leader's log; it takes effect if that very entry (index and term) commits.
    case appended(index: LogIndex, term: Term)
    case notLeader
    /// `RaftSettings.uncommittedBytesMax` is reached. Nothing was appended.
    case overloaded
    /// Leadership is being handed over. Nothing was appended.
    case transferring
}

/// A point in the sequence of all that one group has handed out for persistence.
///
/// The shell takes `RaftGroup.persistenceMark` when it submits a batch that holds every output so far, and gives it back to
/// `persisted(_:now:into:)` once that batch is durable. An (index, term) would not do: an entry that was truncated and came back
/// would be taken for durable while only its first life is.
public struct PersistenceMark: Hashable, Sendable {
    /// Counts what was handed out: hard state, truncations, entries, snapshots.
    public var sequence: UInt64
    /// The log's last index at that moment.
    public var lastIndex: LogIndex
    /// Whose mark it is: one of a replica that was given up since proves nothing about the one that took its place.
    public var incarnation: UInt64

    public init(sequence: UInt64, lastIndex: LogIndex, incarnation: UInt64) {
        self.sequence = sequence
        self.lastIndex = lastIndex
        self.incarnation = incarnation
    }
}
