import Primitives
import Linearizability
import Processes

/// The proof after a run: nothing lost, nothing doubled, linearizable, replicas equal.
struct Proof {
    private(set) var findings = Findings()
    /// Entries that were found equal on another replica.
    private(set) var entriesCompared = 0
    private(set) var entitiesJudged = 0
    private(set) var replicas = 0

    /// Judges every entity's history, the last reads included.
    mutating func judge(_ acts: [[Act]], last: [Act?], names: RequestNames) {
        var byEntity = Array(repeating: [Operation](), count: last.count)
        for act in acts.joined() { byEntity[Int(act.entity)].append(act.operation(names)) }
        for (entity, act) in last.enumerated() {
            if let act { byEntity[entity].append(act.operation(names)) }
        }
        let check = CounterCheck()
        for (entity, history) in byEntity.enumerated() {
            switch check.judge(history) {
            case .linearizable: break
            case .violated(let violation): findings.add("not linearizable: \(violation)")
            case .undecided(_, let reason): findings.add("\(names.entity(entity)): not judged: \(reason)")
            }
            entitiesJudged += 1
            byEntity[entity] = []
        }
    }

    /// Holds every node's journal against what callers were told, and the journals against each other.
    mutating func examine(folders: [String], acts: [[Act]], last: [Act?], names: RequestNames) throws(ChildError) {
        let book = Book(acts, names: names, entities: last.count)
        var ledgers: [Ledger] = []
        for (position, folder) in folders.enumerated() {
            let ledger = try Ledger(folder: folder, node: "node\(position + 1)", book: book)
            findings.add(ledger.findings)
            checkBalances(ledger, book, last)
            ledgers.append(ledger)
        }
        var comparison = ReplicaComparison()
        comparison.compare(ledgers.map { ($0.node, $0.logs) })
        findings.add(comparison.findings)
        (entriesCompared, replicas) = (comparison.entriesCompared, comparison.replicas)
    }

    /// What was read at the end is what the events add up to, and what callers were told plus what may have happened.
    private mutating func checkBalances(_ ledger: Ledger, _ book: Book, _ last: [Act?]) {
        var told = Array(repeating: Int64(0), count: last.count)
        for (caller, acts) in book.increments.enumerated() {
            for (position, act) in acts.enumerated() {
                let happened = act.ending == .answered || ledger.counts[caller][position] > 0
                if happened { told[Int(act.entity)] += Int64(act.by) }
            }
        }
        for (entity, act) in last.enumerated() {
            guard let act, let sum = ledger.sums[entity] else { continue }
            let name = book.names.entity(entity)
            if act.value != sum { findings.add("\(name) was read as \(act.value); its events on \(ledger.node) add up to \(sum)") }
            if act.value != told[entity] {
                findings.add("\(name) was read as \(act.value); the increments that were answered, or are there, add up to \(told[entity])")
            }
        }
    }
}
