import Primitives
import Linearizability
import Testing

/// The fast check against the general search, on random small histories.
@Suite struct CrossCheckTests {
    private enum Judgement: Hashable { case right, wrong, open }

    private func judgement(_ verdict: Verdict) -> Judgement {
        switch verdict {
        case .linearizable: .right
        case .violated: .wrong
        case .undecided: .open
        }
    }

    @Test(arguments: [[1], [1, 2, 5], [0, 1, 3], [2, 3, 4, 7]] as [[Int64]])
    func `both judge alike`(amounts: [Int64]) {
        let search = LinearizationSearch(CounterSpecification())
        let check = CounterCheck()
        var seen: [Judgement: Int] = [:]
        for seed in UInt64(0)..<4_000 {
            var maker = HistoryMaker(seed: seed)
            maker.amounts = amounts
            maker.unknownPercent = Int(seed % 4) * 15
            maker.callers = 2 + Int(seed % 3)
            var history = maker.make(2 + Int(seed % 7))
            #expect(check.judge(history) == .linearizable, "seed \(seed)")
            for _ in 0..<3 {
                maker.disturb(&history)
                let (fast, slow) = (judgement(check.judge(history)), judgement(search.judge(history)))
                #expect(fast == slow, "seed \(seed): \(history.map(\.description).joined(separator: "\n"))")
                seen[fast, default: 0] += 1
            }
        }
        // Both answers must have been common, or the comparison says little.
        #expect(seen[.right, default: 0] > 1_000)
        #expect(seen[.wrong, default: 0] > 1_000)
        #expect(seen[.open] == nil)
    }

    @Test func `the search judges decrements`() {
        let check = CounterCheck()
        var maker = HistoryMaker(seed: 7)
        maker.amounts = [3, -2, 1]
        for _ in 0..<50 { #expect(check.judge(maker.make(10)) == .linearizable) }
        let history = [
            Operation(
                entity: "c", action: .increment(by: -1), invoked: .zero, responded: .zero, outcome: .ok(1))
        ]
        guard case .violated = check.judge(history) else { return #expect(Bool(false), "-1 answered 1") }
    }

    @Test func `the search gives up at its bound`() {
        var maker = HistoryMaker(seed: 7)
        maker.amounts = [3, -2, 1]
        maker.callers = 40
        let search = LinearizationSearch(CounterSpecification(), stepsMax: 10)
        #expect(judgement(search.judge(maker.make(40))) == .open)
    }

    @Test func `several amounts of unknown outcome fill gaps that one alone cannot`() {
        var history: [Operation] = []
        for amount in [7, 4, 4, 3] as [Int64] {
            history.append(
                Operation(
                    entity: "c", action: .increment(by: amount), invoked: .zero, responded: .zero, outcome: .unknown))
        }
        func read(_ value: Int64) -> Operation {
            Operation(
                entity: "c", action: .read, invoked: Instant(nanoseconds: value), responded: Instant(nanoseconds: value),
                outcome: .ok(value))
        }
        let check = CounterCheck()
        #expect(check.judge(history + [read(8), read(15), read(18)]) == .linearizable)
        #expect(check.judge(history + [read(11), read(18)]) == .linearizable)
        #expect(judgement(check.judge(history + [read(8), read(12)])) == .wrong)
        #expect(judgement(check.judge(history + [read(1)])) == .wrong)
    }

    @Test func `fewer of a large amount make room for small ones`() {
        var history = [5, 5, 3, 3, 3, 3].map { (amount: Int64) in
            Operation(
                entity: "c", action: .increment(by: amount), invoked: .zero, responded: .zero, outcome: .unknown)
        }
        history.append(
            Operation(entity: "c", action: .read, invoked: .zero, responded: .zero, outcome: .ok(12)))
        #expect(CounterCheck().judge(history) == .linearizable)
    }

    @Test func `a long history with many of unknown outcome is judged`() {
        var maker = HistoryMaker(seed: 3)
        maker.callers = 64
        #expect(CounterCheck().judge(maker.make(100_000)) == .linearizable)
        maker.amounts = [1, 2, 3, 50]
        #expect(CounterCheck().judge(maker.make(20_000)) == .linearizable)
    }
}
