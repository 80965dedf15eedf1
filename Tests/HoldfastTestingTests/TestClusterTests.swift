import Holdfast
import HoldfastTesting
import Testing

@Suite(.serialized, .timeLimit(.minutes(2)))
struct TestClusterTests {
    @Test func `a cluster goes on without a node that was killed, and takes it back`() async throws {
        try await TestCluster.run(kinds: [Counter.self]) { cluster in
            let counters = try await cluster.entities(Counter.self)
            for number in 0..<8 { #expect(try await counters["c\(number)"].send(Counter.Increment(by: 1)).reply == 1) }
            await cluster.kill(0)
            for number in 0..<8 { #expect(try await counters["c\(number)"].send(Counter.Increment(by: 1)).reply == 2) }
            try await cluster.restart(0)
            try await cluster.waitUntilSettled()
            await cluster.stop(1)
            for number in 0..<8 { #expect(try await counters["c\(number)"].ask(Counter.Balance()) == 2) }
        }
    }

    @Test func `what was answered is there after all nodes were killed`() async throws {
        try await TestCluster.run(nodes: 3, kinds: [Counter.self], shards: 2) { cluster in
            let counters = try await cluster.entities(Counter.self)
            _ = try await counters["alice"].send(Counter.Increment(by: 5))
            for position in 0..<3 { await cluster.kill(position) }
            async let one: Void = cluster.restart(0)
            async let two: Void = cluster.restart(1)
            async let three: Void = cluster.restart(2)
            _ = try await (one, two, three)
            #expect(try await counters["alice"].ask(Counter.Balance()) == 5)
        }
    }

    @Test func `an error of the body ends the cluster`() async throws {
        struct Enough: Error {}
        await #expect(throws: Enough.self) {
            try await TestCluster.run(nodes: 1, kinds: [Counter.self]) { _ in throw Enough() }
        }
    }
}
