import Simulator
import Testing

@Suite struct DeterminismTests {
    @Test(arguments: [1, 2, 3] as [UInt64])
    func `the same seed gives the same run, step by step`(seed: UInt64) {
        var first: [String] = []
        var second: [String] = []
        let one = Simulation(seed: seed) { first.append($0) }.run()
        let other = Simulation(seed: seed) { second.append($0) }.run()
        #expect(one.digest == other.digest)
        #expect(one.turns == other.turns)
        #expect(first == second)
        #expect(!first.isEmpty)
    }

    @Test func `a trace changes nothing`() {
        #expect(Simulation(seed: 4).run().digest == Simulation(seed: 4) { _ in }.run().digest)
    }

    @Test func `another seed gives another run`() {
        #expect(Simulation(seed: 5).run().digest != Simulation(seed: 6).run().digest)
    }
}
