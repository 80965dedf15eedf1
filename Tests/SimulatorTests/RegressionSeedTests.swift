import Simulator
import Testing

/// Seeds that broke a rule once. What a seed means changes with the simulator, so each is here for what it found, and the rule that it broke
/// then has a test of its own beside the code that keeps it.
@Suite struct RegressionSeedTests {
    static let seeds: [UInt64] = [
        // A follower that was far behind was given up: its window was full of messages that had been lost.
        19, 635,
        // An idle shard never let its caught-up learner vote.
        605, 311,
        // After a start from a checkpoint a group's members seemed newer than its leader said, and no plan went on.
        530, 687,
        // A node that started with an old directory gave up a replica that it had been asked for since.
        1645, 1828,
        // A node took a peer's answer to its predecessor's request for the answer to one of its own.
        1864, 2284,
        // A founder that was killed before its first entry was durable could never start again.
        3, 16,
        // An answer to a question for events came from the replica that took the place of the one that was asked.
        1685,
        // A learner given up by a node that read an older directory came back blank, and was taken for a damaged one.
        7089,
        // A leader of a group that had gone on without it kept its replica for good once it led no more.
        13294,
        // The disk was looked at while a checkpoint was on its way to it.
        6832,
        // Requests whose entities and keys did not all find room at once were loaded for ever.
        19890,
    ]

    @Test(arguments: seeds)
    func `a seed that broke a rule breaks none now`(seed: UInt64) {
        let report = Simulation(seed: seed).run()
        #expect(report.violation == nil, "holdfast simulate --seed \(seed) --verbose")
    }

    @Test func `a short campaign commits, judges and provokes`() {
        var campaign = Campaign()
        for seed in 1...20 as ClosedRange<UInt64> { campaign.add(Simulation(seed: seed).run()) }
        #expect(campaign.passed, "\(campaign.failures.map(\.seed))")
        #expect(campaign.committed > 1_000)
        #expect(campaign.operations > 1_000)
    }
}
