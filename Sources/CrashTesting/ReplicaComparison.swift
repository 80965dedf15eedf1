/// Replicas held against each other, entry by entry.
struct ReplicaComparison {
    private(set) var findings = Findings()
    /// Entries that were found equal on another replica.
    private(set) var entriesCompared = 0
    private(set) var replicas = 0

    /// Replicas of a shard must have the same bytes in every entry up to the lowest commit index.
    mutating func compare(_ nodes: [(name: String, logs: [UInt32: ReplicaLog])]) {
        let groups = Set(nodes.flatMap { $0.logs.keys }).sorted()
        for group in groups {
            let holders = nodes.compactMap { node in node.logs[group].map { (node.name, $0) } }
            replicas += holders.count
            guard let (firstNode, first) = holders.first else { continue }
            for (node, log) in holders.dropFirst() {
                let from = max(first.group.first, log.group.first)
                let through = min(first.group.commit, log.group.commit)
                for index in stride(from: from, through: through, by: 1) {
                    guard let left = digest(first, index), let right = digest(log, index) else {
                        findings.add("\(first.group.shard):\(index) is committed, but not in every journal of \(firstNode), \(node)")
                        break
                    }
                    guard left == right else {
                        findings.add("\(first.group.shard):\(index) is not the same on \(firstNode) and \(node)")
                        break
                    }
                    entriesCompared += 1
                }
            }
        }
    }

    private func digest(_ log: ReplicaLog, _ index: Int64) -> UInt64? {
        let position = Int(index - log.group.first)
        return log.digests.indices.contains(position) ? log.digests[position] : nil
    }
}

/// One replica's log, as it lies in its node's file.
struct ReplicaLog: Sendable {
    var group: JournalScan.Group
    /// One digest per entry from `group.first` on, whether committed or not.
    var digests: [UInt64] = []
}
