import Primitives

extension Planner {
    /// The shards that get another preferred leader, by offset: an operator's pin where it can be kept, an even spread elsewhere.
    func preferredLeaders(_ plan: ReplicaPlan) -> [NodeID?] {
        var result: [NodeID?] = Array(repeating: nil, count: directory.shards.count)
        guard needsLeaders(plan) else { return result }

        // Tombstones would only make the tables larger.
        let present = nodes.filter { $0.status != .removed }
        var dense = Array(repeating: -1, count: nodes.count)
        for (number, node) in present.enumerated() { dense[node.id.slot] = number }
        var balance = EvenAssignment(loads: Array(repeating: 0, count: present.count))
        for (offset, shard) in directory.shards.enumerated() {
            let candidates = plan.replicas(offset).filter { view($0).canLead }
            if let pinned = pin(shard, candidates) {
                balance.add(at: dense[pinned.slot])
            } else {
                let leader = shard.preferredLeader.flatMap { candidates.contains($0) ? $0 : nil }
                balance.add(at: leader.map { dense[$0.slot] }, candidates: candidates.map { dense[$0.slot] })
            }
        }
        balance.balance(changesMax: settings.placementsMax)
        for (offset, shard) in directory.shards.enumerated() {
            guard let leader = balance.node(of: offset).map({ present[$0].id }) else { continue }
            if leader != shard.preferredLeader { result[offset] = leader }
        }
        return result
    }

    private func pin(_ shard: ShardRecord, _ candidates: [NodeID]) -> NodeID? {
        shard.pinnedLeader.flatMap { candidates.contains($0) ? $0 : nil }
    }

    /// Whether a shard could have a leader and has none, or two nodes differ by more than one.
    private func needsLeaders(_ plan: ReplicaPlan) -> Bool {
        var led = Array(repeating: 0, count: nodes.count)
        var canBeLed = Array(repeating: false, count: nodes.count)
        for (offset, shard) in directory.shards.enumerated() {
            let replicas = plan.replicas(offset)
            var hasCandidate = false
            for node in replicas where view(node).canLead {
                canBeLed[node.slot] = true
                hasCandidate = true
            }
            guard hasCandidate else { continue }
            guard let leader = shard.preferredLeader, replicas.contains(leader), view(leader).canLead else {
                return true
            }
            if let pinned = shard.pinnedLeader, pinned != leader, replicas.contains(pinned), view(pinned).canLead {
                return true
            }
            led[leader.slot] += 1
        }
        let counts = led.indices.filter { canBeLed[$0] }.map { led[$0] }
        return (counts.max() ?? 0) - (counts.min() ?? 0) >= 2
    }
}
