public import Consensus
public import Primitives
public import Shards

/// Whose file it is.
public struct FileIdentity: Hashable, Sendable {
    /// Drawn when the file was made; a copy has the same one, and is known by its start counter.
    public var file: UniqueID
    /// Nil until the node has joined a cluster; then for ever the same.
    public var cluster: UniqueID?
    public var node: NodeID?
    public var name: String?
    /// How often the file has been opened for writing: 1 at birth. Grows durably before `open` returns.
    public var startCounter: UInt64

    public init(file: UniqueID, cluster: UniqueID?, node: NodeID?, name: String?, startCounter: UInt64) {
        self.file = file
        self.cluster = cluster
        self.node = node
        self.name = name
        self.startCounter = startCounter
    }
}

/// What the file knew when it was opened.
public struct Recovery: Sendable {
    public var identity: FileIdentity
    /// Sorted by group.
    public var groups: [RecoveredGroup]
    /// Groups that were retired here, sorted; the node holds their term and vote and nothing else.
    public var tombstones: [GroupID]

    public init(identity: FileIdentity, groups: [RecoveredGroup], tombstones: [GroupID]) {
        self.identity = identity
        self.groups = groups
        self.tombstones = tombstones
    }
}

public struct RecoveredGroup: Sendable {
    public var descriptor: GroupDescriptor
    public var term: Term
    public var vote: NodeID?
    /// The newest checkpoint; the origin for a group that has none yet.
    public var base: SnapshotPoint
    /// Every entry after `base`, contiguous, its checksum chain verified.
    public var entries: [Entry]
    /// A lower bound, at least `base.index`.
    public var commit: LogIndex
    /// The oldest entry that the file still holds.
    public var firstAvailable: LogIndex
    public var shard: RestoredShard
}
