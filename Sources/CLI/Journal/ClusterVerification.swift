import Directory
import Engine
import Entities
import Node
import Primitives

/// Compares the replicas of every shard: each node reads its own journal and says where that leads.
///
/// Checksums are chained, so equal ones at one index mean equal logs up to it, and the first difference is found by halving.
struct ClusterVerification {
    struct Report: Encodable {
        var cluster: String
        var sound: Bool
        var shards: [Shard] = []
        var problems: [String] = []
        /// What could not be looked at.
        var unchecked: [String] = []

        struct Shard: Encodable {
            var shard: String
            /// Up to where all replicas were compared.
            var index: UInt64
            var checksum: String?
            var nodes: [UInt32]
        }
    }

    private let cluster: Cluster
    private let isQuick: Bool
    private let limit: Duration
    private let bar: ProgressBar

    init(_ cluster: Cluster, isQuick: Bool, limit: Duration, isQuiet: Bool) {
        self.cluster = cluster
        self.isQuick = isQuick
        self.limit = limit
        bar = ProgressBar("reading", .count("entries"), isQuiet: isQuiet)
    }

    func run() async throws -> Report {
        defer { bar.end() }
        let status = try await cluster.status(timeout: limit)
        var report = Report(cluster: status.cluster.description, sound: true)
        let silent = Set(status.members.filter { $0.status != .removed && !($0.isReachable) }.map(\.node))
        for node in silent.sorted() { report.unchecked.append("node \(node) does not answer") }
        let total = status.shards.reduce(Int64(0)) { $0 &+ Int64(clamping: $1.commit?.rawValue ?? 0) }
        var done: Int64 = 0
        for shard in status.shards {
            let nodes = (shard.voters + (shard.group == .directory ? shard.learners : [])).filter { !silent.contains($0) }
            let before = done
            try await compare(shard, on: nodes, &report) { bar.show(before &+ $0, of: total) }
            done &+= Int64(clamping: shard.commit?.rawValue ?? 0)
        }
        report.sound = report.problems.isEmpty
        return report
    }

    private func compare(
        _ shard: ClusterStatus.ShardState, on nodes: [NodeID], _ report: inout Report, progress: @escaping @Sendable (Int64) -> Void
    ) async throws {
        var standings: [(node: NodeID, standing: ReplicaStanding)] = []
        for node in nodes {
            do throws(Failure) {
                standings.append((node, try await cluster.standing(of: shard.group, on: node, timeout: limit)))
            } catch {
                report.unchecked.append("\(shard.shard) on node \(node): \(error.message)")
            }
        }
        guard let end = standings.map(\.standing.committed).min(), end > .zero else { return }
        let start = standings.map(\.standing.first).max()!
        guard start <= end else {
            report.unchecked.append("\(shard.shard): its replicas have no entry in common, as some of them trimmed what others wait for")
            return
        }
        let from = isQuick ? end : start
        let cluster = cluster
        let limit = limit
        let walks = await withTaskGroup(of: Walk.self) { group in
            for (position, item) in standings.enumerated() {
                group.addTask {
                    await Self.walk(cluster, shard.group, item.node, from: from, through: end, limit) { index in
                        if position == 0 { progress(Int64(clamping: index.rawValue)) }
                    }
                }
            }
            var walks: [Walk] = []
            for await walk in group { walks.append(walk) }
            return walks.sorted { $0.node < $1.node }
        }
        for walk in walks {
            if let damage = walk.damage { report.problems.append("\(shard.shard) on node \(walk.node): \(damage)") }
            if let trouble = walk.trouble { report.unchecked.append("\(shard.shard) on node \(walk.node): \(trouble)") }
        }
        let whole = walks.filter { $0.damage == nil && $0.trouble == nil }
        for other in whole.dropFirst() where other.checksum != whole[0].checksum {
            let first = try await firstDifference(shard.group, whole[0].node, other.node, from: start, through: end)
            report.problems.append(
                "\(shard.shard): nodes \(whole[0].node) and \(other.node) hold different histories from entry \(first) on")
        }
        report.shards.append(
            Report.Shard(
                shard: shard.shard, index: end.rawValue, checksum: whole.first.map { BackupManifest.text(of: $0.checksum) },
                nodes: whole.map(\.node.rawValue)))
    }

    private struct Walk: Sendable {
        var node: NodeID
        var checksum: UInt64 = 0
        var damage: String?
        var trouble: String?
    }

    private static func walk(
        _ cluster: Cluster, _ group: GroupID, _ node: NodeID, from: LogIndex, through end: LogIndex, _ limit: Duration,
        progress: @Sendable (LogIndex) -> Void
    ) async -> Walk {
        var walk = Walk(node: node)
        var next = from
        while next <= end, walk.damage == nil {
            do throws(Failure) {
                let digest = try await cluster.digest(of: group, on: node, from: next, through: end, timeout: limit)
                walk.checksum = digest.checksum
                walk.damage = digest.damage
                next = digest.index.next
                progress(digest.index)
            } catch {
                walk.trouble = error.message
                return walk
            }
        }
        return walk
    }

    /// The lowest index at which the two have different checksums; they do at `through`.
    private func firstDifference(
        _ group: GroupID, _ left: NodeID, _ right: NodeID, from: LogIndex, through: LogIndex
    ) async throws -> LogIndex {
        var (low, high) = (from, through)
        while low < high {
            let middle = low + Int((high.rawValue - low.rawValue) / 2)
            let one = try await cluster.digest(of: group, on: left, from: middle, through: middle, timeout: limit)
            let other = try await cluster.digest(of: group, on: right, from: middle, through: middle, timeout: limit)
            if one.checksum == other.checksum { low = middle.next } else { high = middle }
        }
        return low
    }
}

extension ClusterVerification.Report {
    func print() {
        for problem in problems { StandardOutput.line(problem) }
        for item in unchecked { StandardOutput.line("not checked: \(item)") }
        guard sound else { return }
        let entries = shards.reduce(UInt64(0)) { $0 &+ $1.index }
        StandardOutput.line("sound: \(shards.count) groups, \(entries) entries, equal on all nodes that were asked")
    }

    /// - Throws: 74 for damage or a difference, 69 if not all could be looked at.
    func check() throws(CommandFailure) {
        if let first = problems.first {
            throw CommandFailure(
                .journal, "corrupt",
                "the journals of this cluster are not what they should be: \(first)\(problems.count > 1 ? " … and \(problems.count - 1) more" : ""). "
                    + "Bring the damaged node back from the others: holdfast node repair --data DIR --seed HOST:PORT")
        }
        if let first = unchecked.first {
            throw CommandFailure(.unavailable, "unchecked", "not everything could be checked: \(first). What was checked is sound.")
        }
    }
}
