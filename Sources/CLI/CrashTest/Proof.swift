import Primitives
import Linearizability

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
        compare(ledgers)
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

    /// Replicas of a shard must have the same bytes in every entry up to the lowest commit index.
    private mutating func compare(_ ledgers: [Ledger]) {
        let groups = Set(ledgers.flatMap { $0.logs.keys }).sorted()
        for group in groups {
            let holders = ledgers.compactMap { ledger in ledger.logs[group].map { (ledger.node, $0) } }
            replicas += holders.count
            guard let (firstNode, first) = holders.first else { continue }
            for (node, log) in holders.dropFirst() {
                let from = max(first.group.first, log.group.first)
                let through = min(first.group.commit, log.group.commit)
                for index in stride(from: from, through: through, by: 1) {
                    guard let left = digest(first, index), let right = digest(log, index) else {
                        findings.add("\(first.group.shard):\(index) is committed, but not in every journal of \(firstNode), \(node)")
                        break
                    }
                    guard left == right else {
                        findings.add("\(first.group.shard):\(index) is not the same on \(firstNode) and \(node)")
                        break
                    }
                    entriesCompared += 1
                }
            }
        }
    }

    private func digest(_ log: Ledger.Log, _ index: Int64) -> UInt64? {
        let position = Int(index - log.group.first)
        return log.digests.indices.contains(position) ? log.digests[position] : nil
    }
}
