internal import Consensus
internal import Engine
internal import Primitives

/// One machine: a disk that outlives processes, and the process that runs on it, if one does.
final class SimulatedHost {
    let number: Int
    var disk: SimulatedDisk
    var engine: Engine?
    /// Counts processes, so that what was meant for an earlier one is known.
    var starts: UInt64 = 0
    /// Drawn anew for each process.
    var process: UniqueID
    /// The batch that the disk works on.
    var writing: WriteBatch?
    /// The last entry of the directory's log when the process started.
    var directoryEnd: Entry?
    /// The nodes that the engine wants connections to.
    var peers: [NodeID] = []
    /// When the process last asked its seeds who they are.
    var seedsAsked = Instant.zero

    // MARK: What befalls it
    var isPaused = false
    /// What came during a pause, in order.
    var inbox: [Simulation.Event] = []
    /// Of the wall clock.
    var skew: Span = .zero
    var nextWriteFails = false
    /// Less free space than the reserve.
    var isFull = false
    /// Where the logs ended when the process was told so.
    var fullFloor: [GroupID: LogIndex]?
    /// Another process holds the file's lock until then.
    var stuckUntil = Instant.zero
    /// Its file is damaged or an old copy: it is to be taken out of the cluster for good.
    var isSpoiled = false
    /// It has been removed from the cluster, or is not to come back.
    var isGone = false
    /// What its disk held before it was damaged or set back: acknowledged by right.
    var ghost: SimulatedDisk?
    /// A copy of the disk as it was before an earlier start.
    var image: SimulatedDisk?
    /// Where logs ended of replicas that the node gave up, the farthest of each group.
    var givenUp: [GroupID: LogPosition] = [:]
    /// What would be left of the disk after a power cut, where a mutation lets the process live on after a failed flush.
    var flushed: SimulatedDisk?

    // MARK: What the checks have seen
    var seen: [Seen] = []

    struct Seen {
        var incarnation: UInt64
        var term: Term
        var role: Role
        var commit: LogIndex
        var lastIndex: LogIndex
        var configurationIndex: LogIndex
        var isQuiescent: Bool
        /// The voters in force at the end of the last turn, for a leader.
        var voters: [NodeID]
    }

    init(number: Int, disk: SimulatedDisk, process: UniqueID) {
        self.number = number
        self.process = process
        self.disk = disk
    }

    var node: NodeID? { disk.identity.node }
    var isRunning: Bool { engine != nil }

    func empty() {
        isFull = false
        fullFloor = nil
    }
}
