internal import Primitives
internal import Simulator

/// One entity's committed records, and what callers saw of it: who belongs to what, and in which order.
struct EntityHistory {
    var records: [EntryRecord] = []
    var seen: [Observation] = []
    var findings: [String] = []
    /// The observation that each record answers.
    private var owners: [Int?] = []
    /// The revisions before and after each observation; nil if it left none.
    private var places: [Place?] = []
    /// Answers without a record of their own, by the revision that they name.
    private var answers: [UInt64: [Int]] = [:]
    /// Refusals without a record, with the revisions at which they may have been decided.
    private var refusals: [(position: Int, revisions: ClosedRange<UInt64>)] = []

    private struct Place {
        var before: UInt64
        var after: UInt64
    }

    /// A request, whatever of other requests it acknowledges.
    private enum Name: Hashable {
        case session(client: UInt64, opened: Int64, number: UInt64)
        case key([UInt8])

        init?(_ request: RequestID?) {
            switch request {
            case .session(let one)?: self = .session(client: one.client, opened: one.opened, number: one.number)
            case .key(let bytes)?: self = .key(bytes)
            case nil: return nil
            }
        }
    }

    func owner(of record: Int) -> Int? { owners[record] }

    /// Finds each record's request, and each answer's revision.
    mutating func place() {
        var names: [Name: Int] = [:]
        for (position, one) in seen.enumerated() { if let name = Name(one.request) { names[name] = position } }
        places = Array(repeating: nil, count: seen.count)
        var taken: Set<Int> = []
        for record in records {
            let owner = Name(record.request).flatMap { names[$0] }
            owners.append(owner)
            guard let owner else { continue }
            if !taken.insert(owner).inserted {
                findings.append("\(seen[owner].words) took effect twice, the second time at revision \(record.firstRevision)")
            }
            let count = (try? JSONList.elements(record.events).count) ?? 0
            places[owner] = Place(before: record.firstRevision - 1, after: record.firstRevision - 1 + UInt64(count))
        }
        for (position, one) in seen.enumerated() where places[position] == nil {
            guard case .replied(let revision, _) = one.outcome else { continue }
            places[position] = Place(before: revision, after: revision)
            answers[revision, default: []].append(position)
        }
    }

    /// What was answered before something else was asked must come before it.
    mutating func checkOrder() {
        let asked = seen.indices.sorted { seen[$0].invoked < seen[$1].invoked }
        let answered = seen.indices.filter { seen[$0].outcome != .unknown }.sorted { seen[$0].responded < seen[$1].responded }
        var floors = Array(repeating: UInt64(0), count: seen.count)
        var (next, floor, highest) = (0, UInt64(0), 0)
        for position in asked {
            while next < answered.count, seen[answered[next]].responded < seen[position].invoked {
                if let place = places[answered[next]], place.after > floor { (floor, highest) = (place.after, answered[next]) }
                next += 1
            }
            floors[position] = floor
            guard let place = places[position], place.before < floor else { continue }
            findings.append(
                "\(seen[position].words) was asked after \(seen[highest].words) had been answered at revision \(floor), "
                    + "and saw revision \(place.before)")
        }
        for position in seen.indices where places[position] == nil {
            guard case .refused = seen[position].outcome else { continue }
            var ceiling = UInt64.max
            for later in asked.reversed() {
                guard seen[later].invoked > seen[position].responded else { break }
                if let place = places[later] { ceiling = min(ceiling, place.before) }
            }
            refusals.append((position, floors[position]...max(floors[position], ceiling)))
        }
    }

    /// The answers that name this revision; each is given once.
    mutating func takeAnswers(at revision: UInt64) -> [Int] { answers.removeValue(forKey: revision) ?? [] }

    /// Refusals that may have been decided at this revision and are not explained yet.
    func openRefusals(at revision: UInt64) -> [Int] { refusals.filter { $0.revisions.contains(revision) }.map(\.position) }

    mutating func explain(_ refusal: Int) { refusals.removeAll { $0.position == refusal } }

    /// What is left at the end fits nowhere.
    mutating func close() {
        for (revision, positions) in answers.sorted(by: { $0.key < $1.key }) {
            for position in positions {
                findings.append("\(seen[position].words) was answered at revision \(revision), which the entity never had between two commands")
            }
        }
        for (position, revisions) in refusals {
            guard case .refused(let json) = seen[position].outcome else { continue }
            findings.append(
                "\(seen[position].words) was refused \(text(json)), which the entity does not say from revision \(revisions.lowerBound) on")
        }
    }
}
