internal import Consensus
internal import Engine
internal import Entities
internal import JSON
internal import Primitives
internal import Shards

/// Reading an entity's events: what the disk gives, and whether it is what was committed.
extension Simulation {
    /// One event of an entity, as the model has it.
    private struct Fact: Equatable {
        var revision: UInt64
        var index: LogIndex
        var term: Term
        var recordedAt: Int64
        var json: [UInt8]
    }

    /// The events of one entity in some entries, in their order.
    private func facts(_ entity: [UInt8], in entries: some Sequence<Entry>) -> [Fact] {
        var facts: [Fact] = []
        for entry in entries where entry.type == .record {
            guard let record = try? EntryRecord(encoded: entry.payload), record.entity == entity,
                let events = try? JSON.decode([JSONText].self, from: record.events)
            else { continue }
            for (offset, event) in events.enumerated() {
                facts.append(
                    Fact(
                        revision: record.firstRevision + UInt64(offset), index: entry.index, term: entry.term,
                        recordedAt: record.recordedAt.milliseconds, json: event.bytes))
            }
        }
        return facts
    }

    // MARK: The disk

    /// As the journal's reader: whatever replica of the group is there by now, entries through `load.through`, which the engine says are
    /// committed and on the disk.
    func eventsRead(_ host: SimulatedHost, _ start: UInt64, _ load: EngineOutputs.HistoryLoad, _ event: Event) {
        guard host.starts == start, !isHeld(host, event) else { return }
        let group = host.disk.groups[load.group]
        let entries = group?.entries ?? []
        if let group, !broken.contains(.skipChecksums), !group.isSound(0..<entries.count) { return damaged(host) }
        if group?.last.index ?? .zero < load.through, host.engine?.awaitsEvents(load.token) ?? false {
            fail(
                "node \(host.node!) would answer a question for events of group \(load.group) through entry \(load.through), and its disk ends at "
                    + "\(group?.last.index ?? .zero)")
        }
        let (after, limit) = (load.history.after, Int(load.history.limit))
        let found = facts(load.history.entity, in: entries.prefix { $0.index <= load.through }).filter { $0.revision > after }
        let page = EventPage(
            events: found.prefix(limit).map { fact in
                EntityEvent(
                    revision: fact.revision, index: fact.index, term: fact.term, event: JSONText(checked: fact.json), requestID: nil,
                    recordedAt: fact.recordedAt)
            }, through: load.through, isLast: found.count < limit)
        guard let body = try? JSON.encode(page) else { return fail("events cannot be written as JSON") }
        turn(host) { $0.historyLoaded(load.token, .document(body)) }
    }

    // MARK: The caller

    /// What a caller is told of events must be what was committed, without a gap; by the owner, all that was committed before it asked.
    func checkEvents(_ body: [UInt8], _ asked: Caller.HistoryQuestion, _ operation: Caller.Pending, _ number: Int) {
        let name = String(decoding: operation.entity, as: UTF8.self)
        guard let page = try? JSON.decode(EventPage.self, from: body), let group = watch.group(of: operation.entity) else {
            return fail("caller \(number) was answered to a question for events with \(String(decoding: body, as: UTF8.self))")
        }
        eventPages += 1
        let committed = facts(operation.entity, in: watch.log(group)).filter { $0.revision > asked.after }
        let shown = page.events.map { event in
            Fact(
                revision: event.revision, index: event.index, term: event.term, recordedAt: event.recordedAt,
                json: event.event.bytes)
        }
        // A shard that is trimmed has lost its oldest events, and says so by the revision that it begins with.
        let kept = shown.first.map { first in Array(committed.drop { $0.revision < first.revision }) } ?? []
        guard shown == Array(kept.prefix(shown.count)), scenario.settings.retainedEntries != nil || shown.first?.revision ?? asked.after + 1 == asked.after + 1
        else { return fail("caller \(number) was told \(shown) of the events of \(name), of which \(committed) are committed") }
        guard page.isLast else { return }
        // Who goes on from here never looks at those again.
        let last = shown.last?.revision ?? asked.after
        if let missing = committed.last(where: { $0.index <= page.through && $0.revision > last }), scenario.settings.retainedEntries == nil {
            fail("caller \(number) was told all events of \(name) through entry \(page.through), without revision \(missing.revision)")
        }
        if asked.consistency == .linearizable, page.through < asked.committed {
            fail("caller \(number) was told the events of \(name) through entry \(page.through); \(asked.committed) were committed before it asked")
        }
    }
}
