import Primitives
import Linearizability

/// Makes histories that a correct counter could have given: every operation takes effect at one instant between its beginning and
/// its answer; one of unknown outcome at some instant after its beginning, or never.
struct HistoryMaker {
    var generator: RandomGenerator
    var entity = "c"
    var callers = 3
    var amounts: [Int64] = [1]
    var readPercent = 30
    var unknownPercent = 10

    init(seed: UInt64) { generator = RandomGenerator(seed: seed) }

    private struct Draft {
        var operation: Operation
        var effect: Int64
    }

    mutating func make(_ count: Int) -> [Operation] {
        var clocks = Array(repeating: Int64(0), count: callers)
        var drafts: [Draft] = []
        for _ in 0..<count {
            let caller = Int.random(in: 0..<callers, using: &generator)
            let invoked = clocks[caller] + Int64.random(in: 0...3, using: &generator)
            let responded = invoked + Int64.random(in: 0...6, using: &generator)
            clocks[caller] = responded + 1
            let isRead = Int.random(in: 0..<100, using: &generator) < readPercent
            let isUnknown = Int.random(in: 0..<100, using: &generator) < unknownPercent
            let action: Operation.Action =
                isRead ? .read : .increment(by: amounts.randomElement(using: &generator)!)
            var effect = Int64.random(in: invoked...responded, using: &generator)
            if isUnknown { effect = Bool.random(using: &generator) ? effect + Int64.random(in: 0...20, using: &generator) : .max }
            drafts.append(
                Draft(
                    operation: Operation(
                        entity: entity, action: action, invoked: Instant(nanoseconds: invoked),
                        responded: Instant(nanoseconds: responded), outcome: isUnknown ? .unknown : .ok(0), caller: caller),
                    effect: effect))
        }
        drafts.sort { $0.effect < $1.effect }
        var value: Int64 = 0
        return drafts.map { draft in
            var operation = draft.operation
            if draft.effect != .max, case .increment(let by) = operation.action { value += by }
            if operation.outcome != .unknown { operation.outcome = .ok(value) }
            return operation
        }
    }

    /// Changes a history a little, in a way that may or may not be a violation.
    mutating func disturb(_ history: inout [Operation]) {
        guard let position = history.indices.randomElement(using: &generator) else { return }
        switch Int.random(in: 0..<5, using: &generator) {
        case 0:
            if case .ok(let value) = history[position].outcome {
                history[position].outcome = .ok(value + Int64.random(in: -2...2, using: &generator))
            }
        case 1: history.remove(at: position)
        case 2: history[position].outcome = .notCommitted
        case 3:
            let shift = Int64.random(in: -12...12, using: &generator)
            history[position].invoked.nanoseconds += shift
            if history[position].responded != .distantFuture { history[position].responded.nanoseconds += shift }
        default:
            if case .ok = history[position].outcome {
                history[position] = Operation(
                    entity: entity, action: history[position].action, invoked: history[position].invoked,
                    responded: .distantFuture, outcome: .unknown)
            }
        }
    }
}
