import Primitives

extension DirectoryState {
    /// Where the replicas of a new kind are born: for each shard the least loaded nodes that are up, its preferred leader
    /// in front. Replicas and leaders come out even, and the same directory gives the same answer.
    ///
    /// - Throws: `.noNodeUp`, or `.tooManyShards` when a node would get more than `Limits.groupsPerNodeMax` groups.
    func firstVoters(shards count: Int, replication: Int) throws(DirectoryRefusal) -> [[NodeID]] {
        let hosts = membersUp.map(\.id)
        guard !hosts.isEmpty else {
            throw DirectoryRefusal(.noNodeUp, "no node is up that could hold the shards; try again when one is")
        }
        let copies = min(replication, hosts.count)
        var loads = replicaLoads
        // Nodes that already share a shard are paired last, so that one dead node's work falls to many.
        var pairs = PairCounts(hosts, slots: members.count)
        var leaders = EvenAssignment(loads: leaderLoads)
        var result: [[NodeID]] = []
        for _ in 0..<count {
            var chosen: [NodeID] = []
            while chosen.count < copies {
                // `copies` is at most the number of hosts, so one is always left.
                let next = hosts.filter { !chosen.contains($0) }.min { left, right in
                    let pairings = (pairs.count(left, chosen), pairs.count(right, chosen))
                    return (loads[left.slot], pairings.0, left) < (loads[right.slot], pairings.1, right)
                }!
                loads[next.slot] += 1
                chosen.append(next)
            }
            pairs.add(chosen)
            leaders.add(at: nil, candidates: chosen.map(\.slot))
            result.append(chosen.sorted())
        }
        // The directory's own group is one more on every node.
        if let fullest = loads.max(), fullest + 1 > Limits.groupsPerNodeMax {
            throw DirectoryRefusal(
                .tooManyShards,
                "with these shards a node would hold \(fullest + 1) groups, \(Limits.groupsPerNodeMax) is the most; register fewer shards or add nodes")
        }
        leaders.balance(changesMax: .max)
        for number in result.indices {
            guard let slot = leaders.node(of: number) else { continue }
            let leader = members[slot].id
            result[number] = [leader] + result[number].filter { $0 != leader }
        }
        return result
    }
}

extension DirectoryState {
    /// Shards that each node is to lead, by `NodeID.slot`.
    private var leaderLoads: [Int] {
        var loads = Array(repeating: 0, count: members.count)
        for shard in shards {
            if let leader = shard.preferredLeader { loads[leader.slot] += 1 }
        }
        return loads
    }
}

/// How many shards each two nodes share.
private struct PairCounts {
    private var counts: [Int]
    /// By slot: tombstones among the members take no room.
    private var dense: [Int]
    private let size: Int

    init(_ hosts: [NodeID], slots: Int) {
        size = hosts.count
        counts = Array(repeating: 0, count: size * size)
        dense = Array(repeating: -1, count: slots)
        for (number, node) in hosts.enumerated() { dense[node.slot] = number }
    }

    func count(_ node: NodeID, _ others: [NodeID]) -> Int {
        var sum = 0
        for other in others { sum += counts[dense[node.slot] * size + dense[other.slot]] }
        return sum
    }

    mutating func add(_ nodes: [NodeID]) {
        for one in nodes {
            for other in nodes where other != one { counts[dense[one.slot] * size + dense[other.slot]] += 1 }
        }
    }
}
