import Entities
import Foundation
import Holdfast
import Node
import Testing

/// Whole nodes in this process, on loopback, with journals on disk.
@Suite(.serialized, .timeLimit(.minutes(2)))
struct LocalClusterTests {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("holdfast-\(UUID().uuidString)").path

    func configuration(_ name: String, seeds: [String] = []) -> NodeConfiguration {
        var configuration = NodeConfiguration(dataDirectory: "\(folder)/\(name)")
        configuration.listenAddress = "127.0.0.1:0"
        configuration.name = name
        configuration.seeds = seeds

        return configuration
    }

    @Test func `one node keeps a counter`() async throws {
        let node = try await Node.start(configuration("a"))
        try await node.waitUntilReady()
        try await node.waitFor(members: 1)
        let counters = try await node.entities(Counter.self, shards: 4)
        let receipt = try await counters["alice"].send(Counter.Increment(by: 10))
        #expect(receipt.reply == 10)
        #expect(try await counters["alice"].send(Counter.Increment(by: 5)).reply == 15)
        #expect(try await counters["alice"].ask(Counter.Balance()) == 15)
        await node.stop()

        let again = try await Node.start(configuration("a"), kinds: [Counter.self])
        try await again.waitUntilReady()
        let same = try await again.entities(Counter.self, shards: 4)
        #expect(try await same["alice"].ask(Counter.Balance()) == 15)
        await again.stop()
        try? FileManager.default.removeItem(atPath: folder)
    }

    @Test func `three nodes keep a counter, and any node answers`() async throws {
        let one = try await Node.start(configuration("one"))
        try await one.waitUntilReady()
        let two = try await Node.start(configuration("two", seeds: [one.address]), kinds: [Counter.self])
        let three = try await Node.start(configuration("three", seeds: [one.address]), kinds: [Counter.self])
        try await one.waitFor(members: 3)
        let counters = try await one.entities(Counter.self, shards: 10)
        try await one.waitUntilSettled()
        for name in ["alice", "bob", "carol", "dave"] {
            for _ in 0..<10 { _ = try await counters[name].send(Counter.Increment(by: 1)) }
        }
        let cluster = try await Cluster.connect(to: [three.address])
        let outside = try await cluster.entities(Counter.self)
        for name in ["alice", "bob", "carol", "dave"] {
            #expect(try await outside[name].ask(Counter.Balance()) == 10)
        }
        await cluster.close()
        await two.stop()
        #expect(try await counters["alice"].send(Counter.Increment(by: 1)).reply == 11)
        await three.stop()
        await one.stop()
        try? FileManager.default.removeItem(atPath: folder)
    }

    @Test func `nodes that all come back at new addresses find each other through one seed`() async throws {
        let names = ["one", "two", "three"]
        let first = try await Node.start(configuration(names[0]))
        try await first.waitUntilReady()
        let others = [
            try await Node.start(configuration(names[1], seeds: [first.address]), kinds: [Counter.self]),
            try await Node.start(configuration(names[2], seeds: [first.address]), kinds: [Counter.self]),
        ]
        try await first.waitFor(members: 3)
        let counters = try await first.entities(Counter.self, shards: 4)
        try await first.waitUntilSettled()
        _ = try await counters["alice"].send(Counter.Increment(by: 7))
        let ports = Set(([first] + others).map(\.address))
        for node in others + [first] { await node.stop() }

        let seed = try await Node.start(configuration(names[0]), kinds: [Counter.self])
        let back = [
            try await Node.start(configuration(names[1], seeds: [seed.address]), kinds: [Counter.self]),
            try await Node.start(configuration(names[2], seeds: [seed.address]), kinds: [Counter.self]),
        ]
        #expect(ports.isDisjoint(with: ([seed] + back).map(\.address)))
        try await seed.waitUntilReady()
        for node in back { try await node.waitUntilReady() }
        let same = try await back[1].entities(Counter.self, shards: 4)
        #expect(try await same["alice"].ask(Counter.Balance()) == 7)
        for node in back + [seed] { await node.stop() }
        try? FileManager.default.removeItem(atPath: folder)
    }
}
