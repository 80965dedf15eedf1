public import Consensus
public import Primitives
public import Shards

/// What one turn of the engine wants on disk: operations in order, one transaction, one flush.
///
/// All of it is durable or none. Operations of one group take effect in the order in which they were added.
public struct WriteBatch: Sendable {
    public enum Operation: Sendable {
        case adoptCluster(UniqueID, NodeID, name: String)
        case meet(KnownPeer)
        case createGroup(GroupDescriptor)
        case retireGroup(GroupID)
        case hardState(GroupID, Term, NodeID?)
        case truncate(GroupID, from: LogIndex)
        case append(GroupID, [Entry])
        case commit(GroupID, LogIndex)
        case checkpoint(GroupID, SnapshotPoint, ShardCheckpoint)
        case installSnapshot(GroupID, SnapshotPoint, ShardCheckpoint)
        case trim(GroupID, before: LogIndex)
    }

    public private(set) var operations: [Operation] = []
    /// Payload bytes of the appended entries, for bounds.
    public private(set) var payloadBytes = 0

    public init() {}

    public var isEmpty: Bool { operations.isEmpty }

    /// Whether anything but commit indexes is in it: those alone are not worth a flush and wait for the next.
    public var needsFlush: Bool {
        operations.contains { if case .commit = $0 { false } else { true } }
    }

    /// Makes the file this node's in this cluster. Once only: a file never changes its cluster.
    public mutating func adoptCluster(_ cluster: UniqueID, node: NodeID, name: String) {
        operations.append(.adoptCluster(cluster, node, name: name))
    }

    /// Remembers which process another node is, so that an older copy of its folder is known after a restart as well.
    public mutating func meet(_ peer: KnownPeer) { operations.append(.meet(peer)) }

    /// Gives the node a replica of a group, with an empty log. A group that was retired here keeps its term and vote.
    /// Trap: the group is here already.
    public mutating func createGroup(_ group: GroupDescriptor) { operations.append(.createGroup(group)) }

    /// Takes the replica away. Its term and vote stay, so that a comeback cannot vote twice; its rows are shown no more
    /// and are deleted little by little.
    public mutating func retireGroup(_ group: GroupID) { operations.append(.retireGroup(group)) }

    public mutating func hardState(_ group: GroupID, term: Term, vote: NodeID?) {
        operations.append(.hardState(group, term, vote))
    }

    /// Deletes the log from `from` on: a divergent tail. Trap: at or below the group's commit index.
    public mutating func truncate(_ group: GroupID, from: LogIndex) { operations.append(.truncate(group, from: from)) }

    /// Appends entries that follow the group's last one, by index and by checksum.
    public mutating func append(_ group: GroupID, _ entries: [Entry]) {
        for entry in entries { payloadBytes += entry.payload.count }
        operations.append(.append(group, entries))
    }

    /// Remembers how far the group is committed: at once if the batch holds more than commit indexes, within half a
    /// second otherwise. A lower bound for recovery, and what the view `events` goes by.
    public mutating func commit(_ group: GroupID, _ index: LogIndex) { operations.append(.commit(group, index)) }

    /// Writes what changed since the last checkpoint. The log stays.
    public mutating func checkpoint(_ group: GroupID, at point: SnapshotPoint, _ state: ShardCheckpoint) {
        operations.append(.checkpoint(group, point, state))
    }

    /// Replaces the group's whole log and state by a peer's checkpoint; `state` is complete. The log goes on after `point`.
    public mutating func installSnapshot(_ group: GroupID, at point: SnapshotPoint, _ state: ShardCheckpoint) {
        operations.append(.installSnapshot(group, point, state))
    }

    /// Gives up the entries before `before`, which must not lie beyond the newest checkpoint. They are deleted little by
    /// little.
    public mutating func trim(_ group: GroupID, before: LogIndex) { operations.append(.trim(group, before: before)) }

    /// Empties the batch and keeps its storage.
    public mutating func removeAll() {
        operations.removeAll(keepingCapacity: true)
        payloadBytes = 0
    }
}

/// Which group a replica belongs to and how that group was born.
public struct GroupDescriptor: Hashable, Sendable {
    public var group: GroupID
    /// The entity kind; empty for the directory's group.
    public var kind: String
    /// The shard's number in its kind.
    public var number: Int
    /// The group's first members: in force before its first entry.
    public var configuration: Configuration

    public init(group: GroupID, kind: String, number: Int, configuration: Configuration) {
        self.group = group
        self.kind = kind
        self.number = number
        self.configuration = configuration
    }

    /// `counter/7`, or `directory`.
    public var shardName: String { kind.isEmpty ? "directory" : "\(kind)/\(number)" }
}
