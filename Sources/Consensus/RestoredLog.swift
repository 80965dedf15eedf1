public import Primitives

/// A place in a log. Of two logs the one that ends at the greater place is the more up to date (Raft §5.4.1).
public struct LogPosition: Hashable, Comparable, Sendable {
    public var term: Term
    public var index: LogIndex

    public init(term: Term, index: LogIndex) {
        self.term = term
        self.index = index
    }

    public static func < (left: LogPosition, right: LogPosition) -> Bool {
        (left.term, left.index) < (right.term, right.index)
    }
}

/// What the journal knew of one group when the node started.
public struct RestoredLog: Sendable {
    public var term: Term
    public var vote: NodeID?
    /// The newest checkpoint: the in-memory log starts after it. `SnapshotPoint.origin` for a newborn group.
    public var base: SnapshotPoint
    /// Every entry after `base.index`: contiguous, durable, its checksum chain verified. Configuration entries among them take effect.
    public var entries: [Entry]
    /// A lower bound of the commit index, as it is persisted lazily; within `base.index ... last index`.
    public var commit: LogIndex
    /// The oldest entry that the journal still holds: 1 unless it was trimmed, `base.index + 1` after a snapshot came in its stead.
    public var firstAvailable: LogIndex
    /// Where the log ended of a replica of this group that this node had before and gave up (its tombstone); the newest, if there were
    /// several. What that replica acknowledged may still be counted on by nodes with an old configuration, so until the new log reaches
    /// this place, the node votes for nobody whose log does not, and does not stand itself.
    public var promised: LogPosition?

    public init(
        term: Term, vote: NodeID?, base: SnapshotPoint, entries: [Entry], commit: LogIndex, firstAvailable: LogIndex,
        promised: LogPosition? = nil
    ) {
        self.term = term
        self.vote = vote
        self.base = base
        self.entries = entries
        self.commit = commit
        self.firstAvailable = firstAvailable
        self.promised = promised
    }

    /// A replica without any history on this node. A founding member is given the first `configuration`; a replica that joins later is given
    /// `.none` and learns the configuration from the log.
    public static func newborn(_ configuration: Configuration) -> RestoredLog {
        RestoredLog(
            term: .zero, vote: nil, base: .origin(configuration), entries: [], commit: .zero, firstAvailable: LogIndex(1))
    }
}
