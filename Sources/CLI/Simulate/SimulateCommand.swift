import ArgumentParser
import Simulator

struct SimulateCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "simulate",
        abstract: "Run whole clusters in one thread, with every fault there is, and check every rule after every step.",
        discussion: """
            Each seed is one run: a cluster of three to seven nodes on the production core, with simulated disks, network, clocks and \
            callers. The same seed gives the same run, on every machine. Exit code 0 if every rule held; otherwise the seed is \
            printed, with the command that runs it again.

              holdfast simulate --seeds 2000        two thousand runs, and how often each hazard came about
              holdfast simulate --seed 17 --verbose one run, step by step
              holdfast simulate --exhaustive        every state of a small group
            """)

    @Option(help: ArgumentHelp("Run this one.", valueName: "n"))
    var seed: UInt64?

    @Option(help: ArgumentHelp("Run so many, one after the other. Default: 100.", valueName: "n"))
    var seeds: Int?

    @Option(help: ArgumentHelp("The first of them.", valueName: "n"))
    var from: UInt64 = 1

    @Flag(help: "Instead: visit every state of a small group of three nodes, breadth first.")
    var exhaustive = false

    @Option(help: ArgumentHelp("With --exhaustive: steps from the first election.", valueName: "n"))
    var depth = 8

    @Flag(help: "Print each step of the run.")
    var verbose = false

    @Option(
        help: ArgumentHelp("For development: break a rule of the core and see that the checks notice. “all”: each, at the seed that is known to show it.", valueName: "name", visibility: .hidden))
    var mutation: String?

    @OptionGroup var output: OutputOptions

    func validate() throws {
        if let seeds, !(1...100_000_000).contains(seeds) { throw ValidationError("--seeds must be from 1 to 100000000.") }
        if seed != nil, seeds != nil { throw ValidationError("Give --seed or --seeds, not both.") }
        if verbose, seed == nil { throw ValidationError("--verbose needs --seed: it prints one run.") }
        if exhaustive, seed != nil || seeds != nil { throw ValidationError("--exhaustive has no seed.") }
        guard (1...30).contains(depth) else { throw ValidationError("--depth must be from 1 to 30.") }
        guard from <= UInt64.max - 100_000_000 else { throw ValidationError("--from is too large.") }
    }

    private func brokenRule() throws -> Mutation? {
        guard let mutation else { return nil }
        guard let known = Mutation.named(mutation) else {
            let names = Mutation.all.map { "  \($0.name): \($0.rule)" }.joined(separator: "\n")
            throw CommandFailure.noSuchThing("there is no mutation “\(mutation)”. There are, each with the rule that it breaks:\n\(names)")
        }
        return known
    }

    func run() async throws {
        if mutation == "all" { return try await AllMutations(wantsJSON: output.json).run() }
        let mutation = try brokenRule()
        if exhaustive {
            var bounds = ExhaustiveBounds(mutation: mutation)
            bounds.depth = depth
            return try ExhaustiveRun(bounds: bounds, wantsJSON: output.json).run()
        }
        if let seed {
            try SingleRun(seed: seed, mutation: mutation, isVerbose: verbose, wantsJSON: output.json).run()
        } else {
            try ManyRuns(count: seeds ?? 100, from: from, mutation: mutation, wantsJSON: output.json).run()
        }
    }
}
