internal import Entities
internal import Primitives
internal import Simulator

/// Holds what callers saw against what was committed, entity by entity.
///
/// An entity's committed records give every state that it was ever in. Each record must be what its command decides on the state before it,
/// and each answer what the entity says at the revision that it names; the order of revisions must respect time: what was answered before
/// something else was asked comes first. Together: every request took effect once, at one moment between its question and its answer.
struct HistoryCheck<E: Entity>: Sendable {
    let invariant: @Sendable (E) -> Bool
    let coding = EntityCoding<E>()
    private let messages = MessageTable<E>()

    init(invariant: @escaping @Sendable (E) -> Bool) { self.invariant = invariant }

    /// What is wrong, the first few findings of each entity. Records are in the order of their logs.
    func findings(_ records: [EntryRecord], _ seen: [Observation]) -> [String] {
        var byEntity: [[UInt8]: EntityHistory] = [:]
        for record in records { byEntity[record.entity, default: EntityHistory()].records.append(record) }
        for observation in seen { byEntity[observation.entity, default: EntityHistory()].seen.append(observation) }
        return byEntity.sorted { $0.key.lexicographicallyPrecedes($1.key) }.flatMap { entity, history -> [String] in
            var history = history
            do throws(EntityFlaw) { try check(&history) } catch { history.findings.append(error.description) }
            return history.findings.prefix(3).map { "\(E.kind)/\(text(entity)): \($0)" }
        }
    }

    /// Goes through the entity's life from its first state on.
    private func check(_ history: inout EntityHistory) throws(EntityFlaw) {
        history.place()
        history.checkOrder()
        var state = E()
        var revision: UInt64 = 0
        try visit(state, revision, &history)
        for (position, record) in history.records.enumerated() {
            guard record.firstRevision == revision + 1 else {
                return history.findings.append("revision \(record.firstRevision) comes after revision \(revision)")
            }
            let ruling = try Ruling(record)
            if let seen = history.owner(of: position) {
                try check(record, ruling, of: history.seen[seen], on: state, &history)
            } else {
                history.findings.append("nobody asked for revision \(revision + 1), \(ruling)")
            }
            guard !ruling.events.isEmpty else { continue }
            state = try coding.applying(ruling.events, to: state)
            revision += UInt64(ruling.events.count)
            try visit(state, revision, &history)
        }
        history.close()
    }

    /// A record must be what its command decides, and what its caller was told.
    private func check(
        _ record: EntryRecord, _ ruling: Ruling, of seen: Observation, on state: E, _ history: inout EntityHistory
    ) throws(EntityFlaw) {
        let decided = try messages.rule(seen.message, on: state, coding)
        if decided != ruling {
            history.findings.append("\(seen.words) is recorded as \(ruling); on \(text(try coding.encode(state))) it decides \(decided)")
        }
        let revision = record.firstRevision - 1 + UInt64(ruling.events.count)
        switch seen.outcome {
        case .replied(let told, let json):
            if ruling.isRefusal || told != revision || json != ruling.answer {
                history.findings.append(
                    "\(seen.words) was answered \(text(json)) at revision \(told); recorded is \(ruling) at revision \(revision)")
            }
        case .refused(let json):
            guard !ruling.isRefusal || json != ruling.answer else { break }
            history.findings.append("\(seen.words) was refused \(text(json)); recorded is \(ruling)")
        case .notCommitted:
            if !ruling.events.isEmpty { history.findings.append("\(seen.words) was said not to have happened; recorded is \(ruling)") }
        case .unknown: break
        }
    }

    /// A state that the entity was in: the invariant, and the answers that rest on it.
    private func visit(_ state: E, _ revision: UInt64, _ history: inout EntityHistory) throws(EntityFlaw) {
        if !invariant(state) {
            history.findings.append("the invariant does not hold at revision \(revision): \(text(try coding.encode(state)))")
        }
        for position in history.takeAnswers(at: revision) {
            let seen = history.seen[position]
            guard case .replied(_, let json) = seen.outcome else { continue }
            if seen.isCommand {
                let ruling = try messages.rule(seen.message, on: state, coding)
                guard ruling.events.isEmpty else {
                    history.findings.append("\(seen.words) was answered \(text(json)) at revision \(revision), and is lost")
                    continue
                }
                if ruling.isRefusal || ruling.answer != json {
                    history.findings.append("\(seen.words) was answered \(text(json)) at revision \(revision); it decides \(ruling)")
                }
            } else {
                let answer = try messages.answer(seen.message, by: state, coding)
                if answer != json {
                    history.findings.append("\(seen.words) was answered \(text(json)) at revision \(revision); it is \(text(answer))")
                }
            }
        }
        for position in history.openRefusals(at: revision) {
            let seen = history.seen[position]
            guard case .refused(let json) = seen.outcome else { continue }
            let ruling = try messages.rule(seen.message, on: state, coding)
            if ruling.isRefusal, ruling.answer == json { history.explain(position) }
        }
    }
}

extension Ruling {
    /// What a record holds. A record without events wraps what it answers, as that may be a refusal.
    init(_ record: EntryRecord) throws(EntityFlaw) {
        events = try JSONList.elements(record.events)
        (answer, isRefusal) = (record.reply, false)
        guard events.isEmpty else { return }
        let recorded = try JSONList.unwrapped(record.reply)
        (answer, isRefusal) = (recorded.answer, recorded.isRefusal)
    }
}

extension Observation {
    /// What was asked, for a person.
    var words: String {
        let name = message.name.isEmpty ? "the state" : message.name
        return message.payload.isEmpty ? name : "\(name) \(text(message.payload))"
    }
}
