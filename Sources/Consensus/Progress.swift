internal import DequeModule
internal import Primitives

/// What this node knows of one other member: as a leader, how far it has come and what is on its way; as a candidate, its vote.
struct Progress: Sendable {
    /// How entries flow to a peer (etcd-io/raft, tracker/state.go).
    enum Flow: Sendable {
        /// Where its log agrees with ours is not known: one message at a time.
        case probe
        /// It follows: messages are pipelined within the window.
        case replicate
        /// What it needs next is trimmed: nothing is sent until a checkpoint has come to it.
        case snapshot
    }

    enum Ballot: Sendable { case open, granted, rejected }

    private struct InFlight: Sendable {
        var through: LogIndex
        var bytes: Int
    }

    let node: NodeID
    var isLearner: Bool

    // MARK: Replication
    var match: LogIndex = .zero
    var next: LogIndex
    private(set) var flow = Flow.probe
    /// A probe is out and not answered.
    var isPaused = false
    private var inFlight: Deque<InFlight> = []
    private var inFlightBytes = 0
    /// Entries up to here went on the bulk stream; newer ones wait until these are acknowledged.
    private(set) var bulkThrough: LogIndex = .zero
    /// A load from the journal is asked for and not answered.
    var isLoading = false
    /// A checkpoint is asked for and neither sent nor failed.
    var isSnapshotAsked = false
    /// The checkpoint that was sent and is not acknowledged.
    var sentSnapshot: LogIndex?
    /// CheckQuorum periods since it was sent.
    var snapshotPeriods = 0
    /// Heartbeats answered since something on its way was acknowledged.
    var stalledHeartbeats = 0

    // MARK: Liveness
    /// Heard from in this CheckQuorum period.
    var isActive = false
    /// Heard from in the period before.
    var wasActive = false
    /// Its process is known to be gone, until a sign of life.
    var isLost = false

    // MARK: Reads
    /// The newest read round that it has answered.
    var round: UInt64 = 0
    /// Answers to older rounds are from an earlier life of the replica, before it was removed and added again.
    var minimumRound: UInt64 = 0

    // MARK: Elections
    var ballot = Ballot.open

    init(node: NodeID, isLearner: Bool, next: LogIndex) {
        self.node = node
        self.isLearner = isLearner
        self.next = next
    }

    var isRecentlyActive: Bool { (isActive || wasActive) && !isLost }

    /// A new leader knows nothing of its peers but whether their processes are there.
    mutating func resetForNewLeader(next: LogIndex) {
        let fresh = Progress(node: node, isLearner: isLearner, next: next)
        let wasLost = isLost
        self = fresh
        isLost = wasLost
    }

    // MARK: Flow

    mutating func becomeProbe(next: LogIndex) {
        flow = .probe
        self.next = max(next, match.next)
        isPaused = false
        sentSnapshot = nil
        clearFlight()
    }

    mutating func becomeReplicate() {
        flow = .replicate
        next = max(next, match.next)
        isPaused = false
        sentSnapshot = nil
        clearFlight()
    }

    mutating func becomeSnapshot() {
        flow = .snapshot
        sentSnapshot = nil
        snapshotPeriods = 0
        clearFlight()
    }

    private mutating func clearFlight() {
        inFlight.removeAll(keepingCapacity: true)
        inFlightBytes = 0
        bulkThrough = .zero
        stalledHeartbeats = 0
    }

    /// Whether the window admits another message with entries.
    func admits(_ settings: RaftSettings) -> Bool {
        switch flow {
        case .probe: !isPaused
        case .replicate:
            inFlight.count < settings.inFlightMessagesMax && inFlightBytes < settings.inFlightBytesMax
        case .snapshot: false
        }
    }

    /// Entries up to `through` are on their way.
    mutating func sent(through: LogIndex, bytes: Int, isBulk: Bool) {
        guard flow == .replicate else {
            isPaused = true
            return
        }
        if through >= next {
            inFlight.append(InFlight(through: through, bytes: bytes))
            inFlightBytes += bytes
            next = through.next
        }
        if isBulk { bulkThrough = through }
    }

    /// The peer holds everything up to `index`.
    mutating func acknowledge(_ index: LogIndex) {
        if index > match {
            match = index
            stalledHeartbeats = 0
        }
        next = max(next, match.next)
        while let first = inFlight.first, first.through <= match {
            inFlightBytes -= first.bytes
            inFlight.removeFirst()
        }
        if bulkThrough <= match { bulkThrough = .zero }
    }
}

extension [Progress] {
    /// Where `peer` is. A group has few members, and a scan of few beats a search.
    func slot(of peer: NodeID) -> Int? {
        for slot in indices where self[slot].node == peer { return slot }
        return nil
    }
}
