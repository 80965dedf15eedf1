public import Primitives

/// What a node's engine has done since its start: plain numbers that only grow, read when somebody asks.
public struct EngineTally: Sendable {
    /// By kind, sorted.
    public internal(set) var kinds: [KindTally.Counts] = []
    /// Requests answered as not done, by what that says of them.
    public internal(set) var notCommitted: UInt64 = 0
    public internal(set) var unknown: UInt64 = 0
    public internal(set) var invalid: UInt64 = 0
    /// Among the first: refused because a bound was reached.
    public internal(set) var overloaded: UInt64 = 0
    public internal(set) var forwarded: UInt64 = 0
    public internal(set) var leadershipsGained: UInt64 = 0
    public internal(set) var leadershipsLost: UInt64 = 0
    /// From a command's arrival at the shard's owner to its commit, in nanoseconds.
    public internal(set) var commitLatency = Histogram.latencies
    /// Operations of a batch for the disk.
    public internal(set) var batchOperations = Histogram.sizes
}

/// What became of one kind's requests on this node. Shared by the replicas of its shards.
public final class KindTally {
    public struct Counts: Sendable {
        public var kind: String
        /// Commands that changed their entity.
        public var committed: UInt64 = 0
        /// Commands that their entity refused.
        public var refused: UInt64 = 0
        /// Commands with a reply and no events.
        public var unchanged: UInt64 = 0
        /// Retries of commands that were committed before.
        public var repeated: UInt64 = 0
        /// Commands and reads that were at fault themselves, or came at a bound.
        public var rejected: UInt64 = 0
        public var reads: UInt64 = 0
    }

    var counts: Counts

    init(kind: String) { counts = Counts(kind: kind) }
}

/// How things stand on a node at one moment.
public struct EngineStanding: Sendable {
    public var tally: EngineTally
    /// Groups with a replica here, and those that this node leads.
    public var replicas = 0
    public var led = 0
    /// Requests accepted and not yet answered; of these, commands in the log that are not committed, requests that wait for an entity
    /// from the disk, for a leader, and for another node's answer.
    public var pending = 0
    public var uncommitted = 0
    public var loading = 0
    public var ownerless = 0
    public var forwarding = 0
    /// Peers with a connection.
    public var peersConnected = 0
    /// For each peer that follows a group led here: how many entries it lacks of all, and of the one where it lacks most.
    public var lag: [PeerLag] = []
    public var isDiskImpaired = false

    public struct PeerLag: Sendable {
        public var node: NodeID
        public var total: UInt64
        public var largest: UInt64
    }
}
