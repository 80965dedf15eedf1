import Primitives

extension DirectoryState {
    /// How many replicas of a shard are wanted, if nobody says otherwise.
    static let replicationDefault = 3
    static let replicationRange = 1...7

    func registerKind(
        _ name: String, shards count: Int, replication: Int?
    ) throws(DirectoryRefusal) -> [DirectoryEvent] {
        try Names.checkKind(name)
        guard (1...Limits.shardsPerKindMax).contains(count) else {
            throw DirectoryRefusal(
                .shardCountOutOfRange,
                "'\(name)' cannot have \(count) shards; a kind has 1 to \(Limits.shardsPerKindMax)")
        }
        let copies = replication ?? Self.replicationDefault
        guard Self.replicationRange.contains(copies) else {
            throw DirectoryRefusal(
                .replicationOutOfRange,
                "'\(name)' cannot have \(copies) replicas a shard; \(Self.replicationRange.lowerBound) to \(Self.replicationRange.upperBound) are possible")
        }
        if let known = kind(name) {
            guard known.shards == count else {
                throw DirectoryRefusal(
                    .shardCountFixed,
                    "'\(name)' has \(known.shards) shards, fixed when it was registered, not \(count); ask for \(known.shards), or use another kind"
                )
            }
            guard replication == nil || replication == known.replication else {
                throw DirectoryRefusal(
                    .replicationOutOfRange,
                    "'\(name)' was registered with \(known.replication) replicas a shard, not \(copies)")
            }
            return []
        }
        let voters = try firstVoters(shards: count, replication: copies)
        return [
            .kindRegistered(
                name: name, shards: count, replication: copies, firstGroup: nextGroup, voters: voters)
        ]
    }

    func place(_ placements: [ShardPlacement]) throws(DirectoryRefusal) -> [DirectoryEvent] {
        var changed: [ShardPlacement] = []
        for var placement in placements {
            guard let shard = shard(placement.group) else { throw .unknownShard("group \(placement.group)") }
            placement.replicas = try checkedNodes(placement.replicas, of: shard.name)
            if let leader = placement.preferredLeader, !placement.replicas.contains(leader) {
                throw DirectoryRefusal(
                    .malformedPlacement, "node \(leader) is to lead \(shard.name) and holds no replica of it")
            }
            // An operator's move came in between: the planner will see it and think again.
            guard placement.pinnedLeader == shard.pinnedLeader else { continue }
            if placement != shard.placement { changed.append(placement) }
        }
        return changed.isEmpty ? [] : [.shardsPlaced(placements: changed)]
    }

    func report(_ configurations: [ReportedConfiguration]) throws(DirectoryRefusal) -> [DirectoryEvent] {
        var newer: [ReportedConfiguration] = []
        for var configuration in configurations {
            guard let shard = shard(configuration.group) else {
                throw .unknownShard("group \(configuration.group)")
            }
            guard !configuration.voters.isEmpty else {
                throw DirectoryRefusal(.malformedPlacement, "\(shard.name) is reported without voters")
            }
            configuration.voters.sort()
            configuration.learners.sort()
            if configuration.index > shard.reported.index { newer.append(configuration) }
        }
        return newer.isEmpty ? [] : [.configurationsReported(configurations: newer)]
    }

    func move(_ group: GroupID, to node: NodeID) throws(DirectoryRefusal) -> [DirectoryEvent] {
        guard let shard = shard(group) else { throw .unknownShard("group \(group)") }
        guard let member = member(node) else { throw .unknownNode("\(node)") }
        guard member.status == .up else {
            throw DirectoryRefusal(
                .statusConflict, "\(shard.name) cannot move to node \(node), which is \(member.status.rawValue)")
        }
        var placement = shard.placement
        placement.preferredLeader = node
        placement.pinnedLeader = node
        if !placement.replicas.contains(node) {
            if placement.replicas.count >= wantedCount(of: shard), let given = replicaToGiveUp(of: shard) {
                placement.replicas.removeAll { $0 == given }
            }
            placement.replicas.append(node)
            placement.replicas.sort()
        }
        return placement == shard.placement ? [] : [.shardsPlaced(placements: [placement])]
    }

    func unpin(_ group: GroupID) throws(DirectoryRefusal) -> [DirectoryEvent] {
        guard let shard = shard(group) else { throw .unknownShard("group \(group)") }
        guard shard.pinnedLeader != nil else { return [] }
        var placement = shard.placement
        placement.pinnedLeader = nil
        return [.shardsPlaced(placements: [placement])]
    }

    private func wantedCount(of shard: ShardRecord) -> Int {
        let hosts = members.count { $0.status == .up || $0.status == .down }
        return min(kind(shard.kind)?.replication ?? Self.replicationDefault, hosts)
    }

    /// The replica that a newcomer by an operator's word displaces: one that is not up, else the one on the fullest node.
    private func replicaToGiveUp(of shard: ShardRecord) -> NodeID? {
        let loads = replicaLoads
        return shard.replicas.max { left, right in
            let leftUp = member(left)?.status == .up
            let rightUp = member(right)?.status == .up
            if leftUp != rightUp { return leftUp }
            return (loads[left.slot], left) < (loads[right.slot], right)
        }
    }

    /// Replicas wanted per node, by `NodeID.slot`.
    var replicaLoads: [Int] {
        var loads = Array(repeating: 0, count: members.count)
        for shard in shards {
            for node in shard.replicas { loads[node.slot] += 1 }
        }
        return loads
    }
}

extension NodeID {
    /// Where this node's figures stand in an array with one place per member, removed ones included.
    var slot: Int { Int(rawValue) - 1 }
}
