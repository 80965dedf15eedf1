import Directory
import Engine
import Entities
import Primitives

/// What people type, found in the cluster's map.
extension ClusterMap {
    /// A node by its number or its name.
    func node(_ text: String) throws(CommandFailure) -> Member {
        let number = UInt32(text).map(NodeID.init(_:))
        if let found = members.first(where: { $0.id == number }) { return found }
        if let found = members.first(where: { $0.name == text && $0.status != .removed }) { return found }
        throw .noSuchThing("there is no node “\(text)” in this cluster; `holdfast cluster members` lists them")
    }

    /// A shard as it is written: `counter/7`.
    func group(_ text: String) throws(CommandFailure) -> GroupID {
        guard let shard = ShardID(text) else {
            throw .usage("“\(text)” is not a shard: one is written KIND/NUMBER, as in counter/7")
        }
        guard let kind = kinds.first(where: { $0.name == shard.kind }) else {
            throw .noSuchThing("the cluster has no entity kind “\(shard.kind)”; `holdfast cluster shards` lists the shards")
        }
        guard shard.number < kind.shards else {
            throw .noSuchThing("\(shard.kind) has \(kind.shards) shards, \(shard.kind)/0 to \(shard.kind)/\(kind.shards - 1)")
        }
        return GroupID(kind.firstGroup.rawValue + UInt32(shard.number))
    }
}
