import Directory
import Engine
import Entities
import Foundation
import Logging
import Node
import Primitives
import UnixSignals

/// The guide, on real processes: two nodes count, a third joins, the owner of alice is killed, and nothing is missing.
struct Demo: Sendable {
    let folder: String
    let stage: DemoStage

    /// Every wait ends, with a message that says what did not come.
    private static let patience = Duration.seconds(30)
    private static let increments: [(id: String, by: Int64)] = [
        ("alice", 10), ("alice", 5), ("bob", 100), ("carol", 42),
    ]

    func run() async throws {
        let nodes = DemoNodes(folder: folder)
        do {
            try await withThrowingTaskGroup(of: Bool.self) { group in
                group.addTask {
                    for await signal in await UnixSignalsSequence(trapping: .sigint, .sigterm) {
                        await nodes.stop()
                        Foundation.exit(128 + signal.rawValue)
                    }
                    return false
                }
                group.addTask {
                    try await play(nodes)
                    return true
                }
                while let isDone = try await group.next(), !isDone {}
                group.cancelAll()
            }
        } catch {
            await nodes.stop()
            throw Self.explain(error)
        }
        await nodes.stop()
    }

    private static func explain(_ error: any Error) -> any Error {
        if Invocation.failure(from: error) != nil { return error }
        return CommandFailure(.unavailable, "demo", "\(error)")
    }

    private func play(_ nodes: DemoNodes) async throws {
        let first = try await nodes.start()
        try await nodes.start(seed: first.address)
        let cluster = try await Cluster.connect(to: [first.address], timeout: Self.patience, logger: .silent)
        let counters = try await cluster.entities(Counter.self)
        try await cluster.waitFor(members: 2, timeout: Self.patience)
        try await cluster.waitUntilSettled(timeout: Self.patience)
        stage.formed(nodes: 2)

        stage.heading("Sending increments")
        for (id, by) in Self.increments { try await increment(counters, id, by) }
        stage.heading("Querying balances")
        let before = try await balances(counters)

        stage.heading("A third node joins")
        let clock = ContinuousClock()
        let start = clock.now
        try await nodes.start(seed: first.address)
        try await cluster.waitFor(members: 3, timeout: Self.patience)
        try await cluster.waitUntilSettled(timeout: Self.patience)
        stage.joined(node: 3, milliseconds: Self.milliseconds(clock.now - start))

        stage.heading("The owner of alice is killed")
        try await killOwner(of: "alice", cluster, nodes)
        let killed = clock.now
        _ = try await counters["alice"].ask(Counter.Balance())
        stage.recovered(milliseconds: Self.milliseconds(clock.now - killed))

        stage.heading("Querying balances again")
        let after = try await balances(counters)
        guard before == after else {
            throw CommandFailure(.journal, "demo", "the balances were \(before) before the kill, and are \(after) now")
        }
        stage.heading("Counting on")
        try await increment(counters, "alice", 1)
        // The owner's journal shows at once what is committed; a follower's may learn of it a moment later.
        let owner = try await owner(of: "alice", cluster).member.name
        await cluster.close()
        await nodes.stop()
        stage.heading("What a journal holds")
        stage.journal(nodes.journal(of: owner))
    }

    private func increment(_ counters: EntityCollection<Counter>, _ id: String, _ by: Int64) async throws {
        let envelope = ShardEnvelope(try EntityID(id), Counter.Increment(by: by))
        do throws(CommandError<Counter.Overflow>) {
            stage.incremented(id, by: by, to: try await counters.send(envelope).reply)
        } catch {
            throw CommandFailure(.unavailable, "demo", "[\(id)] + \(by): \(error)")
        }
    }

    private func balances(_ counters: EntityCollection<Counter>) async throws -> [Int64] {
        var balances: [Int64] = []
        for id in ["alice", "bob", "carol"] {
            let balance = try await counters.ask(ShardEnvelope(try EntityID(id), Counter.Balance()))
            stage.balance(id, balance)
            balances.append(balance)
        }
        return balances
    }

    private func killOwner(of id: String, _ cluster: Cluster, _ nodes: DemoNodes) async throws {
        let (owner, shard) = try await owner(of: id, cluster)
        let process = try await nodes.kill(owner.name)
        stage.killed(node: owner.node.rawValue, process: process, shard: shard)
    }

    /// The coordinator hears of a new owner within moments; until then it names none.
    private func owner(of id: String, _ cluster: Cluster) async throws -> (member: ClusterStatus.MemberState, shard: String) {
        let clock = ContinuousClock()
        let end = clock.now + Self.patience
        repeat {
            let status = try await cluster.status()
            let map = try await cluster.clusterMap()
            if let kind = map.kinds.first(where: { $0.name == Counter.kind }),
                let shard = status.shards.first(where: { $0.group == kind.group(of: Array(id.utf8)) }),
                let owner = status.members.first(where: { $0.node == shard.owner })
            {
                return (owner, shard.shard)
            }
            try await clock.sleep(for: .milliseconds(50))
        } while clock.now < end
        throw CommandFailure(.unavailable, "demo", "nobody owns \(id)")
    }

    private static func milliseconds(_ duration: Duration) -> Int { Int(duration.seconds * 1_000) }
}
