public import Primitives

/// Who is in the cluster, which shards exist, and who holds their replicas: the state machine of group 0.
///
/// Every node has a copy, made of the same events. Commands are decided by `decide(_:)` on the directory's leader against
/// its newest state; all of them may be repeated without harm, so the directory needs no request ids.
public struct DirectoryState: Hashable, Codable, Sendable {
    /// Zero until the cluster is founded.
    public internal(set) var cluster: UniqueID
    /// Sorted by id; removed ones included.
    public internal(set) var members: [Member]
    /// In the order of their registration.
    public internal(set) var kinds: [KindRecord]
    /// Sorted by group: the shard of group `g` stands at `g − 1`.
    public internal(set) var shards: [ShardRecord]
    /// The wanted voters of group 0; every other member is to be a learner of it. Sorted.
    public internal(set) var directoryVoters: [NodeID]
    public internal(set) var nextNode: NodeID
    public internal(set) var nextGroup: GroupID

    /// The directory before its first event.
    public init() {
        cluster = .zero
        members = []
        kinds = []
        shards = []
        directoryVoters = []
        nextNode = NodeID(1)
        nextGroup = GroupID(1)
    }

    public var isFounded: Bool { cluster != .zero }
}

// MARK: - Lookups

extension DirectoryState {
    public func member(_ node: NodeID) -> Member? {
        memberOffset(node).map { members[$0] }
    }

    /// The member whose journal is `file`, removed or not.
    public func member(file: UniqueID) -> Member? {
        members.first { $0.file == file }
    }

    /// The member that a person means by an id, a name or an address. Removed ones are found by their id only.
    public func member(named text: String) throws(DirectoryRefusal) -> Member {
        if let number = UInt32(text), let member = member(NodeID(number)) { return member }
        guard
            let member = members.first(where: {
                $0.status != .removed && ($0.name == text || $0.address.description == text)
            })
        else { throw .unknownNode(text) }
        return member
    }

    /// The members that take part: `up`.
    public var membersUp: [Member] { members.filter { $0.status == .up } }
    /// How many replicas each shard of a kind can have on the members that are up.
    public func copies(of kind: KindRecord) -> Int { min(kind.replication, membersUp.count) }
    /// How many voters the directory's group comes to have with the members that are up.
    public var directoryVotersWanted: Int { Planner.directoryVoterCount(members: membersUp.count) }

    public func kind(_ name: String) -> KindRecord? {
        kinds.first { $0.name == name }
    }

    public func shard(_ group: GroupID) -> ShardRecord? {
        shardOffset(group).map { shards[$0] }
    }

    /// The shard that a person means by `counter/7`.
    public func shard(named text: String) throws(DirectoryRefusal) -> ShardRecord {
        guard let slash = text.lastIndex(of: "/"), let number = Int(text[text.index(after: slash)...]),
            let kind = kind(String(text[..<slash])), (0..<kind.shards).contains(number),
            let shard = shard(GroupID(kind.firstGroup.rawValue + UInt32(number)))
        else { throw .unknownShard(text) }
        return shard
    }

    /// Whether `node` may drop its replica of `group`: the group went on without it, and it is not wanted back.
    ///
    /// - Parameter index: the newest configuration entry in that replica's own log. A replica that knows a newer one than the
    ///   directory is asked to wait: it may have been taken in again.
    public func mayRetire(_ group: GroupID, on node: NodeID, knowing index: LogIndex) -> Bool {
        if group == .directory { return member(node)?.status == .removed }
        guard let shard = shard(group) else { return false }
        return !shard.replicas.contains(node) && !shard.reported.contains(node) && index <= shard.reported.index
    }

    func memberOffset(_ node: NodeID) -> Int? {
        // Ids are given out as 1, 2, 3 … and members are never deleted, so a member stands at its id less one.
        let offset = Int(node.rawValue) - 1
        guard members.indices.contains(offset), members[offset].id == node else { return nil }
        return offset
    }

    func shardOffset(_ group: GroupID) -> Int? {
        let offset = Int(group.rawValue) - 1
        guard shards.indices.contains(offset), shards[offset].group == group else { return nil }
        return offset
    }
}
