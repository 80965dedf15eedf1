internal import Primitives

extension CounterCheck {
    /// A stretch of values between two answered operations, to be explained by increments of unknown outcome.
    struct Gap {
        var length: UInt64
        /// What fills it must have begun by then: the earliest answer of all that stand after the gap. Grows from gap to gap.
        var deadline: Instant
        var before: Operation?
        var after: Operation
    }

    func gaps(of line: [Placed]) -> [Gap] {
        var gaps: [Gap] = []
        var deadline = Instant.distantFuture
        for position in line.indices.reversed() {
            let placed = line[position]
            deadline = min(deadline, placed.operation.responded)
            let from = position == 0 ? initial : line[position - 1].end
            guard placed.start > from else { continue }
            gaps.append(
                Gap(
                    length: UInt64(bitPattern: placed.start &- from), deadline: deadline,
                    before: position == 0 ? nil : line[position - 1].operation, after: placed.operation))
        }
        return gaps.reversed()
    }

    /// Explains the gaps by increments of unknown outcome, each used once at most.
    ///
    /// Of increments by the same amount, an earlier gap takes those that began earlier: what could fill it can fill every later one
    /// too, so nothing is lost by that. With one amount that is the whole of it; with several, a search over how many of each a gap takes.
    func fill(_ gaps: [Gap], from operations: [Operation]) throws(Violation) -> Verdict {
        guard let first = gaps.first else { return .linearizable }
        var begins: [UInt64: [Instant]] = [:]
        for operation in operations {
            if operation.outcome == .unknown, case .increment(let by) = operation.action, by > 0 {
                begins[UInt64(by), default: []].append(operation.invoked)
            }
        }
        let amounts = begins.keys.sorted(by: >)
        var search = GapSearch(
            gaps: gaps, amounts: amounts, begins: amounts.map { begins[$0]!.sorted() }, stepsMax: stepsMax)
        switch search.run() {
        case .filled: return .linearizable
        case .exhausted:
            return .undecided(
                entity: first.after.entity,
                reason: "which operations of unknown outcome happened was not found within \(stepsMax) steps")
        case .impossible(let gap):
            throw Violation(
                entity: gap.after.entity, kind: .unexplainedChange,
                explanation: "the value moved by \(gap.length) between these, and no increment of unknown outcome that had begun by "
                    + "then explains it",
                operations: [gap.before, gap.after].compactMap { $0 })
        }
    }
}
