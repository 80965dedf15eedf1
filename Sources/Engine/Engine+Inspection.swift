package import Consensus
internal import Directory
package import Primitives

/// What a check from outside sees of one group's replica: cheap enough to be taken after every turn.
package struct ReplicaView {
    package var group: GroupID
    package var term: Term
    package var role: Role
    package var commit: LogIndex
    /// The chained checksum of the entry at `commit`: two logs with the same one agree up to there.
    package var checksum: UInt64
    package var lastIndex: LogIndex
    package var lastTerm: Term
    package var configurationIndex: LogIndex
    package var isQuiescent: Bool
    /// Differs between replicas of one group that a node has one after the other.
    package var incarnation: UInt64
}

extension Engine {
    /// Shows every group's replica here, in the order of the groups.
    package func forEachReplica(_ body: (ReplicaView) -> Void) {
        for replica in replicas {
            let commit = replica.raft.commit
            body(
                ReplicaView(
                    group: replica.group, term: replica.raft.term, role: replica.raft.role, commit: commit,
                    // The window never begins behind the commit index.
                    checksum: replica.raft.checksum(at: commit) ?? 0, lastIndex: replica.raft.lastIndex,
                    lastTerm: replica.raft.lastTerm, configurationIndex: replica.raft.configurationIndex,
                    isQuiescent: replica.raft.isQuiescent, incarnation: replica.raft.persistenceMark.incarnation))
        }
    }

    /// A copy of one group's consensus; nil if it has no replica here.
    package func raft(of group: GroupID) -> RaftGroup? { replica(group)?.raft }

    /// Whether somebody still waits for the events that are read under this token.
    package func awaitsEvents(_ token: UInt64) -> Bool { histories[token] != nil }

    /// Has this node's group change its members without a plan, as the core allows.
    package func change(_ group: GroupID, _ change: ConfigurationChange) {
        guard let replica = replica(group), replica.servingTerm != nil else { return }
        step(replica) { raft, outputs in _ = try? raft.changeConfiguration(change, into: &outputs) }
    }

    /// Everything of this group that is committed is applied here up to this index.
    package func applied(of group: GroupID) -> LogIndex? { replica(group)?.applied }

    /// What requests wait for here, a line for each group that keeps any.
    package var waiting: [String] {
        replicas.compactMap { replica in
            let parts = [
                ("for entries", replica.waiters.count), ("for a round", replica.rounds.reduce(0) { $0 + $1.answers.count }),
                ("for commit", replica.confirmed.count), ("for the journal", replica.parked.values.reduce(0) { $0 + $1.count }),
                ("for a leader", replica.queue.count),
            ].filter { $0.1 > 0 }
            guard !parts.isEmpty else { return nil }
            return "group \(replica.group): " + parts.map { "\($0.1) wait \($0.0)" }.joined(separator: ", ")
        }
    }

    /// What the coordinator would plan now and why, a line each; empty on every other node.
    package var planning: [String] {
        guard let replica = directoryReplica, replica.servingTerm != nil, let directory = replica.directory?.committed
        else { return [] }
        let report = clusterReport()
        var lines = report.nodes.map { "node \($0.node): silent for \($0.silence), heard for \($0.heardFor)" }
        lines += report.groups.map { "group \($0.group) reports \($0)" }
        lines += report.pending.map { "under way: \($0)" }
        lines += directory.shards.map { "\($0.name) wants \($0.replicas), reported \($0.reported)" }
        return lines + plan(directory, report, settings: settings.plan).map { "planned: \($0)" }
    }
}
