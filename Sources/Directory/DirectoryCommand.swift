public import Primitives

/// A wish to change the directory. Deciding one again, once it is done, yields no events.
public enum DirectoryCommand: Hashable, Codable, Sendable {
    /// The first command of a cluster's life: the founder becomes node 1, the first member and the only directory voter.
    case found(
        cluster: UniqueID, file: UniqueID, name: String, address: NodeAddress, startCounter: UInt64,
        process: UniqueID)
    /// A node with an empty journal asks for an id. The same file gets the same id again. An empty name lets the directory choose
    /// one (`node-4`).
    case join(file: UniqueID, name: String, address: NodeAddress, startCounter: UInt64, process: UniqueID)
    /// A member's process has started anew; its counter must have grown.
    case started(node: NodeID, file: UniqueID, startCounter: UInt64, process: UniqueID, address: NodeAddress)
    /// The coordinator's word on a member: `up`, `down`, or, for one that has been emptied, `removed`.
    case setStatus(node: NodeID, status: MemberStatus)
    /// An operator, or the node itself at its end, wants `node` emptied and then removed. It may be dead.
    case remove(node: NodeID)
    /// An entity kind with its number of shards. `replication` nil: 3.
    case registerKind(name: String, shards: Int, replication: Int?)
    /// What the planner wants of some shards.
    case place(placements: [ShardPlacement])
    /// What the leaders of some groups said of their members.
    case reportConfigurations(configurations: [ReportedConfiguration])
    /// The planner's wish for group 0.
    case setDirectoryVoters(voters: [NodeID])
    /// An operator wants `node` to lead the shard, and to hold a replica of it if it has none.
    case move(group: GroupID, node: NodeID)
    /// Gives the choice of the shard's leader back to the planner.
    case unpin(group: GroupID)
}
