import JSON
import Simulator

/// `simulate --seeds`: many runs, how fast they went, and how often each hazard came about.
struct ManyRuns {
    var count: Int
    var from: UInt64
    var mutation: Mutation?
    var wantsJSON: Bool

    func run() throws {
        var campaign = Campaign()
        let clock = ContinuousClock()
        let start = clock.now
        var lastWord = start
        for seed in from..<from + UInt64(count) {
            SeedTrap.watch(seed, command: replayCommand(seed, mutation))
            let report = Simulation(seed: seed, mutation: mutation).run()
            campaign.add(report)
            if let violation = report.violation {
                StandardError.line("seed \(seed): \(violation)\n  again: \(replayCommand(seed, mutation))")
                // Once is enough: the rule is known to be broken.
                if mutation != nil { break }
            }
            if StandardError.isTerminal, clock.now - lastWord > .seconds(1) {
                lastWord = clock.now
                StandardError.write("\r\(campaign.runs) of \(count) runs, \(campaign.failures.count) failed ")
            }
        }
        if StandardError.isTerminal { StandardError.write("\r\u{1B}[K") }
        let seconds = (clock.now - start) / .seconds(1)
        if wantsJSON {
            StandardOutput.json(Summary(campaign, from, seconds))
        } else {
            for line in lines(campaign, seconds) { StandardOutput.line(line) }
        }
        try conclude(campaign)
    }

    private func conclude(_ campaign: Campaign) throws {
        if let first = campaign.failures.first {
            throw CommandFailure(
                .journal, "rule-broken",
                "\(campaign.failures.count) of \(campaign.runs) runs broke a rule; the first is seed \(first.seed): \(replayCommand(first.seed))")
        }
        guard campaign.passed else {
            throw CommandFailure(
                .journal, "blind-spot",
                "no run provoked \(campaign.blindSpots.joined(separator: ", ")): what was never tried proves nothing")
        }
    }

    private func lines(_ campaign: Campaign, _ seconds: Double) -> [String] {
        let rate = Double(campaign.runs) / max(seconds, 0.001)
        return ["\(campaign.runs) runs from seed \(from) in \(rounded(seconds)) s: \(rounded(rate)) a second"] + campaign.lines
    }

    private func rounded(_ value: Double) -> String { "\((value * 10).rounded() / 10)" }

    private struct Summary: Encodable {
        var runs: Int
        var from: UInt64
        var passed: Bool
        var seconds: Double
        var runsPerSecond: Double
        var steps: UInt64
        var operations: Int
        var committed: Int
        var failures: [Failure]
        var blindSpots: [String]
        var faults: [NamedCount]
        var hazards: [NamedCount]

        struct Failure: Encodable {
            var seed: UInt64
            var violation: String
            var replay: String
        }

        init(_ campaign: Campaign, _ from: UInt64, _ seconds: Double) {
            runs = campaign.runs
            self.from = from
            passed = campaign.passed
            self.seconds = seconds
            runsPerSecond = Double(campaign.runs) / max(seconds, 0.001)
            steps = campaign.turns
            operations = campaign.operations
            committed = campaign.committed
            failures = campaign.failures.map {
                Failure(seed: $0.seed, violation: $0.violation ?? "", replay: replayCommand($0.seed))
            }
            blindSpots = campaign.runs < Campaign.runsForHazards ? [] : campaign.blindSpots
            (faults, hazards) = (NamedCount.faults(campaign.tally), NamedCount.hazards(campaign.tally))
        }
    }
}
