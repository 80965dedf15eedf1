public import Consensus
public import Primitives
public import Shards

/// Whose file it is.
public struct FileIdentity: Hashable, Sendable {
    /// Drawn when the file was made; a copy has the same one, and is known by its starts.
    public var file: UniqueID
    /// Nil until the node has joined a cluster; then for ever the same.
    public var cluster: UniqueID?
    public var node: NodeID?
    public var name: String?
    /// How often the file has been opened for writing, this time included, and by which processes. Grows durably before `open` returns.
    public var starts: StartHistory

    public init(file: UniqueID, cluster: UniqueID?, node: NodeID?, name: String?, starts: StartHistory) {
        self.file = file
        self.cluster = cluster
        self.node = node
        self.name = name
        self.starts = starts
    }
}

/// What the file knew when it was opened.
public struct Recovery: Sendable {
    public var identity: FileIdentity
    /// What other nodes last said of themselves, sorted.
    public var peers: [KnownPeer]
    /// Sorted by group.
    public var groups: [RecoveredGroup]
    /// Groups that were retired here, sorted; the node holds their term and vote and nothing else.
    public var tombstones: [Tombstone]

    public init(
        identity: FileIdentity, peers: [KnownPeer] = [], groups: [RecoveredGroup] = [], tombstones: [Tombstone] = []
    ) {
        self.identity = identity
        self.peers = peers
        self.groups = groups
        self.tombstones = tombstones
    }
}

/// What another node said of itself in the handshake with its newest process.
public struct KnownPeer: Hashable, Sendable {
    public var node: NodeID
    /// Where it listens, as `host:port`.
    public var address: String
    /// Which of its journal's starts that process is.
    public var start: UInt64
    public var process: UniqueID

    public init(node: NodeID, address: String, start: UInt64, process: UniqueID) {
        self.node = node
        self.address = address
        self.start = start
        self.process = process
    }
}

/// One group as the journal found it at start.
public struct RecoveredGroup: Sendable {
    public var descriptor: GroupDescriptor
    /// Its checksum chain is verified.
    public var log: RestoredLog
    public var shard: RestoredShard
    /// For the directory's group: its state as JSON as of the newest checkpoint; nil if there is none.
    public var directoryState: [UInt8]?

    public init(
        descriptor: GroupDescriptor, log: RestoredLog, shard: RestoredShard, directoryState: [UInt8]? = nil
    ) {
        self.descriptor = descriptor
        self.log = log
        self.shard = shard
        self.directoryState = directoryState
    }
}

/// What is left of a replica that was given up: enough not to vote twice in a term, nor for a log without what it acknowledged, should
/// it come back.
public struct Tombstone: Hashable, Sendable {
    public var group: GroupID
    public var term: Term
    public var vote: NodeID?
    /// Where its log ended, or an earlier one's here that was longer; see `RestoredLog.promised`.
    public var promised: LogPosition?

    public init(group: GroupID, term: Term, vote: NodeID?, promised: LogPosition?) {
        self.group = group
        self.term = term
        self.vote = vote
        self.promised = promised
    }
}
