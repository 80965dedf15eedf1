import Directory
import Engine
import Primitives

/// The cluster's state as the command line shows it; the keys of its JSON are part of the contract.
struct ClusterReport: Encodable {
    var cluster: String
    var coordinator: UInt32
    /// Every shard has an owner and all its replicas, and nothing moves.
    var settled: Bool
    var members: [MemberLine]
    var shards: [ShardLine]

    struct MemberLine: Encodable {
        var node: UInt32
        var name: String
        var address: String
        var status: String
        var reachable: Bool
        /// Shards whose owner it is, and of which it holds a replica.
        var owns: Int
        var replicas: Int
    }

    struct ShardLine: Encodable {
        var shard: String
        var owner: UInt32?
        var term: UInt64?
        var voters: [UInt32]
        var learners: [UInt32]
        /// Where replicas should be, if not where they are.
        var wanted: [UInt32]
        /// The index of the newest entry that a majority has.
        var commit: UInt64?
        /// Entries that members lack, those that lack none left out.
        var behind: [String: UInt64]
    }

    init(_ status: ClusterStatus) {
        cluster = status.cluster.description
        coordinator = status.coordinator.rawValue
        settled = status.isSettled
        members = status.members.map { member in
            MemberLine(
                node: member.node.rawValue, name: member.name, address: member.address,
                status: member.status.rawValue, reachable: member.isReachable, owns: member.owned,
                replicas: member.replicas)
        }
        shards = status.shards.map { shard in
            var behind: [String: UInt64] = [:]
            for lag in shard.behind where lag.entries > 0 { behind["\(lag.node)"] = lag.entries }
            return ShardLine(
                shard: shard.shard, owner: shard.owner?.rawValue, term: shard.term?.rawValue,
                voters: shard.voters.map(\.rawValue), learners: shard.learners.map(\.rawValue),
                wanted: shard.wanted.map(\.rawValue), commit: shard.commit?.rawValue, behind: behind)
        }
    }
}

// MARK: For people

extension ClusterReport {
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
        for shard in shards {
            table.add(
                shard.shard, shard.owner.map { "\($0)" } ?? "none", shard.replicaText,
                shard.commit.map { "\($0)" } ?? "?", shard.term.map { "\($0)" } ?? "?", shard.behindText)
        }
        return table
    }
}

extension ClusterReport.ShardLine {
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
