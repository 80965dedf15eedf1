import Consensus
import Engine
import Entities
import Journal
import Node
import Primitives
import Shards

/// Copies every shard's log up to a cut into one journal, from whichever replicas are well; the owners are asked last.
struct ClusterCopy {
    let cluster: Cluster
    let cut: ClusterCut
    let progress: ProgressBar
    private(set) var entries = 0
    /// Somebody has written since the cut.
    private var isRestful = false
    private let total: Int64

    /// Payload bytes written in one transaction.
    private static let batchBytes = 4 << 20
    /// A replica may be this far behind the cut in time.
    private static let patience = Duration.seconds(5)

    init(of cluster: Cluster, at cut: ClusterCut, progress: ProgressBar) {
        self.cluster = cluster
        self.cut = cut
        self.progress = progress
        total = cut.shards.reduce(0) { $0 &+ Int64(clamping: $1.point.index.rawValue) }
    }

    mutating func write(to file: JournalFile) async throws {
        var batch = WriteBatch()
        // No node of the cluster has this number: what is made here is nobody's folder.
        batch.adoptCluster(cut.cluster, node: NodeID(.max), name: "backup")
        try file.write(batch)
        try await copy(
            .directory, kind: "", number: 0, "directory", through: cut.directory, checksum: nil,
            from: [cut.coordinator] + cut.directoryMembers.filter { $0 != cut.coordinator }, to: file)
        for shard in cut.shards {
            try await copy(
                shard.group, kind: shard.id.kind, number: shard.id.number, shard.name, through: shard.point.index,
                checksum: shard.point.checksum, from: shard.voters.filter { $0 != shard.owner } + [shard.owner], to: file)
        }
    }

    private mutating func copy(
        _ group: GroupID, kind: String, number: Int, _ name: String, through end: LogIndex, checksum: UInt64?, from nodes: [NodeID],
        to file: JournalFile
    ) async throws {
        var batch = WriteBatch()
        batch.createGroup(
            GroupDescriptor(group: group, kind: kind, number: number, configuration: Configuration(voters: nodes.sorted())))
        var next = LogIndex(1)
        var chain: UInt64 = 0
        var trouble: [String] = []
        for node in nodes {
            do {
                let standing = try await reach(end, of: group, on: node)
                if standing.committed > end { isRestful = true }
                if standing.first > next {
                    // Trimmed: its checkpoint stands for what is gone.
                    let start = try await checkpoint(of: group, on: node, through: end)
                    batch.hardState(group, term: start.point.term, vote: nil)
                    batch.installSnapshot(group, at: start.point, start.state)
                    next = start.point.index.next
                    chain = start.point.checksum
                }
                while next <= end {
                    let begun = ContinuousClock.now
                    let read = try await cluster.entries(of: group, on: node, from: next, through: end)
                    guard let last = read.last, read.first?.index == next else {
                        throw Failure(.unreadableReply, "it does not give entry \(next)")
                    }
                    for entry in read {
                        guard entry.follows(chain) else { throw Failure(.unreadableReply, "the checksum of its entry \(entry.index) is wrong") }
                        chain = entry.checksum
                    }
                    batch.append(group, read)
                    batch.hardState(group, term: last.term, vote: nil)
                    batch.commit(group, last.index)
                    next = last.index.next
                    entries += read.count
                    progress.show(Int64(entries), of: total)
                    if batch.payloadBytes >= Self.batchBytes {
                        try file.write(batch)
                        batch.removeAll()
                    }
                    // Beside a cluster that is written to, half of the time is its own.
                    if isRestful { try await Task.sleep(for: ContinuousClock.now - begun) }
                }
            } catch let failure as Failure {
                // Another replica goes on where this one ended: up to the cut their logs are the same.
                trouble.append("node \(node): \(failure.message)")
                continue
            }
            try file.write(batch)
            guard checksum == nil || checksum == chain else {
                throw CommandFailure(
                    .journal, "corrupt",
                    "\(name) of node \(node) is not what its owner has: the checksums at entry \(end) differ. Nothing was made. "
                        + "`holdfast journal verify --connect` says where they part.")
            }
            return
        }
        throw CommandFailure(
            .unavailable, "no-replica",
            "no replica could give all of \(name) up to entry \(end): \(trouble.joined(separator: "; ")). Nothing was made; try again.")
    }

    /// Waits until the node has the cut's last entry on its disk.
    private func reach(_ end: LogIndex, of group: GroupID, on node: NodeID) async throws(Failure) -> ReplicaStanding {
        let clock = ContinuousClock()
        let limit = clock.now + Self.patience
        while true {
            let standing = try await cluster.standing(of: group, on: node, timeout: .seconds(2))
            if standing.committed >= end { return standing }
            guard clock.now < limit else {
                throw Failure(.unavailable, "it is at entry \(standing.committed), the cut at \(end)")
            }
            try? await clock.sleep(for: .milliseconds(50))
        }
    }

    private func checkpoint(
        of group: GroupID, on node: NodeID, through end: LogIndex
    ) async throws(Failure) -> (point: SnapshotPoint, state: ShardCheckpoint) {
        let found = try await cluster.checkpoint(of: group, on: node)
        guard found.point.index <= end else {
            throw Failure(
                .unavailable,
                "its log is trimmed, and its checkpoint (entry \(found.point.index)) is newer than the cut (\(end)): try again, or have the "
                    + "nodes retain more entries")
        }
        do throws(MalformedBytes) {
            return (found.point, try ShardCheckpoint(encoded: found.bytes))
        } catch {
            throw Failure(.unreadableReply, "its checkpoint cannot be read: \(error)")
        }
    }
}
