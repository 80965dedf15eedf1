public import Primitives

extension RaftGroup {
    /// The members by the newest configuration in the log, committed or not.
    public var configuration: Configuration { configurations.current }
    /// The entry that set `configuration`. A change is done when it is committed.
    public var configurationIndex: LogIndex { configurations.currentIndex }
    public var lastIndex: LogIndex { log.last.index }
    public var lastTerm: Term { log.last.term }
    var lastPosition: LogPosition { LogPosition(term: log.last.term, index: log.last.index) }
    /// What a later replica of the group on this node has to be told as `promised`, should this one be given up. Nil if there never was
    /// an entry.
    public var promise: LogPosition? {
        guard log.last.index > .zero else { return promised }
        return max(promised ?? lastPosition, lastPosition)
    }
    /// The log is durable on this node up to here.
    public var durableIndex: LogIndex { durability.index }
    /// Entries after this one, up to `lastIndex`, are in memory.
    public var windowBase: LogIndex { log.base.index }
    /// Payload bytes and overhead of the entries in memory.
    public var windowBytes: Int { log.bytes }
    /// To be taken when a batch with every output so far is submitted.
    public var persistenceMark: PersistenceMark { durability.mark(lastIndex: log.last.index) }
    /// To whom leadership is being handed over.
    public var transferTarget: NodeID? { transfer?.target }

    /// Whether this node is the leader and an entry of its own term is committed (Raft §8): only then does it know what is committed, and may
    /// answer.
    public var isServing: Bool { role == .leader && (commit >= termStart || isBroken(.serveBeforeOwnTerm)) }

    /// Whether a test has broken this rule.
    func isBroken(_ rule: BrokenRules) -> Bool { settings.broken.contains(rule) }

    /// When `tick` must be called next.
    public var deadline: Instant {
        if role == .leader {
            guard areTimersArmed else { return Instant(nanoseconds: .min) }
            if isQuiescent { return .distantFuture }
            return min(heartbeatDeadline, quorumDeadline, transfer?.deadline ?? .distantFuture)
        }
        // One that may not stand has still to find out whether its leader rests: the word of that may have been lost.
        return isQuiescent || (!mayCampaign && leader == nil) ? .distantFuture : electionDeadline
    }

    /// How far each peer is, sorted by node. Empty unless this node leads.
    public var progress: [PeerProgress] {
        guard role == .leader else { return [] }
        return peers.map { peer in
            PeerProgress(
                node: peer.node, isLearner: peer.isLearner, matching: peer.match, isActive: peer.isRecentlyActive)
        }
    }

    /// The term of the entry at `index`; nil outside of `windowBase ... lastIndex`.
    public func term(at index: LogIndex) -> Term? { log.term(at: index) }
    /// The chained checksum of the entry at `index`; nil outside of `windowBase ... lastIndex`.
    public func checksum(at index: LogIndex) -> UInt64? { log.checksum(at: index) }
    /// The entry at `index`. Trap: outside of the window.
    public func entry(at index: LogIndex) -> Entry { log[index] }
    /// The entries `from ... through`, for applying. Trap: outside of the window.
    public func entries(from: LogIndex, through: LogIndex) -> [Entry] { log.slice(from: from, through: through) }

    /// What a checkpoint of the state as of `index` must carry; nil outside of `windowBase ... lastIndex`.
    public func snapshotPoint(at index: LogIndex) -> SnapshotPoint? {
        guard let term = log.term(at: index), let checksum = log.checksum(at: index) else { return nil }
        return SnapshotPoint(
            index: index, term: term, checksum: checksum, configuration: configurations.configuration(at: index))
    }

    /// How entries flow to one peer, for a trace.
    package func flow(to peer: NodeID) -> String {
        guard let slot = peers.slot(of: peer) else { return "no member" }
        let peer = peers[slot]
        return "\(peer.flow), next \(peer.next)" + (peer.isPaused ? ", probe out" : "") + (peer.isLoading ? ", loading" : "")
            + (peer.isSnapshotAsked ? ", checkpoint asked" : "") + (peer.isLost ? ", lost" : "")
            + (peer.bulkThrough > .zero ? ", bulk through \(peer.bulkThrough)" : "") + ", \(peer.stalledHeartbeats) heartbeats without progress"
    }
}
