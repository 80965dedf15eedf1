public import Directory
public import Primitives

/// What a client or a joining node needs to find its way: members, kinds, and the shards' owners as the answering node knows them.
public struct ClusterMap: Codable, Sendable {
    public var cluster: UniqueID
    /// The node that answered.
    public var node: NodeID
    /// The index of the newest directory entry that it goes by.
    public var directoryIndex: UInt64
    public var members: [Member]
    public var kinds: [KindRecord]
    /// The owner of group `n + 1`; 0 where none is known.
    public var owners: [UInt32]
}

/// A number for a new session, and a bound that makes it later than every earlier one of this node.
public struct OpenedSession: Codable, Sendable {
    public var client: UInt64
    public var opened: Int64
}

/// Who is in, who owns what, how far behind.
public struct ClusterStatus: Codable, Sendable {
    public var cluster: UniqueID
    /// The directory's leader, which answered.
    public var coordinator: NodeID
    public var members: [MemberState]
    public var shards: [ShardState]

    public struct MemberState: Codable, Sendable {
        public var node: NodeID
        public var name: String
        public var address: String
        public var status: MemberStatus
        public var isReachable: Bool
        /// Shards whose owner it is, and shards of which it holds a replica.
        public var owned: Int
        public var replicas: Int
    }

    public struct ShardState: Codable, Sendable {
        /// `counter/7`; `directory` for group 0.
        public var shard: String
        public var group: GroupID
        public var owner: NodeID?
        public var term: Term?
        public var voters: [NodeID]
        public var learners: [NodeID]
        /// Where replicas are wanted.
        public var wanted: [NodeID]
        /// How many replicas it comes to have with the members that are up. More than `wanted` names until the coordinator has planned.
        public var copies: Int
        public var commit: LogIndex?
        /// How many entries each member was behind the owner when the owner last said.
        public var behind: [Lag]
    }

    public struct Lag: Codable, Hashable, Sendable {
        public var node: NodeID
        public var entries: UInt64
    }

    /// Whether every shard has an owner, as many replicas as wanted, and no change under way.
    public var isSettled: Bool {
        shards.allSatisfy { shard in
            shard.owner != nil && shard.voters == shard.wanted && shard.voters.count >= shard.copies
                && (shard.learners.isEmpty || shard.group == .directory)
        }
    }
}
