internal import Consensus
internal import DequeModule
public import Directory
public import Primitives
public import Shards

/// A node's whole core: every group that has a replica here, the directory, the callers who wait.
///
/// No I/O, clock, thread or randomness of its own: a shell feeds it frames, requests, ticks and the disk's completions, then calls
/// `flush` and does what the outputs say. Confined to one thread. The simulator drives the same code.
///
/// Order: what a step wants on disk joins the batch being gathered; messages that rest on it are kept until that batch is
/// durable (HAZARDS 1); everything else leaves with the next `flush`.
public final class Engine {
    public let node: NodeID
    public let cluster: UniqueID
    let identity: FileIdentity
    let settings: EngineSettings
    var generator: RandomGenerator

    /// Every kind that this process can run.
    var runtimes: [String: KindRuntime] = [:]
    /// Groups of kinds that this process cannot run (yet): they take no part.
    var dormant: [GroupID: RecoveredGroup] = [:]
    /// Sorted by group, so that every walk over them is in one order.
    var replicas: [Replica] = []
    var replicaIndex: [GroupID: Replica] = [:]
    /// Groups that were retired here and have no replica: never made anew from their birth configuration.
    var tombstones: [GroupID: Tombstone] = [:]
    /// The newest committed directory that this node has applied.
    var router = Router()

    var now: Instant
    var wall: WallTime
    var lastTick: Instant
    var hasTicked = false
    var outputs = EngineOutputs()

    // Towards the disk.
    var gathering = WriteBatch()
    /// What rests on the batch being gathered, and on the one under way.
    var gatheringEffects = BatchEffects()
    var inFlightEffects: BatchEffects?
    var lastCommitFlush: Instant
    var disk = DiskStanding()
    var dirty: [Replica] = []
    /// Replicas whose `loadsWanted` are to be asked for at the end of the turn.
    var loading: [Replica] = []

    // Towards the peers.
    var peers: [NodeID: PeerLink] = [:]
    /// Keys of `peers` in order.
    var peerOrder: [NodeID] = []

    // Towards the callers.
    var clientWriters: [ClientID: ByteWriter] = [:]
    var clientOrder: [ClientID] = []
    var forwarded: [UInt64: Forwarded] = [:]
    /// Never used again by a later process of this node: a peer may still answer what an earlier one passed on.
    var nextForward: UInt64
    var nextReadToken: UInt64 = 1
    /// Whom the events that are being read are for.
    var histories: [UInt64: (origin: Origin, group: GroupID)] = [:]
    var nextHistory: UInt64 = 1
    var watched: Set<WatchedEntity> = []
    var trials = Trials()
    /// What the last process of this node was deciding when it ended, and what was passed on to others that ended: to be tried first,
    /// whoever asks for it.
    public var suspects = Suspects()
    /// Called before a command is decided, with its kind, and after, with nil.
    public var onDecision: ((String, CommandRequest?) -> Void)?
    var pendingCount = 0
    var lastOpened: Int64 = 0
    var tally = EngineTally()
    var tallies: [String: KindTally] = [:]

    var coordinator = Coordinator()
    var lastFullReport: Instant
    private(set) var isRestored = false
    /// Where the directory's log ended on disk at the start: what it says before that may be out of date.
    private(set) var directoryFloor = LogIndex.zero
    var isStopping = false
    var announcement: Announcement?
    /// The directory is to be followed once more with the next tick: what stood in the way is gone.
    var isFollowDue = false
    /// What the shell was last told of the other members.
    var knownAddresses: [EngineOutputs.PeerAddress] = []
    /// What other nodes said of themselves, of starts too that the directory may not know of yet.
    var knownPeers: [NodeID: KnownPeer] = [:]

    /// - Parameters:
    ///   - recovery: what the journal found.
    ///   - seed: for election jitter; another one at every start.
    public init(
        recovery: Recovery, cluster: UniqueID, node: NodeID, runtimes: [KindRuntime], settings: EngineSettings, seed: UInt64,
        now: Instant, wall: WallTime
    ) {
        identity = recovery.identity
        self.cluster = cluster
        self.node = node
        self.settings = settings
        for peer in recovery.peers where !settings.broken.contains(.forgetPeers) { knownPeers[peer.node] = peer }
        for tombstone in recovery.tombstones { self.tombstones[tombstone.group] = tombstone }
        generator = RandomGenerator(seed: seed)
        self.now = now
        self.wall = wall
        lastTick = now
        nextForward = settings.broken.contains(.reuseForwardNumbers) ? 1 : identity.starts.count << 40 | 1
        lastCommitFlush = now
        lastFullReport = now
        for runtime in runtimes { self.runtimes[runtime.name] = runtime }
        for group in recovery.groups { restore(group) }
        // Only now is it known which groups have a replica here: the directory may speak of those that have none.
        isRestored = true
        directoryFloor = directoryReplica?.raft.lastIndex ?? .zero
        directoryChanged()
    }

    /// Takes the time of the turn that begins. Every input below belongs to a turn.
    public func beginTurn(now: Instant, wall: WallTime) {
        self.now = now
        self.wall = wall
    }

    func replica(_ group: GroupID) -> Replica? { replicaIndex[group] }

    var directoryReplica: Replica? { replicaIndex[.directory] }

    /// The committed directory as this node knows it.
    public var directory: DirectoryState? { directoryReplica?.directory?.committed }

    func notice(_ message: String, group: GroupID? = nil, term: Term? = nil, node: NodeID? = nil) {
        outputs.notices.append(EngineOutputs.Notice(message: message, group: group, term: term, node: node))
    }

    func fail(_ message: String) {
        if outputs.fault == nil { outputs.fault = message }
    }
}

/// What is owed once a batch is durable.
struct BatchEffects {
    /// How far each group's outputs are in the batch. A group may come twice; the later mark includes the earlier.
    var marks: [(group: GroupID, mark: PersistenceMark)] = []
    var checkpoints: [(group: GroupID, index: LogIndex)] = []
    var installations: [(group: GroupID, index: LogIndex)] = []
    var trims: [(group: GroupID, index: LogIndex)] = []
    var messages: [(to: NodeID, group: GroupID, message: Message)] = []
    var histories: [EngineOutputs.HistoryLoad] = []
}

struct Forwarded {
    var origin: Origin
    var to: NodeID
    var isCommand: Bool
    /// The command's own key. A client with a session says itself what it sends again after a loss.
    var key: RequestID?
    var sent: Instant
}
