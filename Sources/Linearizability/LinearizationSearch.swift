internal import Primitives

/// Looks for an order of one entity's operations that explains every answer and keeps to the clock.
///
/// Exponential at worst, so bounded: for small histories, and to check faster methods against.
/// - SeeAlso: Wing and Gong, Testing and Verifying Concurrent Objects, 1993; Lowe, Testing for Linearizability, 2017 (remembering
///   what was done and the state it led to).
public struct LinearizationSearch<Object: Specification>: Sendable {
    private let specification: Object
    private let stepsMax: Int

    public init(_ specification: Object, stepsMax: Int = 1_000_000) {
        self.specification = specification
        self.stepsMax = stepsMax
    }

    private struct Configuration: Hashable {
        /// A bit for each operation that has been executed.
        var done: [UInt64]
        var state: Object.State

        func has(_ position: Int) -> Bool { done[position >> 6] & (1 << UInt64(position & 63)) != 0 }
        mutating func add(_ position: Int) { done[position >> 6] |= 1 << UInt64(position & 63) }
    }

    public func judge(_ operations: [Operation]) -> Verdict {
        // What did not happen has no place; a read that was not answered says nothing.
        let candidates = operations.filter { operation in
            switch operation.outcome {
            case .ok: true
            case .unknown: operation.action != .read
            case .notCommitted: false
            }
        }.sorted { $0.invoked < $1.invoked }
        let answered = candidates.count { $0.outcome != .unknown }
        var stack = [
            (
                Configuration(done: Array(repeating: 0, count: candidates.count / 64 + 1), state: specification.initial),
                answered
            )
        ]
        var seen: Set<Configuration> = [stack[0].0]
        var steps = 0
        while let (configuration, left) = stack.popLast() {
            if left == 0 { return .linearizable }
            for position in eligible(candidates, configuration) {
                steps += 1
                guard steps <= stepsMax else {
                    return .undecided(entity: entity(operations), reason: "no order was found within \(stepsMax) steps")
                }
                var next = configuration
                let answer = specification.execute(candidates[position].action, on: &next.state)
                let isAnswered = candidates[position].outcome != .unknown
                if isAnswered {
                    guard let answer, candidates[position].outcome == .ok(answer) else { continue }
                } else if answer == nil {
                    continue
                }
                next.add(position)
                if seen.insert(next).inserted { stack.append((next, isAnswered ? left - 1 : left)) }
            }
        }
        return .violated(
            Violation(
                entity: entity(operations), kind: .noOrder,
                explanation: "no order of its \(candidates.count) operations explains every answer", operations: []))
    }

    /// What may be executed next: all that began before the first answer still to come.
    private func eligible(_ candidates: [Operation], _ configuration: Configuration) -> [Int] {
        var first = Instant.distantFuture
        for position in candidates.indices where !configuration.has(position) {
            first = min(first, candidates[position].responded)
        }
        return candidates.indices.filter { !configuration.has($0) && candidates[$0].invoked <= first }
    }

    private func entity(_ operations: [Operation]) -> String { operations.first?.entity ?? "" }
}
