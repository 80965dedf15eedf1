internal import Directory
internal import Primitives

/// Which group keeps an entity, and who is likely to lead it, as of the newest applied directory.
struct Router {
    struct Kind {
        var shards: UInt32
        var firstGroup: UInt32
    }

    var kinds: [String: Kind] = [:]
    /// Members of each group as the directory wants them.
    var replicas: [GroupID: [NodeID]] = [:]
    /// The last leader that this node has heard of, for groups that it has no replica of.
    var hints: [GroupID: NodeID] = [:]

    /// The group and the shard number of an entity: a stable hash of its id, modulo the kind's number of shards.
    static func shard(of entity: [UInt8], among shards: UInt32) -> UInt32 {
        UInt32(Checksum.xxh64(entity) % UInt64(shards))
    }

    func group(kind: String, entity: [UInt8]) -> GroupID? {
        guard let kind = kinds[kind] else { return nil }
        return GroupID(kind.firstGroup + Self.shard(of: entity, among: kind.shards))
    }
}
