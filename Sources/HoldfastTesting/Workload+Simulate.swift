internal import Entities
internal import Shards
internal import Simulator

extension Workload {
    /// Runs whole clusters in one thread, each from one seed: the production core on simulated disks, networks and clocks, with every fault that
    /// `holdfast simulate` knows, callers that do this workload, and every rule of the core checked after every step.
    ///
    /// A thousand runs take a minute or so in a release build, ten times that in a debug build.
    /// - Parameter seeds: one run each. The same seed gives the same run, as long as the entity, the workload and Holdfast are the same.
    /// - Throws: ``BrokenRule`` for the first seed that breaks a rule, with what to do to see that run alone.
    @discardableResult
    public func simulate(seeds: ClosedRange<UInt64> = 1...100) async throws -> SimulationSummary {
        let campaign = try await OwnThread.run { () throws -> Campaign in
            var campaign = Campaign()
            for seed in seeds { campaign.add(try report(seed, trace: nil)) }
            return campaign
        }
        return SimulationSummary(campaign)
    }

    /// Runs one seed again, in this thread, with a line for everything that happens.
    /// - Throws: ``BrokenRule``
    public func simulate(seed: UInt64, trace: @escaping (String) -> Void) throws {
        _ = try report(seed, trace: trace)
    }

    private func report(_ seed: UInt64, trace: ((String) -> Void)?) throws -> RunReport {
        let workload = self
        let check = check
        let load = AuthorLoad(
            runtime: KindRuntime(E.self), command: { workload.drawCommand(&$0) }, query: { workload.drawQuery(&$0) },
            judge: { records, seen in check.findings(records, seen).first })
        let report = SeedNotice.during(BrokenRule.replay(seed)) { Simulation(seed: seed, load: load, trace: trace).run() }
        if let violation = report.violation { throw BrokenRule(seed: seed, finding: violation) }
        return report
    }
}

/// What simulated runs did.
public struct SimulationSummary: Hashable, Sendable {
    /// How many clusters were run.
    public var runs: Int
    /// Requests whose answers were checked.
    public var operations: Int
    /// Entries that became part of a log, those of the cluster itself among them.
    public var committed: Int
    /// How often each fault came about, by name.
    public var faults: [String: Int]

    init(_ campaign: Campaign) {
        runs = campaign.runs
        operations = campaign.operations
        committed = campaign.committed
        faults = Dictionary(uniqueKeysWithValues: SimulatedFault.allCases.map { ($0.rawValue, campaign.tally[$0]) })
    }
}

/// A rule that a simulated run broke.
public struct BrokenRule: Error, Hashable, Sendable, CustomStringConvertible {
    /// Gives the same run again.
    public var seed: UInt64
    /// What was found.
    public var finding: String

    /// The finding, and how to see the run that led to it.
    public var description: String {
        "seed \(seed): \(finding)\n\(Self.replay(seed))"
    }

    /// What to do to see a run.
    static func replay(_ seed: UInt64) -> String { "The run, step by step: try workload.simulate(seed: \(seed)) { print($0) }" }
}
