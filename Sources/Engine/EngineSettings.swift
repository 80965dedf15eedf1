public import Consensus
public import Directory
public import Primitives
public import Shards

/// Times and bounds of one node's engine. Each queue has its limit here.
public struct EngineSettings: Sendable {
    public var raft = RaftSettings()
    public var shard = ShardSettings()
    public var plan = PlanSettings()
    /// How often `tick` is to be called.
    public var tickInterval: Span = .milliseconds(50)
    /// Every connected peer hears from this node at least this often.
    public var pulseInterval: Span = .milliseconds(100)
    /// A peer not heard from for this long is taken for dead by the groups that rely on its pulse.
    public var peerTimeout: Span = .milliseconds(600)
    /// A loop that was away for longer than this has been paused: its leaderships are in doubt.
    public var pauseLimit: Span = .milliseconds(300)
    /// A batch that the disk has not finished after this long is stuck: the node hands over what it leads.
    public var diskPatience: Span = .seconds(1)
    /// How often a node with an impaired disk tries again to hand over, and for how long its word holds with its peers.
    public var impairmentInterval: Span = .milliseconds(500)
    /// A request that has found no leader, or whose entry has not committed, is answered after this long.
    public var requestTimeout: Span = .seconds(5)
    /// Requests accepted and not yet answered.
    public var pendingRequestsMax = 65_536
    /// Payload bytes of requests accepted and not yet answered.
    public var pendingBytesMax = 64 << 20
    /// How often a leader tells the coordinator how its groups stand, when something has changed.
    public var reportInterval: Span = .milliseconds(200)
    /// How often it tells all of it.
    public var fullReportInterval: Span = .seconds(2)
    /// How often the coordinator plans.
    public var planInterval: Span = .milliseconds(200)
    /// A shard is checkpointed after this many entries …
    public var checkpointEntries = 16_384
    /// … or this many changed entities, as their rows are written in one transaction, for which all others wait …
    public var checkpointEntities = 4_096
    /// … or this many bytes of changed state …
    public var checkpointBytes = 8 << 20
    /// … or this long after its first change.
    public var checkpointInterval: Span = .seconds(60)
    /// Entities loaded at once for a checkpoint.
    public var checkpointLoadsMax = 1_024
    /// The commit index that the journal's views go by is at most this old.
    public var commitFlushInterval: Span = .milliseconds(250)
    /// Entries and bytes read from the journal at once for a follower that is far behind.
    public var catchUpBytesMax = 1 << 20
    /// Entries that each shard keeps behind its newest checkpoint; nil keeps the whole history.
    public var retainedEntries: Int?
    /// A checkpoint travels in pieces of this size …
    public var checkpointPieceBytes = 256 << 10
    /// … with so many bytes under way …
    public var checkpointWindowBytes = 2 << 20
    /// … and is given up when it makes no progress for this long.
    public var checkpointPatience: Span = .seconds(5)
    /// A frame to a peer is closed at this size.
    public var frameBytesMax = 1 << 20

    /// Rules broken by a test; empty otherwise.
    package var broken: BrokenRules = []

    public init() {}

    /// Breaks rules, for a test that wants to see it noticed.
    package mutating func breakRules(_ rules: BrokenRules) {
        broken = rules
        raft.broken = rules
        shard.broken = rules
        plan.broken = rules
    }
}
