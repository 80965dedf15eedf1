import DequeModule
public import Primitives

extension ShardMachine {
    /// Applies the next committed entry, of whatever type: every index once, in order.
    ///
    /// - Returns: what a record did; nil for other entries.
    /// - Throws: the entry cannot follow on this state. That is damage or a bug, never the entity's fault: the node must stop.
    /// - Complexity: for the leader's own proposals no decoding at all; for an entity that is not loaded, none of its events.
    public mutating func apply(_ entry: Entry) throws(MalformedBytes) -> Applied? {
        precondition(entry.index == applied.next, "entry \(entry.index) to be applied after \(applied)")
        var result: Applied?
        if entry.type == .record { result = try applyRecord(entry) }
        applied = entry.index
        appliedTerm = entry.term
        appliedChecksum = entry.checksum
        return result
    }

    private mutating func applyRecord(_ entry: Entry) throws(MalformedBytes) -> Applied {
        let result: Applied
        if let first = proposals.queue.first, first.index == entry.index, first.term == entry.term {
            result = applyProposal()
        } else {
            // Another leader's entry where this one's was: nothing proposed here can still be committed by us.
            if let first = proposals.queue.first, first.index <= entry.index { lostLeadership() }
            result = try apply(try EntryRecord(encoded: entry.payload), of: entry)
        }
        dirtyEntries += 1
        dirtyBytes += entry.payload.count
        return result
    }

    private mutating func applyProposal() -> Applied {
        let position = proposals.queue[0].position
        let id = entities.slots[position].id
        let proposal = proposals.removeFirst(of: id)
        entities.slots[position].proposals -= 1
        if let value = proposal.value {
            entities.markChanged(position)
            entities.slots[position].base = .value(value, revision: proposal.revision)
            entities.slots[position].revision = proposal.revision
            entities.slots[position].bytes += proposal.bytes
        }
        if entities.slots[position].proposals == 0 {
            entities.slots[position].newest = nil
            entities.settle(position)
        }
        let reply = StoredReply(
            index: proposal.index, term: proposal.term, revision: proposal.revision,
            fingerprint: proposal.fingerprint, outcome: proposal.outcome)
        remember(proposal.request, of: id, reply, recordedAt: proposal.recordedAt)
        return Applied(entity: id, reply: reply)
    }

    private mutating func apply(_ record: EntryRecord, of entry: Entry) throws(MalformedBytes) -> Applied {
        let outcome = try RecordedOutcome.decoded(from: record)
        guard record.firstRevision >= 1 else { throw MalformedBytes("entry \(entry.index) begins at revision 0") }
        var revision = record.firstRevision - 1
        let position = entities.position(of: record.entity)
        if let position, entities.slots[position].revision != revision {
            throw MalformedBytes(
                "entry \(entry.index) begins at revision \(record.firstRevision) of an entity that stands at "
                    + "\(entities.slots[position].revision)")
        }
        if record.events != RecordedOutcome.noEvents {
            let position = position ?? addSlot(of: record.entity, at: revision)
            entities.markChanged(position)
            try entities.slots[position].append(record.events)
            revision = entities.slots[position].revision
        }
        let reply = StoredReply(
            index: entry.index, term: entry.term, revision: revision, fingerprint: record.fingerprint,
            outcome: outcome)
        remember(record.request, of: record.entity, reply, recordedAt: record.recordedAt)
        return Applied(entity: record.entity, reply: reply)
    }

    /// A slot for an entity that is not in memory. If it had events before, they are in the journal, and there they stay
    /// until somebody asks.
    private mutating func addSlot(of entity: [UInt8], at revision: UInt64) -> Int {
        let base: EntitySlot.Base =
            revision == 0 ? .value(runtime.initial, revision: 0) : .notLoaded(revision: revision)
        return entities.add(EntitySlot(id: entity, base: base, bytes: entity.count))
    }

    private mutating func remember(
        _ request: RequestID?, of entity: [UInt8], _ reply: StoredReply, recordedAt: WallTime
    ) {
        switch request {
        case nil: break
        case .session(let request): sessions.record(request, reply)
        case .key(let key):
            keys.record(KeyTable.Key(entity: entity, key: key), reply, recordedAt: recordedAt)
        }
    }
}
