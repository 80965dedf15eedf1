internal import DequeModule
public import Primitives

/// One group's Raft, as a value: elections, replication, membership, reads. No I/O, no clock, no threads.
///
/// The shell calls a method for everything that happens and does what the `Outputs` say. After a turn in which a group was touched it calls
/// `replicate(now:into:)` once, and `tick(now:into:)` when `deadline` has come. Instants must not go backwards.
///
/// Safety rests on five rules, each kept in one place: a vote or an acknowledgement goes out only when what it promises is durable
/// (`Outputs.durableMessages`, `acknowledge`); only entries of the leader's own term commit by count (`advanceCommit`); a log is never
/// cut at or below the commit index (`truncate`); members change one at a time (`changeConfiguration`); a read is confirmed by a quorum
/// that answered after it came (`startReadRound`).
/// - SeeAlso: Ongaro, Consensus: Bridging Theory and Practice, 2014; Ongaro and Ousterhout, In Search of an Understandable
///   Consensus Algorithm, 2014.
public struct RaftGroup: Sendable {
    public let group: GroupID
    public let node: NodeID
    public let settings: RaftSettings

    // MARK: Persistent state (Raft, figure 2)

    public internal(set) var term: Term
    /// For whom this node voted in `term`.
    public internal(set) var vote: NodeID?
    var log: Log
    var durability: Durability
    /// The value of `durability.sequence` at which `term` was handed out.
    var termSequence: UInt64 = 0
    /// The oldest entry that the journal holds.
    public internal(set) var firstAvailable: LogIndex
    var configurations: ConfigurationHistory
    /// What an earlier replica on this node may have acknowledged.
    public let promised: LogPosition?

    // MARK: Volatile state

    public internal(set) var role = Role.follower
    /// The leader of `term`, if it is known and not known to be gone.
    public internal(set) var leader: NodeID?
    public internal(set) var commit: LogIndex
    public internal(set) var applied: LogIndex
    /// The group is at rest: its timers are off until something happens.
    public internal(set) var isQuiescent = false
    /// The members beside this node, sorted.
    var peers: [Progress] = []
    /// Whether this node votes by `configuration`.
    var isVoter = false

    // MARK: Timers

    var random: RandomGenerator
    var electionDeadline: Instant = .distantFuture
    /// When the leader was last heard.
    var heardAt: Instant = .distantFuture
    var heartbeatDeadline: Instant = .distantFuture
    var quorumDeadline: Instant = .distantFuture
    /// A leader that was woken by a call without a time arms its timers in the next one that has it.
    var areTimersArmed = true

    // MARK: As a follower

    /// The log equals that of the leader of `term` up to here.
    var matched: LogIndex = .zero
    /// The newest acknowledgement sent to the leader of `term`.
    var acknowledged: LogIndex = .zero
    /// An acknowledgement is due as soon as `term` is durable.
    var owesAcknowledgement = false
    /// The newest read round heard of in `term`.
    var echoedRound: UInt64 = 0

    // MARK: As a candidate

    /// The value of `durability.sequence` at which the vote for itself was handed out.
    var voteSequence: UInt64 = 0
    var isTransferElection = false

    // MARK: As a leader

    /// The first entry of its own term.
    var termStart: LogIndex = .zero
    var uncommittedBytes = 0
    /// The newest read round begun.
    var round: UInt64 = 0
    /// Reads that wait for a round to begin.
    var waitingReads: [UInt64] = []
    /// Reads whose round is under way, oldest first.
    var startedReads: Deque<StartedRead> = []
    var transfer: Transfer?

    /// Takes up a group where its journal left it, as a follower.
    ///
    /// A group whose only voter is this node campaigns at the first `tick`, without a wait.
    /// - Parameter seed: for this group's random delays; different on every node and for every replica of a group that a node has in turn.
    public init(
        group: GroupID, node: NodeID, restored: RestoredLog, settings: RaftSettings, seed: UInt64, now: Instant
    ) {
        precondition(
            settings.electionTimeout > .zero && settings.hintedElectionDelay > .zero && settings.heartbeatInterval > .zero,
            "a time of \(settings) is not positive")
        self.group = group
        self.node = node
        self.settings = settings
        random = RandomGenerator(seed: seed)
        let base = restored.base
        log = Log(base: Log.Position(index: base.index, term: base.term, checksum: base.checksum))
        configurations = ConfigurationHistory(base.configuration, at: base.index)
        for entry in restored.entries {
            precondition(
                entry.index == log.last.index.next && entry.term >= log.last.term,
                "group \(group): entry \(entry.index) of term \(entry.term) restored after \(log.last)")
            log.append(entry)
            guard entry.type == .configuration else { continue }
            do {
                configurations.append(try Configuration(decoding: entry.payload), at: entry.index)
            } catch {
                preconditionFailure("group \(group): entry \(entry.index), with a right checksum: \(error)")
            }
        }
        durability = Durability(index: log.last.index, incarnation: random.next() ^ UInt64(bitPattern: now.nanoseconds))
        firstAvailable = restored.firstAvailable
        promised = restored.promised
        // A journal that holds an entry of a term has held that term.
        term = max(restored.term, log.last.term)
        vote = term == restored.term ? restored.vote : nil
        precondition(
            restored.commit >= base.index && restored.commit <= log.last.index,
            "group \(group): commit \(restored.commit) restored, the log is \(base.index)..\(log.last.index)")
        commit = restored.commit
        applied = base.index
        adoptConfiguration()
        if isVoter, configuration.voters.count == 1 { electionDeadline = now } else { armElection(now) }
    }
}

/// A read that a quorum's answer to `round` confirms.
struct StartedRead: Sendable {
    var round: UInt64
    var token: UInt64
}

/// A hand-over of leadership under way.
struct Transfer: Sendable {
    var target: NodeID
    var deadline: Instant
}
