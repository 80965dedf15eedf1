public import Primitives

/// A fact about the cluster, journaled as JSON in group 0: `{"statusChanged":{"node":3,"status":"down"}}`.
public enum DirectoryEvent: Hashable, Codable, Sendable {
    case clusterFounded(cluster: UniqueID)
    /// `node` is the next unused id.
    case memberJoined(
        node: NodeID, name: String, address: NodeAddress, file: UniqueID, startCounter: UInt64, process: UniqueID)
    case memberStarted(node: NodeID, startCounter: UInt64, process: UniqueID, address: NodeAddress)
    case statusChanged(node: NodeID, status: MemberStatus)
    /// `voters[n]` are the first voters of shard `n`, its preferred leader in front.
    case kindRegistered(name: String, shards: Int, replication: Int, firstGroup: GroupID, voters: [[NodeID]])
    case shardsPlaced(placements: [ShardPlacement])
    case configurationsReported(configurations: [ReportedConfiguration])
    case directoryVotersChanged(voters: [NodeID])
}
