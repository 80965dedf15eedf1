internal import Consensus
internal import Engine
internal import Primitives
internal import Shards

extension SimulatedDisk {
    /// Carries out a batch.
    /// - Returns: what the journal would have refused or trapped on; nil if all is well.
    mutating func perform(_ batch: WriteBatch) -> String? { perform(batch.operations[...]) }

    mutating func perform(_ operations: ArraySlice<WriteBatch.Operation>) -> String? {
        for operation in operations {
            if let problem = perform(operation) { return problem }
        }
        return nil
    }

    private mutating func perform(_ operation: WriteBatch.Operation) -> String? {
        switch operation {
        case .adoptCluster(let cluster, let node, let name):
            guard identity.cluster == nil else { return "a file changes its cluster" }
            identity.cluster = cluster
            identity.node = node
            identity.name = name
        case .meet(let peer): peers[peer.node] = peer
        case .createGroup(let descriptor):
            guard groups[descriptor.group] == nil else { return "group \(descriptor.group) is there already" }
            var group = Group(descriptor)
            if let tombstone = tombstones.removeValue(forKey: descriptor.group) {
                (group.term, group.vote, group.promised) = (tombstone.term, tombstone.vote, tombstone.promised)
            }
            groups[descriptor.group] = group
        case .retireGroup(let id):
            guard let group = groups.removeValue(forKey: id) else { return "group \(id) is retired and was never here" }
            tombstones[id] = Tombstone(group: id, term: group.term, vote: group.vote, promised: group.farthest)
        case .hardState(let id, let term, let vote): return setHardState(id, term, vote)
        case .truncate(let id, let from): return truncate(id, from)
        case .append(let id, let entries): return append(id, entries)
        case .commit(let id, let index):
            guard let group = groups[id] else { return "group \(id) is not here" }
            groups[id]!.commit = max(group.commit, index)
        case .checkpoint(let id, let point, let state): return checkpoint(id, point, state)
        case .installSnapshot(let id, let point, let state): return install(id, point, state)
        case .trim(let id, let before): return trim(id, before)
        }
        return nil
    }

    private mutating func setHardState(_ id: GroupID, _ term: Term, _ vote: NodeID?) -> String? {
        guard let group = groups[id] else { return "group \(id) is not here" }
        guard term >= group.term else { return "the term of group \(id) goes back from \(group.term) to \(term)" }
        if term == group.term, let old = group.vote, vote != old {
            return "group \(id) votes for \(vote.map(\.description) ?? "nobody") in term \(term), after it voted for \(old)"
        }
        groups[id]!.term = term
        groups[id]!.vote = vote
        return nil
    }

    private mutating func truncate(_ id: GroupID, _ from: LogIndex) -> String? {
        guard let group = groups[id] else { return "group \(id) is not here" }
        guard from > group.commit else { return "group \(id) loses the committed entry \(from)" }
        guard from > group.before.index, from <= group.last.index else {
            return "group \(id) is cut at \(from) and ends at \(group.last.index)"
        }
        groups[id]!.entries.removeLast(group.last.index - from + 1)
        return nil
    }

    private mutating func append(_ id: GroupID, _ entries: [Entry]) -> String? {
        guard groups[id] != nil else { return "group \(id) is not here" }
        for entry in entries {
            let last = groups[id]!.last
            guard entry.index == last.index.next else {
                return "entry \(entry.index) of group \(id) comes after \(last.index)"
            }
            guard entry.follows(last.checksum) else {
                return "entry \(entry.index) of group \(id) breaks the chain of checksums"
            }
            groups[id]!.entries.append(entry)
        }
        return nil
    }

    // MARK: Checkpoints

    private mutating func checkpoint(_ id: GroupID, _ point: SnapshotPoint, _ state: ShardCheckpoint) -> String? {
        guard let group = groups[id] else { return "group \(id) is not here" }
        guard point.index <= group.last.index else {
            return "group \(id) has a checkpoint at \(point.index) beyond its log, which ends at \(group.last.index)"
        }
        groups[id]!.base = point
        groups[id]!.commit = max(group.commit, point.index)
        groups[id]!.tables.take(state)
        return nil
    }

    private mutating func install(_ id: GroupID, _ point: SnapshotPoint, _ state: ShardCheckpoint) -> String? {
        guard let group = groups[id] else { return "group \(id) is not here" }
        guard point.index > group.base.index, point.index >= group.commit else { return nil }
        groups[id]!.entries = []
        groups[id]!.before = Position(point)
        groups[id]!.base = point
        groups[id]!.commit = point.index
        groups[id]!.tables = Tables()
        groups[id]!.tables.take(state)
        return nil
    }

    private mutating func trim(_ id: GroupID, _ before: LogIndex) -> String? {
        guard let group = groups[id] else { return "group \(id) is not here" }
        guard before <= group.base.index.next else {
            return "group \(id) is trimmed before \(before), beyond its checkpoint at \(group.base.index)"
        }
        guard before > group.before.index.next, let last = group.entry(before.previous) else { return nil }
        groups[id]!.entries.removeFirst(before - group.before.index - 1)
        groups[id]!.before = Position(last)
        return nil
    }
}

extension SimulatedDisk.Tables {
    mutating func take(_ checkpoint: ShardCheckpoint) {
        for row in checkpoint.entities { states[row.entity] = row.stored() }
        for session in checkpoint.sessions { sessions[session.client] = session }
        for client in checkpoint.sessionsRemoved { sessions[client] = nil }
        for key in checkpoint.keys { keys[SimulatedDisk.KeyName(entity: key.entity, key: key.key)] = key }
        if checkpoint.keysForgottenThrough > keysForgottenThrough {
            keys = keys.filter { $0.value.reply.index > checkpoint.keysForgottenThrough }
        }
        forgottenOpened = checkpoint.forgottenOpened
        keysForgottenThrough = checkpoint.keysForgottenThrough
        meta = checkpoint.meta
        term = checkpoint.term
        checksum = checkpoint.checksum
    }

    /// All of it, as one checkpoint.
    func checkpoint(at index: LogIndex) -> ShardCheckpoint {
        var checkpoint = ShardCheckpoint(
            index: index, term: term, checksum: checksum, forgottenOpened: forgottenOpened,
            keysForgottenThrough: keysForgottenThrough, meta: meta)
        let entities = states.sorted { $0.key.lexicographicallyPrecedes($1.key) }
        checkpoint.entities = entities.map { EntityRow(entity: $0.key, stored: $0.value) }
        checkpoint.sessions = sessions.keys.sorted().map { sessions[$0]! }
        checkpoint.keys = keys.values.sorted { ($0.reply.index, $0.reply.term) < ($1.reply.index, $1.reply.term) }
        return checkpoint
    }
}
