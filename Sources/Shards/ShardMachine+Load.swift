import Entities
public import Primitives

extension ShardMachine {
    /// Takes in the answer to a `LoadRequest`.
    ///
    /// An answer that came too late — a newer checkpoint has been written, the entity is loaded already — changes nothing.
    /// - Throws: what was loaded cannot be the state that the log goes on from; the node must stop.
    public mutating func loaded(_ request: LoadRequest, _ result: LoadResult) throws(MalformedBytes) {
        guard request.checkpoint == writtenCheckpoint else { return }
        if let key = request.key { keys.loaded(KeyTable.Key(entity: request.entity, key: key), result.key) }
        guard request.wantsState else { return }
        guard let position = entities.position(of: request.entity) else {
            let slot = try slot(of: request.entity, from: result.state)
            entities.settle(entities.add(slot))
            return
        }
        guard case .notLoaded(let revision) = entities.slots[position].base else { return }
        let stored = try slot(of: request.entity, from: result.state)
        guard stored.revision == revision else {
            throw MalformedBytes(
                "the checkpoint at \(writtenCheckpoint) has an entity at revision \(stored.revision) whose later entries "
                    + "go on from \(revision)")
        }
        try catchUp(position, from: stored)
    }

    /// Puts the journal's state under the events that came since.
    private mutating func catchUp(_ position: Int, from stored: EntitySlot) throws(MalformedBytes) {
        let events = entities.slots[position].unapplied
        let place = entities.slots[position].checkpointPosition
        var awaited: Int?
        if place >= 0, let captured = checkpoint?.entities[place], captured.content == nil {
            awaited = captured.unapplied
        }
        var slot = stored
        for (offset, event) in events.enumerated() {
            if offset == awaited { fill(place, from: slot) }
            try slot.append(event)
        }
        if events.count == awaited { fill(place, from: slot) }
        entities.slots[position].base = slot.base
        entities.slots[position].unapplied = slot.unapplied
        entities.slots[position].bytes = slot.bytes
        entities.settle(position)
    }

    private mutating func fill(_ place: Int, from slot: EntitySlot) {
        checkpoint?.entities[place].content = slot.checkpointContent
        checkpoint?.missing -= 1
    }

    /// A slot with just what the journal has.
    private func slot(of entity: [UInt8], from stored: StoredState?) throws(MalformedBytes) -> EntitySlot {
        guard let stored else {
            return EntitySlot(id: entity, base: .value(runtime.initial, revision: 0), bytes: entity.count)
        }
        var slot = EntitySlot(
            id: entity, base: base(from: stored), bytes: entity.count + stored.state.count)
        if let unapplied = stored.unapplied, unapplied != RecordedOutcome.noEvents { try slot.append(unapplied) }
        return slot
    }

    private func base(from stored: StoredState) -> EntitySlot.Base {
        if stored.isQuarantined, stored.state == StoredState.lost {
            return .unreadable(stored.state, revision: stored.revision, reason: "its state was never encoded")
        }
        do throws(Unreadable) {
            return .value(try runtime.value(fromState: stored.state), revision: stored.revision)
        } catch {
            return .unreadable(stored.state, revision: stored.revision, reason: error.reason)
        }
    }
}
