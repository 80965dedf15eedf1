import Primitives

extension Planner {
    /// Decides where replicas and leaders are wanted: repairs first, then, when all shards have what they need, evenness.
    mutating func planPlacements() {
        guard !directory.shards.isEmpty, nodes.contains(where: { $0.isHost }) else { return }
        var replicas = ReplicaPlan(directory, nodes, settings.placementsMax)
        replicas.repair()
        if replicas.isComplete { replicas.evenOut() }

        var placements: [ShardPlacement] = []
        let leaders = preferredLeaders(replicas)
        for (offset, shard) in directory.shards.enumerated() {
            var placement = shard.placement
            if let nodes = replicas.changed[offset] { placement.replicas = nodes }
            placement.preferredLeader = leaders[offset] ?? shard.preferredLeader
            if let leader = placement.preferredLeader, !placement.replicas.contains(leader) {
                placement.preferredLeader = nil
            }
            guard placement != shard.placement else { continue }
            placements.append(placement)
            replaced[offset] = true
        }
        if !placements.isEmpty { steps.append(.propose(.place(placements: placements))) }
    }
}
