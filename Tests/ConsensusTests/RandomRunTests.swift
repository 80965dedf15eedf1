import Primitives
import Testing


/// A longer search: `HOLDFAST_TEST_SEEDS=20000 swift test -c release --filter RandomRunTests`.
@Suite("Random runs") struct RandomRunTests {
    private func run(
        _ voters: [UInt32], others: [UInt32] = [], faults: RandomRun.Faults, steps: Int = 3_000, mustProvoke: [String]
    ) {
        var counts: [String: Int] = [:]
        for seed in 0..<seedCount {
            var run = RandomRun(voters: voters, others: others, faults: faults, seed: seed)
            run.run(steps: steps)
            for (what, count) in run.counts { counts[what, default: 0] += count }
            #expect(run.violations == [], "seed \(seed)")
            if !run.violations.isEmpty { break }
        }
        for what in mustProvoke { #expect(counts[what, default: 0] > 0, "never provoked: \(what)") }
        if isVerbose { print(counts.sorted { $0.key < $1.key }) }
    }

    @Test("Three nodes under every fault") func three() {
        run(
            [1, 2, 3], faults: RandomRun.Faults(),
            mustProvoke: [
                "lost", "doubled", "reordered", "crash", "crash in a write", "cut", "truncated", "load", "transfer", "two leaders",
                "confirmed read", "recovered", "rests",
            ])
    }

    @Test("Five nodes under every fault") func five() {
        run([1, 2, 3, 4, 5], faults: RandomRun.Faults(), mustProvoke: ["truncated", "two leaders", "recovered"])
    }

    @Test("Two nodes, and one") func few() {
        run([1, 2], faults: RandomRun.Faults(), mustProvoke: ["crash", "recovered"])
        run([1], faults: RandomRun.Faults(), mustProvoke: ["crash", "recovered"])
    }

    @Test("Members change under every fault") func members() {
        run(
            [1, 2, 3], others: [4, 5], faults: RandomRun.Faults(changesMembers: true), steps: 6_000,
            mustProvoke: ["member change", "promotion", "leader removes itself", "wipe", "truncated", "recovered"])
    }

    @Test("History is trimmed and members change") func trims() {
        run(
            [1, 2, 3], others: [4, 5], faults: RandomRun.Faults(changesMembers: true, trims: true), steps: 6_000,
            mustProvoke: ["trim", "snapshot", "member change", "wipe", "recovered"])
    }
}
