internal import Primitives

/// Whether a counter's history is linearizable (Herlihy and Wing, 1990), in O(n log n).
///
/// In general that takes a search over orders. A counter that only grows gives its order away: the sums are distinct, so an increment
/// by `n` that was answered `v` took the counter from `v - n` to `v` and stands at that place, and a read of `v` stands between the
/// increment to `v` and the one from `v`. It remains to check that places do not overlap, that operations of unknown outcome explain the
/// gaps between them, and that the order does not contradict the clock: that each operation began no later than every
/// later one in the order had its answer.
public struct CounterCheck: Sendable {
    /// The value before the first operation.
    public var initial: Int64 = 0
    /// Steps of the search for what fills the gaps, needed only if operations of unknown outcome have different amounts.
    public var stepsMax = 1_000_000

    public init() {}

    /// Judges one entity's operations, in any order. Amounts below zero go to the general search.
    public func judge(_ operations: [Operation]) -> Verdict {
        for operation in operations {
            if case .increment(let by) = operation.action, by < 0 {
                return LinearizationSearch(CounterSpecification(initial: initial), stepsMax: stepsMax).judge(operations)
            }
        }
        do throws(Violation) {
            let line = try order(operations)
            try checkClock(line)
            return try fill(gaps(of: line), from: operations)
        } catch {
            return .violated(error)
        }
    }

    /// Judges a whole history, entity by entity, in the order of their names: linearizability is local (Herlihy and Wing, §3.3).
    public func judgeAll(_ operations: [Operation]) -> [Verdict] {
        let entities = Dictionary(grouping: operations, by: \.entity)
        return entities.keys.sorted().map { judge(entities[$0]!) }
    }

    /// An answered operation at its place.
    struct Placed {
        var start: Int64
        var end: Int64
        var operation: Operation
    }

    // MARK: Places

    /// The answered operations in the only order that their answers allow; reads of one value by their beginnings.
    func order(_ operations: [Operation]) throws(Violation) -> [Placed] {
        var line: [Placed] = []
        for operation in operations {
            guard case .ok(let value) = operation.outcome else { continue }
            var start = value
            if case .increment(let by) = operation.action {
                let (before, overflow) = value.subtractingReportingOverflow(by)
                guard !overflow else { throw impossible(operation) }
                start = before
            }
            guard start >= initial else { throw impossible(operation) }
            line.append(Placed(start: start, end: value, operation: operation))
        }
        line.sort { left, right in
            // An increment by nothing changes nothing: it stands among the reads of its value.
            let (leftReads, rightReads) = (left.start == left.end ? 1 : 0, right.start == right.end ? 1 : 0)
            return (left.end, leftReads, left.operation.invoked) < (right.end, rightReads, right.operation.invoked)
        }
        for (before, after) in zip(line, line.dropFirst()) where after.start < before.end {
            if before.start == before.end {
                throw Violation(
                    entity: after.operation.entity, kind: .impossibleValue,
                    explanation: "a read saw \(before.end), which the counter passed over",
                    operations: [before.operation, after.operation])
            }
            throw Violation(
                entity: after.operation.entity, kind: .lostUpdate,
                explanation: "two increments were answered as if the other had not happened",
                operations: [before.operation, after.operation])
        }
        return line
    }

    private func impossible(_ operation: Operation) -> Violation {
        Violation(
            entity: operation.entity, kind: .impossibleValue,
            explanation: "the counter started at \(initial) and only grows", operations: [operation])
    }

    // MARK: The clock

    /// Every operation must have begun before each later one in the order had ended.
    private func checkClock(_ line: [Placed]) throws(Violation) {
        guard var latest = line.first?.operation else { return }
        for placed in line.dropFirst() {
            let operation = placed.operation
            if operation.responded < latest.invoked {
                throw Violation(
                    entity: operation.entity, kind: .order,
                    explanation: "by their values the first happened before the second, but it began after the second's answer",
                    operations: [latest, operation])
            }
            if operation.invoked > latest.invoked { latest = operation }
        }
    }
}
