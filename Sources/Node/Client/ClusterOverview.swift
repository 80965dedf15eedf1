internal import Directory
public import Engine
internal import Primitives

/// The cluster's state as the command line and the gateway show it; the keys of its JSON are part of the contract.
public struct ClusterOverview: Encodable, Sendable {
    public var cluster: String
    public var coordinator: UInt32
    /// Every shard has an owner and all its replicas, and nothing moves.
    public var settled: Bool
    public var members: [MemberLine]
    public var shards: [ShardLine]

    public struct MemberLine: Encodable, Sendable {
        public var node: UInt32
        public var name: String
        public var address: String
        public var status: String
        public var reachable: Bool
        /// Shards whose owner it is, and of which it holds a replica.
        public var owns: Int
        public var replicas: Int
    }

    public struct ShardLine: Encodable, Sendable {
        public var shard: String
        public var owner: UInt32?
        public var term: UInt64?
        public var voters: [UInt32]
        public var learners: [UInt32]
        /// Where replicas should be, if not where they are.
        public var wanted: [UInt32]
        /// The index of the newest entry that a majority has.
        public var commit: UInt64?
        /// Entries that members lack, those that lack none left out.
        public var behind: [String: UInt64]
    }

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
