public import Primitives

/// A kind of entity and its shards. The number of shards is fixed for ever when the kind is registered.
public struct KindRecord: Hashable, Codable, Sendable {
    public var name: String
    /// 1…`Limits.shardsPerKindMax`.
    public var shards: Int
    /// Replicas wanted per shard; fewer while the cluster has fewer nodes.
    public var replication: Int
    /// Shard `n` is group `firstGroup + n`.
    public var firstGroup: GroupID

    public init(name: String, shards: Int, replication: Int, firstGroup: GroupID) {
        self.name = name
        self.shards = shards
        self.replication = replication
        self.firstGroup = firstGroup
    }

    /// The number of the shard that holds `entity`: part of the disk format, never to change.
    public func shard(of entity: [UInt8]) -> Int {
        // The modulo of an unsigned number below 2⁶³ always fits.
        Int(Checksum.xxh64(entity) % UInt64(shards))
    }

    /// The group that replicates the shard that holds `entity`.
    public func group(of entity: [UInt8]) -> GroupID {
        GroupID(firstGroup.rawValue + UInt32(shard(of: entity)))
    }
}
