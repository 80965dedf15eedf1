import Engine
import Entities
import Foundation
import Holdfast
import Journal
import Node
import Primitives
import Testing

/// Nodes that keep only a part of their log, and a replica that has to be made from a checkpoint.
@Suite(.serialized, .timeLimit(.minutes(2)))
struct RetentionTests {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("holdfast-\(UUID().uuidString)").path

    func configuration(_ name: String, seeds: [String] = []) -> NodeConfiguration {
        var configuration = NodeConfiguration(dataDirectory: "\(folder)/\(name)")
        configuration.listenAddress = "127.0.0.1:0"
        configuration.seeds = seeds
        configuration.engine.checkpointEntries = 50
        configuration.engine.retainedEntries = 10
        // Many pieces even for a small state.
        configuration.engine.checkpointPieceBytes = 100
        configuration.engine.checkpointWindowBytes = 300
        return configuration
    }

    /// The first index that each shard's log still has, and the last.
    func logs(_ name: String) throws -> [String: ClosedRange<UInt64>] {
        let reader = try JournalReader(directory: "\(folder)/\(name)")
        defer { reader.close() }
        var logs: [String: ClosedRange<UInt64>] = [:]
        for shard in try reader.shards() {
            logs[shard.shard] = shard.firstIndex.rawValue...max(shard.firstIndex.rawValue, shard.lastIndex.rawValue)
        }
        return logs
    }

    @Test func `a new replica takes in a checkpoint where the log is trimmed, and a retry there gets the first answer`() async throws {
        let one = try await Node.start(configuration("one"))
        try await one.waitUntilReady()
        let counters = try await one.entities(Counter.self, shards: 2)
        let receipt = try await counters["alice"].send(Counter.Increment(by: 7), requestID: "first")
        #expect(receipt.reply == 7)
        for number in 1...400 {
            _ = try await counters["c\(number % 20)"].send(Counter.Increment(by: 1))
        }
        // The next checkpoint trims what the one before stands for; both wait for a tick.
        let shard = "\(receipt.shard)"
        let clock = ContinuousClock()
        let end = clock.now + .seconds(20)
        while clock.now < end, (try logs("one")[shard]?.lowerBound ?? 1) < 50 {
            try await clock.sleep(for: .milliseconds(20))
        }
        #expect(try logs("one")[shard]!.lowerBound > 50)

        let two = try await Node.start(configuration("two", seeds: [one.address]), kinds: [Counter.self])
        let three = try await Node.start(configuration("three", seeds: [one.address]), kinds: [Counter.self])
        try await one.waitFor(members: 3)
        try await one.waitUntilSettled()
        #expect(try logs("two")[shard]!.lowerBound > 50)
        await one.stop()

        let rest = try await two.entities(Counter.self, shards: 2)
        #expect(try await rest["alice"].ask(Counter.Balance()) == 7)
        for number in 0..<20 { #expect(try await rest["c\(number)"].ask(Counter.Balance()) == 20) }
        #expect(try await rest["alice"].send(Counter.Increment(by: 7), requestID: "first").reply == 7)
        #expect(try await rest["alice"].send(Counter.Increment(by: 1)).reply == 8)
        await two.stop()
        await three.stop()

        // And after a restart from that checkpoint.
        let again = try await Node.start(configuration("two"), kinds: [Counter.self])
        let other = try await Node.start(configuration("three", seeds: [again.address]), kinds: [Counter.self])
        try await again.waitUntilReady()
        let last = try await again.entities(Counter.self, shards: 2)
        #expect(try await last["alice"].send(Counter.Increment(by: 7), requestID: "first").reply == 7)
        #expect(try await last["alice"].ask(Counter.Balance()) == 8)
        await again.stop()
        await other.stop()
        try? FileManager.default.removeItem(atPath: folder)
    }
}
