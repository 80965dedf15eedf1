internal import Primitives

/// A depth-first search over how many increments of each amount every gap takes.
///
/// Larger amounts are tried first, and as many of them as fit: a gap that one increment explains is explained by it. The path is
/// a stack of its own, as there may be more gaps than a thread's stack has room for.
struct GapSearch {
    enum Result {
        case filled
        case exhausted
        /// The furthest gap that could not be filled.
        case impossible(CounterCheck.Gap)
    }

    /// How many of each amount are used before a gap: where a failure is remembered.
    private struct Position: Hashable {
        var gap: Int
        var used: [Int]
    }

    /// A choice on the path.
    private enum Choice {
        case entered(gap: Int)
        /// So many of one amount, which leave `rest` of the gap to be filled by smaller ones.
        case took(Int, amount: Int, rest: UInt64)
    }

    let gaps: [CounterCheck.Gap]
    /// Largest first.
    let amounts: [UInt64]
    /// For each amount, when its increments began, earliest first.
    let begins: [[Instant]]
    private var stepsLeft: Int
    private var used: [Int]
    private var path: [Choice] = []
    private var failed: Set<Position> = []

    init(gaps: [CounterCheck.Gap], amounts: [UInt64], begins: [[Instant]], stepsMax: Int) {
        self.gaps = gaps
        self.amounts = amounts
        self.begins = begins
        stepsLeft = stepsMax
        used = Array(repeating: 0, count: amounts.count)
    }

    mutating func run() -> Result {
        var gap = 0
        var furthest = 0
        var amount = 0
        var rest = gaps[0].length
        path = [.entered(gap: 0)]
        while true {
            descend(gap: gap, from: amount, rest: &rest)
            guard stepsLeft > 0 else { return .exhausted }
            if rest == 0 {
                gap += 1
                guard gap < gaps.count else { return .filled }
                furthest = max(furthest, gap)
                path.append(.entered(gap: gap))
                if !failed.contains(Position(gap: gap, used: used)) {
                    (amount, rest) = (0, gaps[gap].length)
                    continue
                }
            }
            guard let next = turnBack(&gap) else { return .impossible(gaps[furthest]) }
            (amount, rest) = next
        }
    }

    /// Takes as many as fit of each amount from `amount` on.
    private mutating func descend(gap: Int, from amount: Int, rest: inout UInt64) {
        var amount = amount
        while rest > 0, amount < amounts.count, stepsLeft > 0 {
            stepsLeft -= 1
            var count = 0
            while rest >= amounts[amount], used[amount] < begins[amount].count,
                begins[amount][used[amount]] <= gaps[gap].deadline
            {
                rest -= amounts[amount]
                used[amount] += 1
                count += 1
            }
            if count > 0 { path.append(.took(count, amount: amount, rest: rest)) }
            amount += 1
        }
    }

    /// Undoes choices up to one that can be made smaller: the amount to go on with and what is then left of its gap.
    private mutating func turnBack(_ gap: inout Int) -> (amount: Int, rest: UInt64)? {
        while let choice = path.popLast() {
            switch choice {
            case .entered(let left):
                failed.insert(Position(gap: left, used: used))
                gap = left - 1
            case .took(let count, let amount, let rest):
                used[amount] -= 1
                let more = rest + amounts[amount]
                // Also none of it is a choice; it is on the path only as long as there is a smaller one.
                if count > 1 { path.append(.took(count - 1, amount: amount, rest: more)) }
                return (amount + 1, more)
            }
        }
        return nil
    }
}
