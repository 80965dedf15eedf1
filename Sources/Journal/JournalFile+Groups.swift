import Consensus
import Engine
import Primitives

extension JournalFile {
    func adoptCluster(_ cluster: UniqueID, _ node: NodeID, _ name: String) throws(JournalError) {
        if let found = identity.cluster, found != cluster {
            throw .otherCluster(path, found: found.description, expected: cluster.description)
        }
        identity.cluster = cluster
        identity.node = node
        identity.name = name
        fileRowChanged = true
    }

    func createGroup(_ descriptor: GroupDescriptor) throws(JournalError) {
        let group = replicas[descriptor.group] ?? Replica(descriptor)
        precondition(group.replica == nil, "group \(descriptor.group) is in the journal already")
        group.descriptor = descriptor
        group.startLog(freshReplica(), after: .zero)
        group.commit = .zero
        replicas[descriptor.group] = group
        touch(group)
        try CheckpointRow(birth: descriptor.configuration).write(group.replica!, with: statements.replaceCheckpoint)
    }

    /// Nothing of the replica is deleted here but what would show it: a shard may be large, and other groups wait for this transaction.
    func retireGroup(_ id: GroupID) throws(JournalError) {
        let group = active(id)
        let end = LogPosition(term: group.last.term, index: group.last.index)
        if end.index > .zero { group.promised = max(group.promised ?? end, end) }
        try discard(group.replica!)
        group.replica = nil
        group.commit = .zero
        group.first = LogIndex(1)
        group.beforeFirst = .zero
        touch(group)
    }

    func setHardState(_ id: GroupID, _ term: Term, _ vote: NodeID?) {
        let group = active(id)
        precondition(
            term > group.term || (term == group.term && (group.vote == nil || group.vote == vote)),
            "group \(id): term \(term), vote \(String(describing: vote)) after term \(group.term), "
                + "vote \(String(describing: group.vote))")
        group.term = term
        group.vote = vote
        touch(group)
    }

    /// A number that no rows carry yet, and never will again.
    func freshReplica() -> Int64 {
        defer { nextReplica += 1 }
        fileRowChanged = true
        return nextReplica
    }

    /// Leaves all rows of a replica to `reclaim`.
    func discard(_ replica: Int64) throws(JournalError) {
        statements.deleteCheckpoint.bind(1, replica)
        try statements.deleteCheckpoint.run()
        try discard(replica, before: LogIndex(UInt64(Int64.max)))
    }

    /// Leaves a replica's entries below `before` to `reclaim`.
    func discard(_ replica: Int64, before: LogIndex) throws(JournalError) {
        statements.replaceDiscard.bind(1, replica)
        statements.replaceDiscard.bind(2, before.rawValue)
        try statements.replaceDiscard.run()
        hasDiscards = true
    }
}
