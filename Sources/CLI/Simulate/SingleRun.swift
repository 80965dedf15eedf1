import JSON
import Primitives
import Simulator

/// `simulate --seed`: one run, and what happened in it.
struct SingleRun {
    var seed: UInt64
    var mutation: Mutation?
    var isVerbose: Bool
    var wantsJSON: Bool

    func run() throws {
        SeedTrap.watch(seed, command: replayCommand(seed, mutation))
        let trace: ((String) -> Void)? = isVerbose ? { StandardOutput.line($0) } : nil
        let report = Simulation(seed: seed, mutation: mutation, trace: trace).run()
        if wantsJSON {
            StandardOutput.json(Summary(report))
        } else {
            for line in lines(report) { StandardOutput.line(line) }
        }
        if let violation = report.violation {
            throw CommandFailure(.journal, "rule-broken", "seed \(seed): \(violation)")
        }
    }

    private func lines(_ report: RunReport) -> [String] {
        let faults = SimulatedFault.allCases.filter { report.tally[$0] > 0 }.map { "\($0.rawValue) \(report.tally[$0])" }
        let hazards = Hazard.claimed.filter { report.tally.hazards[$0.number] > 0 }
            .map { "\($0.number): \(report.tally.hazards[$0.number])" }
        return [
            "seed \(report.seed): \(report.hosts) machines, \(report.simulated.milliseconds) ms on the simulated clock, \(report.turns) steps",
            "\(report.committed) entries committed, \(report.operations) operations judged",
            "faults: \(faults.joined(separator: ", "))",
            "hazards, by number: \(hazards.joined(separator: ", "))",
            "digest of the run: \(hexadecimal(report.digest))",
            report.violation.map { "A rule was broken: \($0)" } ?? "every rule held",
        ]
    }

    private struct Summary: Encodable {
        var seed: UInt64
        var passed: Bool
        var violation: String?
        var digest: String
        var machines: Int
        var steps: UInt64
        var operations: Int
        var committed: Int
        var simulatedMilliseconds: Int64
        var faults: [NamedCount]
        var hazards: [NamedCount]

        init(_ report: RunReport) {
            seed = report.seed
            passed = report.violation == nil
            violation = report.violation
            digest = hexadecimal(report.digest)
            machines = report.hosts
            steps = report.turns
            operations = report.operations
            committed = report.committed
            simulatedMilliseconds = report.simulated.milliseconds
            (faults, hazards) = (NamedCount.faults(report.tally), NamedCount.hazards(report.tally))
        }
    }
}

func replayCommand(_ seed: UInt64, _ mutation: Mutation? = nil) -> String {
    "holdfast simulate --seed \(seed) --verbose" + (mutation.map { " --mutation \($0.name)" } ?? "")
}

/// How often something came about.
struct NamedCount: Encodable {
    var name: String
    var count: Int

    static func faults(_ tally: Tally) -> [NamedCount] {
        SimulatedFault.allCases.map { NamedCount(name: $0.rawValue, count: tally[$0]) }
    }

    static func hazards(_ tally: Tally) -> [NamedCount] {
        Hazard.claimed.map { NamedCount(name: "\($0.number)", count: tally.hazards[$0.number]) }
    }
}
