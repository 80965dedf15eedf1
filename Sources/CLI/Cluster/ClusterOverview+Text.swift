import Node

/// For people.
extension ClusterOverview {
    var summary: [String] {
        let up = members.count { $0.status == "up" }
        // The directory is a group of its own, and no shard of anybody's entities.
        let owned = shards.count { $0.owner != nil && $0.shard != "directory" }
        let count = shards.count { $0.shard != "directory" }
        return [
            "cluster      \(cluster)",
            "members      \(members.count { $0.status != "removed" }), \(up) up",
            "shards       \(count), \(owned == count ? "all" : "\(owned)") with an owner",
            "coordinator  node \(coordinator)",
            "settled      \(settled ? "yes" : "no: replicas are being made or moved, or nodes are missing")",
        ]
    }

    var memberTable: TextTable {
        var table = TextTable(
            ("NODE", .right), ("NAME", .left), ("ADDRESS", .left), ("STATUS", .left), ("OWNS", .right),
            ("REPLICAS", .right))
        table.style("STATUS") { $0 == "up" ? .green : $0.hasPrefix("down") || $0.hasSuffix("silent") ? .red : .yellow }
        for member in members {
            let isSilent = !member.reachable && member.status != "removed" && member.status != "down"
            table.add(
                "\(member.node)", member.name, member.address, member.status + (isSilent ? ", silent" : ""),
                "\(member.owns)", "\(member.replicas)")
        }
        return table
    }

    var shardTable: TextTable {
        var table = TextTable(
            ("SHARD", .left), ("OWNER", .right), ("REPLICAS", .left), ("COMMIT", .right), ("TERM", .right),
            ("BEHIND", .left))
        table.style("OWNER") { $0 == "none" ? .red : nil }
        table.style("BEHIND") { _ in .yellow }
        for shard in shards {
            table.add(
                shard.shard, shard.owner.map { "\($0)" } ?? "none", shard.replicaText,
                shard.commit.map { "\($0)" } ?? "?", shard.term.map { "\($0)" } ?? "?", shard.behindText)
        }
        return table
    }
}

extension ClusterOverview.ShardLine {
    /// `1 2 3`, `1 2 +3` while 3 is being made, `1 2 -4` while 4 is to go.
    var replicaText: String {
        var parts = voters.map { wanted.contains($0) || wanted.isEmpty ? "\($0)" : "-\($0)" }
        // Every node that is no voter of the directory follows it as a learner: that is how it should be.
        parts += learners.map { shard == "directory" ? "(\($0))" : "+\($0)" }
        return parts.joined(separator: " ")
    }

    var behindText: String {
        behind.sorted { (UInt32($0.key) ?? 0) < (UInt32($1.key) ?? 0) }
            .map { "node \($0.key) by \($0.value)" }.joined(separator: ", ")
    }
}
