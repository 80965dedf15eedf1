internal import Directory
public import Engine
internal import Primitives

/// The cluster's state as the command line and the gateway show it; the keys of its JSON are part of the contract.
public struct ClusterOverview: Encodable, Sendable {
    /// The cluster's UUID.
    public var cluster: String
    /// The directory's leader, which plans placement.
    public var coordinator: UInt32
    /// Every shard has an owner and all its replicas, and nothing moves.
    public var settled: Bool
    /// By node number.
    public var members: [MemberLine]
    /// By group number.
    public var shards: [ShardLine]

    /// One member.
    public struct MemberLine: Encodable, Sendable {
        /// Its number.
        public var node: UInt32
        /// Its name for people.
        public var name: String
        /// Where others reach it.
        public var address: String
        /// What the directory says of it: joining, up, leaving, down or removed.
        public var status: String
        /// Whether the coordinator hears from it.
        public var reachable: Bool
        /// Shards whose owner it is.
        public var owns: Int
        /// Shards of which it holds a replica.
        public var replicas: Int
    }

    /// One shard.
    public struct ShardLine: Encodable, Sendable {
        /// As in `counter/7`.
        public var shard: String
        /// The leader of its group, if there is one.
        public var owner: UInt32?
        /// The group's Raft term.
        public var term: UInt64?
        /// Nodes whose replicas count.
        public var voters: [UInt32]
        /// Nodes whose replicas are being filled.
        public var learners: [UInt32]
        /// Where replicas should be, if not where they are.
        public var wanted: [UInt32]
        /// The index of the newest entry that a majority has.
        public var commit: UInt64?
        /// Entries that members lack, those that lack none left out.
        public var behind: [String: UInt64]
    }

    /// Of the coordinator's word.
    public init(_ status: ClusterStatus) {
        cluster = status.cluster.description
        coordinator = status.coordinator.rawValue
        settled = status.isSettled
        members = status.members.map { member in
            MemberLine(
                node: member.node.rawValue, name: member.name, address: member.address,
                status: member.status.rawValue, reachable: member.isReachable, owns: member.owned,
                replicas: member.replicas)
        }
        shards = status.shards.map { shard in
            var behind: [String: UInt64] = [:]
            for lag in shard.behind where lag.entries > 0 { behind["\(lag.node)"] = lag.entries }
            return ShardLine(
                shard: shard.shard, owner: shard.owner?.rawValue, term: shard.term?.rawValue,
                voters: shard.voters.map(\.rawValue), learners: shard.learners.map(\.rawValue),
                wanted: shard.wanted.map(\.rawValue), commit: shard.commit?.rawValue, behind: behind)
        }
    }
}
