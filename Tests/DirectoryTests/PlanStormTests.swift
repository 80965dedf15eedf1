import Directory
import Primitives
import Testing

@Suite("plan, under disturbance")
struct PlanStormTests {
    func expectDone(_ model: ClusterModel, _ seed: UInt64) { PlanPropertyTests().expectDone(model, seed) }

    @Test("Whatever happens, with steps lost, late and doubled, no rule is broken and the cluster comes to rest")
    func storm() throws {
        for seed in PlanPropertyTests.seeds {
            var model = try PlanPropertyTests.settled(seed, nodes: 1...7)
            model.faultPercent = 25
            if seed % 2 == 0 { tighten(&model.settings) }
            for _ in 0..<12 {
                try disturb(&model)
                for _ in 0..<Int.random(in: 0...25, using: &model.generator) { model.round() }
            }
            model.faultPercent = 0
            for member in model.directory.members where member.status != .removed && !model.isAlive(member.id) {
                model.revive(member.id)
            }
            #expect(model.converge(within: 1_500) != nil, "seed \(seed): \(model.lastPlan)")
            expectDone(model, seed)
        }
    }

    /// Bounds so small that every plan meets them.
    private func tighten(_ settings: inout PlanSettings) {
        settings.placementsMax = 3
        settings.ordersMax = 4
        settings.copiesMax = 2
        settings.copiesPerNodeMax = 1
        settings.transfersMax = 1
    }

    /// Something an operator or fate does.
    func disturb(_ model: inout ClusterModel) throws {
        let members = model.directory.members.filter { $0.status != .removed }
        let one = members[Int.random(in: 0..<members.count, using: &model.generator)].id
        switch Int.random(in: 0..<8, using: &model.generator) {
        case 0 where members.count < 9:
            let number = model.directory.members.count + 1
            try model.directory.perform(
                .join(
                    file: unique(number), name: "", address: address(number), startCounter: 1,
                    process: unique(2_000 + number)))
            model.start(NodeID(UInt32(number)))
        case 1, 2:
            model.kill(one)
        case 3, 4:
            if !model.isAlive(one) { model.revive(one) }
        case 5:
            _ = try? model.directory.perform(.remove(node: one))
        case 6:
            _ = try? model.directory.perform(
                .registerKind(name: "late\(model.rounds)", shards: 5, replication: nil))
            model.adoptGroups()
        default:
            // A new coordinator knows nothing of the old one's orders.
            model.late += model.pending.map(\.order)
            model.pending = []
        }
    }

    @Test("From any placement and any half-done move it finds its way, whoever began it")
    func halfDone() throws {
        for seed in PlanPropertyTests.seeds {
            var model = try PlanPropertyTests.settled(seed, nodes: 3...8)
            try scramble(&model)
            #expect(model.converge(within: 800) != nil, "seed \(seed): \(model.lastPlan)")
            expectDone(model, seed)
        }
    }

    /// Wants something else of every shard, and leaves every group somewhere on a way.
    private func scramble(_ model: inout ClusterModel) throws {
        let all = model.directory.members.map(\.id)
        func some(_ count: ClosedRange<Int>) -> [NodeID] {
            Array(all.shuffled(using: &model.generator).prefix(Int.random(in: count, using: &model.generator))).sorted()
        }
        for shard in model.directory.shards {
            let replicas = some(1...4)
            try model.directory.perform(
                .place(placements: [
                    ShardPlacement(group: shard.group, replicas: replicas, preferredLeader: replicas.first)
                ]))
            let offset = Int(shard.group.rawValue)
            let voters = some(1...5)
            model.groups[offset].voters = voters
            model.groups[offset].learners = some(0...2).filter { !voters.contains($0) }
            model.groups[offset].caughtUp = Set(voters)
            model.groups[offset].leader = voters.randomElement(using: &model.generator)
            model.groups[offset].index = 7
            // The directory may or may not have heard of it.
            guard Bool.random(using: &model.generator) else { continue }
            try model.directory.perform(
                .reportConfigurations(configurations: [
                    ReportedConfiguration(
                        group: shard.group, index: LogIndex(7), voters: voters,
                        learners: model.groups[offset].learners)
                ]))
        }
    }

    @Test("A shard stays with the node to which an operator moved it, and the others are spread around it")
    func pins() throws {
        for seed in PlanPropertyTests.seeds {
            var model = try PlanPropertyTests.settled(seed, nodes: 2...8)
            let shard = try #require(model.directory.shards.randomElement(using: &model.generator))
            let target = try #require(model.hosts.randomElement(using: &model.generator))
            try model.directory.perform(.move(group: shard.group, node: target))
            #expect(model.converge(within: 400) != nil, "seed \(seed)")
            expectDone(model, seed)
            #expect(model.groups[Int(shard.group.rawValue)].leader == target, "seed \(seed)")

            // It comes back to that node even after an absence.
            guard model.hosts.count > 2 else { continue }
            model.kill(target)
            #expect(model.converge(within: 400) != nil, "seed \(seed)")
            #expect(model.violations.isEmpty, "seed \(seed): \(model.violations.prefix(3))")
            model.revive(target)
            #expect(model.converge(within: 400) != nil, "seed \(seed)")
            #expect(model.replicaSpread <= 1, "seed \(seed)")
            let now = try #require(model.directory.shard(shard.group))
            if now.replicas.contains(target) {
                #expect(model.groups[Int(shard.group.rawValue)].leader == target, "seed \(seed)")
            }
        }
    }

    @Test("Kinds with one, two, three and five replicas are even together")
    func mixedReplication() throws {
        for seed in PlanPropertyTests.seeds {
            var generator = RandomGenerator(seed: seed)
            var state = try DirectoryState.cluster(Int.random(in: 1...6, using: &generator))
            for copies in [1, 2, 3, 5] {
                try state.perform(
                    .registerKind(
                        name: "kind\(copies)", shards: Int.random(in: 1...16, using: &generator), replication: copies))
            }
            var model = ClusterModel(state, seed: seed)
            try model.directory.admit(state.members.count + 1)
            model.start(NodeID(UInt32(state.members.count + 1)))
            #expect(model.converge(within: 600) != nil, "seed \(seed)")
            #expect(model.violations.isEmpty, "seed \(seed): \(model.violations.prefix(3))")
            #expect(model.unfinished().isEmpty, "seed \(seed): \(model.unfinished().prefix(3))")
            #expect(model.replicaSpread <= 1, "seed \(seed)")
            for shard in model.directory.shards {
                let wanted = model.directory.kind(shard.kind)?.replication ?? 0
                #expect(shard.replicas.count == min(wanted, model.hosts.count), "seed \(seed)")
            }
        }
    }
}
