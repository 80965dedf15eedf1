import Consensus
import Primitives

/// What must hold at every moment of every run (Raft, figure 3). Collects what does not.
struct Invariants {
    private(set) var violations: [String] = []
    private var leaders: [Term: NodeID] = [:]
    private var entries: [Place: UInt64] = [:]
    private var committed: [LogIndex: UInt64] = [:]
    private var commits: [NodeID: LogIndex] = [:]
    private(set) var newestCommit = LogIndex.zero
    /// The newest index committed by each term's leader, by ascending index.
    private var commitsByTerm: [(term: Term, index: LogIndex)] = []

    private struct Place: Hashable {
        var index: LogIndex
        var term: Term
    }

    mutating func check(_ replica: SimulatedReplica, among replicas: [SimulatedReplica]) {
        if let fault = replica.fault { violations.append(fault) }
        guard let raft = replica.raft else {
            commits[replica.id] = nil
            return
        }
        checkElectionSafety(raft)
        checkLogMatching(raft)
        checkCommit(raft, among: replicas)
    }

    private mutating func checkElectionSafety(_ raft: RaftGroup) {
        guard raft.role == .leader else { return }
        if let other = leaders.updateValue(raft.node, forKey: raft.term) {
            if other != raft.node { violations.append("nodes \(other) and \(raft.node) lead in term \(raft.term)") }
            return
        }
        // Leader Completeness: a new leader has whatever was committed in earlier terms.
        guard let known = commitsByTerm.last(where: { $0.term < raft.term })?.index, known > raft.windowBase,
            let checksum = committed[known]
        else { return }
        if raft.checksum(at: known) != checksum {
            violations.append("leader \(raft.node) of term \(raft.term) lacks what is committed at \(known)")
        }
    }

    /// Checksums are chained: equal ones at one place are equal logs up to it.
    private mutating func checkLogMatching(_ raft: RaftGroup) {
        let place = Place(index: raft.lastIndex, term: raft.lastTerm)
        guard let checksum = raft.checksum(at: raft.lastIndex) else { return }
        if let other = entries.updateValue(checksum, forKey: place), other != checksum {
            violations.append("node \(raft.node) has another log than others at \(place.index) of term \(place.term)")
        }
    }

    private mutating func checkCommit(_ raft: RaftGroup, among replicas: [SimulatedReplica]) {
        let before = commits.updateValue(raft.commit, forKey: raft.node) ?? .zero
        if raft.commit < before { violations.append("commit of node \(raft.node) went from \(before) to \(raft.commit)") }
        guard raft.commit > before, let checksum = raft.checksum(at: raft.commit) else { return }
        if let other = committed.updateValue(checksum, forKey: raft.commit), other != checksum {
            violations.append("node \(raft.node) commits something else at \(raft.commit)")
        }
        guard raft.commit > newestCommit else { return }
        newestCommit = raft.commit
        commitsByTerm.append((raft.term, raft.commit))
        // Whoever commits something first must have it on the disks of a majority.
        let holders = replicas.filter { holder in
            raft.configuration.voters.contains(holder.id)
                && (holder.disk.checksum(at: raft.commit) == checksum || holder.disk.base.index >= raft.commit)
        }
        if holders.count < raft.configuration.majority {
            violations.append(
                "node \(raft.node) commits \(raft.commit), held durably by \(holders.map(\.id)) of \(raft.configuration.voters)")
        }
    }
}
