import Holdfast
import HoldfastTesting
import Testing

/// The author's own entities under the simulator.
@Suite struct WorkloadTests {
    private let counters = Workload<Counter> { random in
        Counter.Increment(by: .random(in: 1...3, using: &random))
    } query: { _ in
        Counter.Balance()
    } invariant: { counter in
        counter.balance >= 0
    }

    @Test func `a sound entity passes, under faults and with answers`() async throws {
        let summary = try await counters.simulate(seeds: 1...6)
        #expect(summary.runs == 6)
        #expect(summary.operations > 300)
        #expect(summary.faults.values.reduce(0, +) > 50)
    }

    @Test func `a seed gives the same run again`() throws {
        var first: [String] = []
        var second: [String] = []
        try counters.simulate(seed: 3) { first.append($0) }
        try counters.simulate(seed: 3) { second.append($0) }
        #expect(!first.isEmpty)
        #expect(first == second)
    }

    @Test func `an invariant that breaks is told with the seed, and again with the same seed`() async throws {
        var strict = counters
        strict.invariant = { $0.balance < 5 }
        let broken = try await #require(throws: BrokenRule.self) { try await strict.simulate(seeds: 7...20) }
        #expect(broken.finding.contains("the invariant does not hold"))
        #expect(broken.description.contains("workload.simulate(seed: \(broken.seed))"))
        #expect(throws: broken) { try strict.simulate(seed: broken.seed) { _ in } }
    }

    #if compiler(>=6.2)
        @Test func `a trap in an entity's code ends the run, and the seed is told`() async throws {
            let exit = try await #require(processExitsWith: .failure, observing: [\.standardErrorContent]) {
                let fuses = Workload<Fuse> { _ in Fuse.Burn() } invariant: { _ in true }
                try fuses.simulate(seed: 2) { _ in }
            }
            #expect(String(decoding: exit.standardErrorContent, as: UTF8.self).contains("try workload.simulate(seed: 2)"))
        }
    #endif

    @Test func `an entity that decides by chance is found out`() async throws {
        let dice = Workload<Dice> { _ in Dice.Throw() } invariant: { _ in true }
        let broken = try await #require(throws: BrokenRule.self) { try await dice.simulate(seeds: 1...20) }
        #expect(broken.finding.contains("it decides"), "\(broken)")
    }
}

/// Its fifth event ends the process.
private struct Fuse: Entity {
    static let kind = "fuse"
    static let commands: Commands<Self> = ["burn": Burn.self]

    var left: UInt = 4
    enum Event: Codable, Sendable { case burned }
    mutating func apply(_ event: Event) { left -= 1 }

    struct Burn: Command {
        func decide(_ fuse: Fuse) -> Decision<Event, Done> { Decision(.burned) }
    }
}

/// Its decisions do not follow from state and command.
private struct Dice: Entity {
    static let kind = "dice"
    static let commands: Commands<Self> = ["throw": Throw.self]

    var sum = 0
    enum Event: Codable, Sendable { case threw(Int) }
    mutating func apply(_ event: Event) {
        if case .threw(let eyes) = event { sum += eyes }
    }

    struct Throw: Command {
        func decide(_ dice: Dice) -> Decision<Event, Int> {
            let eyes = Int.random(in: 1...6)
            return Decision(.threw(eyes), reply: eyes)
        }
    }
}
