public import Primitives

extension ShardMachine {
    /// Begins a checkpoint of the state as it is now.
    ///
    /// Then load what `loadsForCheckpoint` asks for until `makeCheckpoint` gives it, write it, and call
    /// `checkpointWritten`. Commands and entries go on meanwhile.
    /// - Returns: the index of the checkpoint, which is `applied`; nil while another is under way or nothing was applied
    /// since the last.
    /// - Complexity: linear in what changed since the last; nothing is encoded.
    public mutating func beginCheckpoint() -> LogIndex? {
        guard checkpoint == nil, applied > writtenCheckpoint else { return nil }
        var result = ShardCheckpoint(
            index: applied, term: appliedTerm, checksum: appliedChecksum,
            forgottenOpened: sessions.forgottenOpened, keysForgottenThrough: keys.forgottenThrough,
            meta: ShardMeta(buckets: Array(keys.buckets), newestKey: keys.newest).json())
        (result.sessions, result.sessionsRemoved) = sessions.takeChanges()
        result.keys = keys.takeChanges()
        if settings.broken.contains(.forgetSessionsAtCheckpoint) { result.sessions = [] }
        if settings.broken.contains(.forgetKeysAtCheckpoint) { result.keys = [] }
        var missing = 0
        var captured: [CheckpointUnderWay.Captured] = []
        for position in entities.takeChanged() {
            let content = entities.slots[position].checkpointContent
            if content == nil { missing += 1 }
            entities.slots[position].checkpointPosition = captured.count
            captured.append(
                CheckpointUnderWay.Captured(
                    position: position, content: content, unapplied: entities.slots[position].unapplied.count))
        }
        dirtyEntries = 0
        dirtyBytes = 0
        checkpoint = CheckpointUnderWay(checkpoint: result, entities: captured, missing: missing)
        return applied
    }

    /// Up to `limit` loads that the checkpoint waits for and that this has not returned before.
    public mutating func loadsForCheckpoint(limit: Int) -> [LoadRequest] {
        guard var underWay = checkpoint, !underWay.isMade, underWay.missing > 0 else { return [] }
        checkpoint = nil
        defer { checkpoint = underWay }
        var requests: [LoadRequest] = []
        while requests.count < limit, underWay.nextLoad < underWay.entities.count {
            let captured = underWay.entities[underWay.nextLoad]
            underWay.nextLoad += 1
            guard captured.content == nil else { continue }
            requests.append(
                LoadRequest(
                    entity: entities.slots[captured.position].id, wantsState: true, key: nil,
                    checkpoint: writtenCheckpoint))
        }
        return requests
    }

    /// The checkpoint, once all its loads are in, and once only; nil before and after.
    public mutating func makeCheckpoint() -> ShardCheckpoint? {
        guard let underWay = checkpoint, !underWay.isMade, underWay.missing == 0 else { return nil }
        var result = underWay.checkpoint
        result.entities.reserveCapacity(underWay.entities.count)
        for captured in underWay.entities {
            guard let content = captured.content else { continue }
            result.entities.append(EntityRow(entity: entities.slots[captured.position].id, content: content))
        }
        checkpoint?.isMade = true
        // What follows needs the places alone.
        checkpoint?.checkpoint = ShardCheckpoint(
            index: result.index, term: result.term, checksum: result.checksum,
            forgottenOpened: result.forgottenOpened, keysForgottenThrough: result.keysForgottenThrough, meta: [])
        return result
    }

    /// The checkpoint at `index` is durable: what it holds may leave memory.
    public mutating func checkpointWritten(_ index: LogIndex) {
        guard let underWay = checkpoint, underWay.isMade, underWay.checkpoint.index == index else {
            preconditionFailure("no checkpoint at \(index) was made")
        }
        checkpoint = nil
        writtenCheckpoint = index
        keys.changesWritten()
        for captured in underWay.entities { entities.settleAfterCheckpoint(captured.position) }
    }
}
