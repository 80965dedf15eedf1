public import Primitives

/// What the members of one group say to each other.
///
/// Any message may be lost, doubled, delayed or reordered. Requests of an older term are answered with the newer one; responses of
/// an older term are ignored.
public enum Message: Hashable, Sendable {
    case voteRequest(VoteRequest)
    case voteResponse(VoteResponse)
    case append(AppendRequest)
    case appendResponse(AppendResponse)
    case heartbeat(Heartbeat)
    case heartbeatResponse(HeartbeatResponse)
    case snapshot(SnapshotOffer)
    /// The leader asks the receiver to campaign at once (leadership transfer, thesis §3.10).
    case timeoutNow(term: Term)

    public var term: Term {
        switch self {
        case .voteRequest(let message): message.term
        case .voteResponse(let message): message.term
        case .append(let message): message.term
        case .appendResponse(let message): message.term
        case .heartbeat(let message): message.term
        case .heartbeatResponse(let message): message.term
        case .snapshot(let message): message.term
        case .timeoutNow(let term): term
        }
    }
}

public struct VoteRequest: Hashable, Sendable {
    /// The term in which the candidate stands, or (PreVote) would stand.
    public var term: Term
    public var lastIndex: LogIndex
    public var lastTerm: Term
    /// Asks whether the vote would be given, without a change of term (thesis §9.6).
    public var isPreVote: Bool
    /// Set when the leader itself asked for this election: stickiness does not apply.
    public var isTransfer: Bool

    public init(term: Term, lastIndex: LogIndex, lastTerm: Term, isPreVote: Bool, isTransfer: Bool) {
        self.term = term
        self.lastIndex = lastIndex
        self.lastTerm = lastTerm
        self.isPreVote = isPreVote
        self.isTransfer = isTransfer
    }
}

public struct VoteResponse: Hashable, Sendable {
    /// A granted PreVote echoes the term asked for; anything else carries the voter's own term.
    public var term: Term
    public var isGranted: Bool
    public var isPreVote: Bool

    public init(term: Term, isGranted: Bool, isPreVote: Bool) {
        self.term = term
        self.isGranted = isGranted
        self.isPreVote = isPreVote
    }
}

public struct AppendRequest: Hashable, Sendable {
    public var term: Term
    public var previousIndex: LogIndex
    public var previousTerm: Term
    /// Contiguous from `previousIndex + 1`; empty in a probe.
    public var entries: [Entry]
    public var commit: LogIndex
    /// The leader's newest read round: an answer that echoes it confirms leadership as of that round (thesis §6.4).
    public var round: UInt64

    public init(
        term: Term, previousIndex: LogIndex, previousTerm: Term, entries: [Entry], commit: LogIndex, round: UInt64
    ) {
        self.term = term
        self.previousIndex = previousIndex
        self.previousTerm = previousTerm
        self.entries = entries
        self.commit = commit
        self.round = round
    }
}

public struct AppendResponse: Hashable, Sendable {
    public var term: Term
    public var result: Result
    public var round: UInt64

    public enum Result: Hashable, Sendable {
        /// The follower's log equals the leader's up to here, durably.
        case matching(LogIndex)
        /// The entry before the request's first is missing or of another term. The hint lets the leader skip a whole
        /// divergent term at a time (Raft §5.3, end): the follower's last index, and the newest index at or before
        /// `previousIndex` at which the leader may probe next with the follower's term there.
        case diverging(probe: LogIndex, probeTerm: Term, previousIndex: LogIndex)
    }

    public init(term: Term, result: Result, round: UInt64) {
        self.term = term
        self.result = result
        self.round = round
    }
}

public struct Heartbeat: Hashable, Sendable {
    public var term: Term
    /// Never beyond what this follower is known to hold.
    public var commit: LogIndex
    public var round: UInt64
    /// The leader's log is wholly replicated and committed on every member and nothing is pending: until it speaks again,
    /// the liveness of its node stands for it (both sides stop their timers).
    public var isQuiescent: Bool

    public init(term: Term, commit: LogIndex, round: UInt64, isQuiescent: Bool) {
        self.term = term
        self.commit = commit
        self.round = round
        self.isQuiescent = isQuiescent
    }
}

public struct HeartbeatResponse: Hashable, Sendable {
    public var term: Term
    public var round: UInt64

    public init(term: Term, round: UInt64) {
        self.term = term
        self.round = round
    }
}

/// Offers a whole checkpoint in place of entries that the leader no longer holds. The state itself travels in bulk, beside the
/// group's messages; the receiver's shell hands this message to the group only when it has all of it.
public struct SnapshotOffer: Hashable, Sendable {
    public var term: Term
    public var snapshot: SnapshotPoint

    public init(term: Term, snapshot: SnapshotPoint) {
        self.term = term
        self.snapshot = snapshot
    }
}

/// Where in the log a checkpoint stands: everything up to and with `index` is in it.
public struct SnapshotPoint: Hashable, Sendable {
    public var index: LogIndex
    public var term: Term
    /// The chained checksum of the entry at `index`.
    public var checksum: UInt64
    /// The configuration in force at `index`.
    public var configuration: Configuration

    public init(index: LogIndex, term: Term, checksum: UInt64, configuration: Configuration) {
        self.index = index
        self.term = term
        self.checksum = checksum
        self.configuration = configuration
    }

    /// Before the first entry of a group born with `configuration`.
    public static func origin(_ configuration: Configuration) -> SnapshotPoint {
        SnapshotPoint(index: .zero, term: .zero, checksum: 0, configuration: configuration)
    }
}
