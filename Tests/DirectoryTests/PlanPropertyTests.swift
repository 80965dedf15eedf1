import Directory
import Foundation
import Primitives
import Testing

@Suite("plan, over random clusters")
struct PlanPropertyTests {
    /// More for a long run: `HOLDFAST_TEST_SEEDS=5000 swift test -c release --filter PlanPropertyTests`.
    static let seeds = 1...(ProcessInfo.processInfo.environment["HOLDFAST_TEST_SEEDS"].flatMap(UInt64.init) ?? 40)

    /// A cluster of some nodes and kinds that has found its balance.
    static func settled(_ seed: UInt64, nodes: ClosedRange<Int> = 1...9) throws -> ClusterModel {
        var generator = RandomGenerator(seed: seed)
        var state = try DirectoryState.cluster(Int.random(in: nodes, using: &generator))
        for number in 0..<Int.random(in: 1...3, using: &generator) {
            try state.perform(
                .registerKind(
                    name: "kind\(number)", shards: Int.random(in: 1...24, using: &generator), replication: nil))
        }
        var model = ClusterModel(state, seed: seed)
        #expect(model.converge(within: 300) != nil, "seed \(seed)")
        model.copies = [:]
        model.transfers = 0
        return model
    }

    func expectDone(_ model: ClusterModel, _ seed: UInt64) {
        #expect(model.violations.isEmpty, "seed \(seed): \(model.violations.prefix(5))")
        #expect(model.unfinished().isEmpty, "seed \(seed): \(model.unfinished().prefix(5))")
        #expect(model.replicaSpread <= 1, "seed \(seed): \(model.directory.spread.replicas)")
        #expect(model.leaderSpread <= 1, "seed \(seed): \(model.directory.spread.leaders)")
    }

    /// One more than was lost is needed at times: a shard cannot go twice to the node that has most room.
    func expectFew(_ copies: [NodeID: Int], _ held: Int, _ seed: UInt64) {
        let count = copies.values.reduce(0, +)
        #expect((held...held + (held > 0 ? 1 : 0)).contains(count), "seed \(seed): \(count) copies for \(held)")
    }

    @Test("A joining node takes its fair share and nothing else is copied")
    func join() throws {
        for seed in Self.seeds {
            var model = try Self.settled(seed)
            let before = model.directory
            let newcomer = NodeID(UInt32(before.members.count + 1))
            try model.directory.admit(Int(newcomer.rawValue))
            model.start(newcomer)
            #expect(model.converge(within: 600) != nil, "seed \(seed)")
            expectDone(model, seed)
            let share = model.directory.spread.replicas[newcomer] ?? 0
            #expect(model.copies == (share == 0 ? [:] : [newcomer: share]), "seed \(seed)")
            #expect(before.shards.isEmpty || share > 0 || before.spread.replicas.values.allSatisfy { $0 <= 1 })
        }
    }

    @Test("A node that stays dead is replaced by copying what it held and no more, and takes a share when it returns")
    func death() throws {
        for seed in Self.seeds {
            var model = try Self.settled(seed, nodes: 4...9)
            let victim = NodeID(UInt32.random(in: 1...UInt32(model.directory.members.count), using: &model.generator))
            let held = model.directory.spread.replicas[victim] ?? 0
            model.kill(victim)
            #expect(model.converge(within: 600) != nil, "seed \(seed)")
            expectDone(model, seed)
            expectFew(model.copies, held, seed)
            #expect(model.directory.spread.replicas[victim] == 0, "seed \(seed)")

            model.copies = [:]
            model.revive(victim)
            #expect(model.converge(within: 600) != nil, "seed \(seed)")
            expectDone(model, seed)
            let share = model.directory.spread.replicas[victim] ?? 0
            #expect(model.copies == (share == 0 ? [:] : [victim: share]), "seed \(seed)")
        }
    }

    @Test("A leaving node is emptied, then removed; only what it held is copied")
    func leave() throws {
        for seed in Self.seeds {
            var model = try Self.settled(seed, nodes: 2...9)
            let before = model.directory
            let leaver = NodeID(UInt32.random(in: 1...UInt32(before.members.count), using: &model.generator))
            try model.directory.perform(.remove(node: leaver))
            #expect(model.converge(within: 600) != nil, "seed \(seed)")
            expectDone(model, seed)
            #expect(model.directory.member(leaver)?.status == .removed, "seed \(seed)")
            let room = before.members.count > 3
            expectFew(model.copies, room ? before.spread.replicas[leaver] ?? 0 : 0, seed)
            #expect(!model.groups.contains { $0.members.contains(leaver) }, "seed \(seed)")
        }
    }

    @Test("A short silence changes no placement, and a balanced cluster is left alone")
    func stable() throws {
        for seed in Self.seeds {
            var model = try Self.settled(seed, nodes: 3...9)
            let before = model.directory
            let victim = NodeID(UInt32.random(in: 1...UInt32(before.members.count), using: &model.generator))
            model.kill(victim)
            model.round()
            model.revive(victim)
            #expect(model.converge(within: 300) != nil, "seed \(seed)")
            #expect(model.directory == before, "seed \(seed)")
            #expect(model.copies.isEmpty, "seed \(seed)")
            expectDone(model, seed)
        }
    }
}
