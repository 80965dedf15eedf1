public import Primitives

/// What one step of a group asks of its shell.
///
/// The shell performs it in order: what is to be persisted joins the batch being gathered; `messages` go out at once;
/// `durableMessages` go out only when everything that this group has ever handed out for persistence, up to and with this
/// step, is durable. The shell drains an `Outputs` after each call and reuses it.
public struct Outputs: Sendable {
    /// The term or vote has changed: persist `group.term` and `group.vote`.
    public var hardStateChanged = false
    /// Delete the log from this index on (a divergent tail), in the same transaction as what follows.
    public var truncateFrom: LogIndex?
    /// Append these entries; contiguous. Report with `persisted(through:term:)`.
    public var entries: [Entry] = []
    /// Replace the log up to and with this point by the checkpoint that the shell has staged. Report with `persisted`.
    public var installedSnapshot: SnapshotPoint?

    public var messages: [Addressed] = []
    public var durableMessages: [Addressed] = []

    /// The commit index has advanced to here.
    public var committed: LogIndex?
    /// Reads whose leadership check has ended.
    public var reads: [ReadOutcome] = []
    /// Set when the role, the leader or the term has changed.
    public var statusChanged = false
    /// Entries for this peer lie before the log's in-memory window: load them from the journal and hand them to
    /// `entriesLoaded(_:for:)`. Asked once until answered.
    public var loads: [EntryLoad] = []
    /// Peers whose next entry has been trimmed from the journal: send them a checkpoint in bulk, then `snapshotOffer()`.
    /// Asked once until `snapshotSent(to:)` or `snapshotFailed(to:)`.
    public var snapshotsWanted: [NodeID] = []

    /// The group's log and what its leader sent cannot both be right: the shell must stop the node and say this.
    public var fault: String?

    public init() {}

    public struct Addressed: Hashable, Sendable {
        public var to: NodeID
        public var message: Message
        public init(to: NodeID, message: Message) {
            self.to = to
            self.message = message
        }
    }

    public struct ReadOutcome: Hashable, Sendable {
        /// The token given to `read(_:)`.
        public var token: UInt64
        /// Whether this node was the leader at some moment after the read came. If false, nothing may be answered from here.
        public var isConfirmed: Bool
        public init(token: UInt64, isConfirmed: Bool) {
            self.token = token
            self.isConfirmed = isConfirmed
        }
    }

    public struct EntryLoad: Hashable, Sendable {
        public var peer: NodeID
        /// The first entry wanted; also wanted is the term at `from - 1`.
        public var from: LogIndex
        /// No entry after this one.
        public var through: LogIndex
        public init(peer: NodeID, from: LogIndex, through: LogIndex) {
            self.peer = peer
            self.from = from
            self.through = through
        }
    }

    /// Empties every field and keeps the arrays' storage.
    public mutating func reset() {
        hardStateChanged = false
        truncateFrom = nil
        entries.removeAll(keepingCapacity: true)
        installedSnapshot = nil
        messages.removeAll(keepingCapacity: true)
        durableMessages.removeAll(keepingCapacity: true)
        committed = nil
        reads.removeAll(keepingCapacity: true)
        statusChanged = false
        loads.removeAll(keepingCapacity: true)
        snapshotsWanted.removeAll(keepingCapacity: true)
        fault = nil
    }
}
