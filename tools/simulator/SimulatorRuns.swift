import Foundation
import Simulator

/// The simulator without the rest of the program, so that `tools/simulate` need not build that: many seeds, one broken rule, every state of a
/// small group. People use `holdfast simulate`.
@main
struct SimulatorRuns {
    static func main() {
        let arguments = Array(CommandLine.arguments.dropFirst())
        let number = arguments.count > 1 ? Int(arguments[1]) : nil
        switch (arguments.first, arguments.count) {
        case ("seeds", 2): if let number { seeds(number) }
        case ("mutations", 1):
            for mutation in Mutation.all { print(mutation.name, mutation.seed) }
            exit(0)
        case ("mutation", 2): if let mutation = Mutation.named(arguments[1]) { broken(mutation) }
        case ("exhaustive", 2): if let number { exhaustive(depth: number) }
        case ("find", 4):
            if let mutation = Mutation.named(arguments[1]), let first = UInt64(arguments[2]), let count = UInt64(arguments[3]) {
                find(mutation, from: first, count)
            }
        case ("trace", 2): if let number { print(Simulation(seed: UInt64(number), trace: { print($0) }).run().violation ?? "fine"); exit(0) }
        default: break
        }
        end("usage: SimulatorRuns seeds COUNT | mutations | mutation NAME | find NAME FROM COUNT | trace SEED | exhaustive DEPTH", code: 64)
    }

    private static func seeds(_ count: Int) {
        var campaign = Campaign()
        let start = ContinuousClock.now
        for seed in 1...UInt64(count) {
            // The last of them is the one that an assertion of the core has ended.
            FileHandle.standardError.write(Data("\rseed \(seed) ".utf8))
            let report = Simulation(seed: seed).run()
            campaign.add(report)
            if let violation = report.violation { print("\nseed \(seed): \(violation)\n  again: holdfast simulate --seed \(seed) --verbose") }
        }
        let seconds = max((ContinuousClock.now - start) / .seconds(1), 0.001)
        print("\n\(count) runs in \(Int(seconds)) s, \(Int(Double(count) / seconds)) a second")
        for line in campaign.lines { print(line) }
        if !campaign.blindSpots.isEmpty, campaign.runs >= Campaign.runsForHazards { print("never provoked: \(campaign.blindSpots)") }
        exit(campaign.passed ? 0 : 1)
    }

    /// Exit code 0: the seed that is known to show it has shown it. An assertion of the core ends the process, and has noticed as well.
    private static func broken(_ mutation: Mutation) {
        guard let violation = Simulation(seed: mutation.seed, mutation: mutation).run().violation else {
            end("seed \(mutation.seed) does not show any more that a rule is broken: \(mutation.rule)", code: 1)
        }
        print("\(mutation.name): \(violation)")
        exit(0)
    }

    /// The first seed that shows it; looked for anew whenever the simulator has changed.
    private static func find(_ mutation: Mutation, from first: UInt64, _ count: UInt64) {
        for seed in first..<first + count {
            FileHandle.standardError.write(Data("\rseed \(seed) ".utf8))
            guard let violation = Simulation(seed: seed, mutation: mutation).run().violation else { continue }
            print("\n\(mutation.name): seed \(seed): \(violation)")
            exit(0)
        }
        end("no seed of \(count) shows that a rule is broken: \(mutation.rule)", code: 1)
    }

    private static func exhaustive(depth: Int) {
        var bounds = ExhaustiveBounds(mutation: nil)
        bounds.depth = depth
        var check = ExhaustiveCheck(bounds)
        check.run()
        print(
            "\(check.states) states of a small group, \(check.steps) steps, \(check.committing) states with something committed, "
                + "\(check.reelecting) with leaders of several terms")
        if let violation = check.violation { end(violation, code: 1) }
        exit(0)
    }

    private static func end(_ message: String, code: Int32) -> Never {
        FileHandle.standardError.write(Data((message + "\n").utf8))
        exit(code)
    }
}
