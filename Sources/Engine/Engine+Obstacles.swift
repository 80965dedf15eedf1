internal import Consensus
public import Shards

/// What the engine says of itself to whoever watches over it.
extension Engine {
    /// The kind's runtime, if this process runs the kind.
    public func runtime(of kind: String) -> KindRuntime? { runtimes[kind] }

    /// Every kind that this process runs, by name.
    public var runningKinds: [KindRuntime] { runtimes.keys.sorted().map { runtimes[$0]! } }

    /// Why this node should be sent no requests now, in words for a person; empty if it serves.
    public var obstacles: [String] {
        if isStopping { return ["the node is shutting down"] }
        var obstacles: [String] = []
        if !isReady { obstacles.append("the node has not found its place in the cluster yet") }
        if disk.isFull { obstacles.append("the disk has less free space than its reserve") }
        if disk.isStuck { obstacles.append("the disk takes nothing at the moment") }
        let ownerless = replicas.count { $0.raft.leader == nil && $0.raft.configuration.voters.contains(node) }
        if ownerless > 0 { obstacles.append("\(ownerless) of the shards with a replica here have no known owner") }
        return obstacles
    }
}
