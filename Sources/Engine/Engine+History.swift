internal import Primitives

/// Events of entities, as the journal has them, and word of new ones.
extension Engine {
    /// Has the events read, once everything that this replica has applied is in its journal.
    ///
    /// The entries through `applied` are in the log, so what of it is not yet on disk is in the batch being gathered or in the one
    /// under way.
    func load(_ history: EntityHistory, for origin: Origin, from replica: Replica) {
        let token = nextHistory
        nextHistory += 1
        histories[token] = (origin, replica.group)
        var bounded = history
        bounded.from = min(history.from, replica.applied.next)
        bounded.limit = min(history.limit, EntityHistory.limitMax)
        let load = EngineOutputs.HistoryLoad(
            token: token, group: replica.group, history: bounded, through: replica.applied)
        if !gathering.isEmpty {
            gatheringEffects.histories.append(load)
        } else if inFlightEffects != nil {
            inFlightEffects?.histories.append(load)
        } else {
            outputs.historyLoads.append(load)
        }
    }

    /// The journal has read the events asked for under `token`, or could not.
    public func historyLoaded(_ token: UInt64, _ response: Response) {
        guard let asked = histories.removeValue(forKey: token) else { return }
        respond(to: asked.origin, response)
    }

    /// The replica is given up: what the journal reads of it from now on, or of one that takes its place, is not what was asked for.
    func abandonHistories(of group: GroupID) {
        for token in histories.keys.sorted() where histories[token]!.group == group {
            respond(to: histories.removeValue(forKey: token)!.origin, .failed(.moving))
        }
    }

    /// From now on `EngineOutputs.changes` tells of this entity's commits, where this node has a replica of its shard.
    public func watch(_ entity: WatchedEntity) { watched.insert(entity) }

    public func unwatch(_ entity: WatchedEntity) { watched.remove(entity) }

    func tell(of entity: [UInt8], in replica: Replica) {
        let entity = WatchedEntity(kind: replica.kind, entity: entity)
        if watched.contains(entity) { outputs.changes.append(entity) }
    }
}
