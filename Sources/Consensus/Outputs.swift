public import Primitives

/// What one step of a group asks of its shell.
///
/// The shell performs it in order: what is to be persisted joins the batch being gathered (hard state, `installedSnapshot`,
/// `truncateFrom`, `entries`, in this order); `messages` go out at once; `durableMessages` go out only when everything that this
/// group has ever handed out for persistence, up to and with this step, is durable. When a batch is submitted the shell takes each
/// touched group's `persistenceMark`, also of a group that handed out nothing but hard state, and reports it with
/// `persisted(_:now:into:)`. Several calls of one group may gather in one `Outputs` before it is drained and reused.
public struct Outputs: Sendable {
    /// The term or vote has changed: persist `group.term` and `group.vote`.
    public var hardStateChanged = false
    /// Delete the log from this index on (a divergent tail), in the same transaction as what follows.
    public var truncateFrom: LogIndex?
    /// Append these entries; contiguous.
    public var entries: [Entry] = []
    /// Replace the whole log and the state by the checkpoint that the shell has staged: what came before this point is no longer held,
    /// what came after it is deleted. The commit index is then this point's index, also without `committed`.
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
    /// `entriesLoaded(_:previousTerm:for:now:into:)`. Asked once until answered.
    public var loads: [EntryLoad] = []
    /// Peers whose next entry has been trimmed from the journal: send them a checkpoint in bulk, then `snapshotOffer(at:)`.
    /// Asked once until `snapshotSent(to:point:)` or `snapshotFailed(to:)`.
    public var snapshotsWanted: [NodeID] = []

    /// The group's log and what its leader sent cannot both be right: the shell must stop the node and say this.
    public var fault: String?

    public init() {}

    public struct Addressed: Hashable, Sendable {
        public var to: NodeID
        public var message: Message
        /// History for a peer that is far behind: goes on the bulk stream, so that it delays no heartbeat. What follows it is held back
        /// until it is acknowledged, so the two streams need no common order.
        public var isBulk: Bool
        public init(to: NodeID, message: Message, isBulk: Bool = false) {
            self.to = to
            self.message = message
            self.isBulk = isBulk
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
        /// The first entry wanted; also wanted is the term at `from - 1`, which the journal knows even if that entry is the last one
        /// that it trimmed, or the one that a checkpoint stands for.
        public var from: LogIndex
        /// No entry after this one.
        public var through: LogIndex
        public init(peer: NodeID, from: LogIndex, through: LogIndex) {
            self.peer = peer
            self.from = from
            self.through = through
        }
    }

    /// Whether nothing has been asked for since the last `reset()`.
    public var isEmpty: Bool {
        !hardStateChanged && entries.isEmpty && messages.isEmpty && durableMessages.isEmpty && committed == nil && reads.isEmpty
            && !statusChanged && truncateFrom == nil && installedSnapshot == nil && loads.isEmpty && snapshotsWanted.isEmpty
            && fault == nil
    }

    /// Empties every field. Keeps the arrays' storage, but not a burst's: there are thousands of groups.
    public mutating func reset() {
        hardStateChanged = false
        truncateFrom = nil
        entries.removeAll(keepingCapacity: entries.capacity <= Self.keptCapacity)
        installedSnapshot = nil
        messages.removeAll(keepingCapacity: messages.capacity <= Self.keptCapacity)
        durableMessages.removeAll(keepingCapacity: true)
        committed = nil
        reads.removeAll(keepingCapacity: reads.capacity <= Self.keptCapacity)
        statusChanged = false
        loads.removeAll(keepingCapacity: true)
        snapshotsWanted.removeAll(keepingCapacity: true)
        fault = nil
    }

    /// Elements.
    private static var keptCapacity: Int { 128 }
}
