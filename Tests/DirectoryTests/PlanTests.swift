import Directory
import Primitives
import Testing

/// Scenarios as transcripts: what the planner wants in each round until it wants nothing. Rounds in which it only writes down
/// configurations are left out.
@Suite("plan, step by step")
struct PlanTests {
    func model(nodes count: Int, shards: Int = 1) throws -> ClusterModel {
        var state = try DirectoryState.cluster(count)
        if shards > 0 { try state.perform(.registerKind(name: "counter", shards: shards, replication: nil)) }
        var model = ClusterModel(state, seed: 7)
        model.catchUpPercent = 100
        model.settlePercent = 100
        #expect(model.converge(within: 100) != nil)
        model.steps = []
        return model
    }

    func transcript(_ model: inout ClusterModel) -> String {
        #expect(model.converge(within: 200) != nil)
        #expect(model.violations.isEmpty, "\(model.violations)")
        return model.steps.compactMap { step in
            switch step {
            case .propose(.reportConfigurations): nil
            case .propose(.place(let placements)):
                placements.map {
                    "place \($0.group) on \($0.replicas), leader \($0.preferredLeader.map { "\($0)" } ?? "none")"
                }.joined(separator: "; ")
            case .propose(let command): "\(command)"
            case .order(let order): "group \(order.group): \(order.action)"
            }
        }.joined(separator: "\n")
    }

    @Test("A second node is heard, follows the directory, and takes a replica; the directory keeps its one voter")
    func secondNode() throws {
        var model = try model(nodes: 1)
        try model.directory.perform(
            .join(file: unique(2), name: "", address: address(2), startCounter: 1, process: unique(5)))
        model.revive(NodeID(2))
        #expect(
            transcript(&model) == """
                node 2 is up
                group 0: add learner 2
                place 1 on [1, 2], leader 1
                group 1: add learner 2
                group 1: promote 2
                """)
    }

    @Test("A third node makes three directory voters, one at a time")
    func thirdNode() throws {
        var model = try model(nodes: 2, shards: 0)
        try model.directory.admit(3)
        model.start(NodeID(3))
        #expect(
            transcript(&model) == """
                directory voters [1, 2, 3]
                group 0: add learner 3
                group 0: promote 2
                group 0: promote 3
                """)
    }

    @Test("A spare takes over from a node that stays down, copy before removal")
    func spare() throws {
        var model = try model(nodes: 4, shards: 2)
        let victim = try #require(model.directory.shards[0].replicas.first { $0 != model.groups[1].leader })
        #expect(model.directory.placement(1)?.replicas == nodes(1, 2, 3) && victim == NodeID(2))
        #expect(model.directory.placement(2)?.replicas == nodes(1, 2, 4))
        model.kill(victim)
        #expect(
            transcript(&model) == """
                node 2 is down
                place 2 on [1, 2, 4], leader 4
                directory voters [1, 3, 4]
                place 1 on [1, 3, 4], leader 1; place 2 on [1, 3, 4], leader 4
                group 0: promote 4
                group 1: add learner 4
                group 2: add learner 3
                group 0: remove 2 keeping 3
                group 1: promote 4
                group 2: promote 3
                group 1: remove 2 keeping 3
                group 2: remove 2 keeping 3
                """)
    }

    @Test("Without a spare a node that stays down keeps its place")
    func noSpare() throws {
        var model = try model(nodes: 3, shards: 3)
        let before = model.directory.shards.map(\.replicas)
        model.kill(NodeID(3))
        _ = transcript(&model)
        #expect(model.directory.shards.map(\.replicas) == before)
        #expect(model.directory.directoryVoters == nodes(1, 2, 3))
        #expect(model.directory.shards.allSatisfy { $0.preferredLeader != NodeID(3) })
        #expect(!model.steps.contains { if case .order(let order) = $0, case .remove = order.action { true } else { false } })
    }

    @Test("A dead node that is removed by hand goes at once, and the others go on as two")
    func removeDead() throws {
        var model = try model(nodes: 3)
        model.kill(NodeID(3))
        try model.directory.perform(.remove(node: NodeID(3)))
        #expect(
            transcript(&model) == """
                directory voters [1]
                place 1 on [1, 2], leader 1
                group 0: remove 3 keeping 1
                group 1: remove 3 keeping 2
                group 0: remove 2 keeping 1
                node 3 is removed
                group 0: add learner 2
                """)
    }

    @Test("A leaving leader hands over first, is emptied, and is removed last")
    func leavingLeader() throws {
        var model = try model(nodes: 4)
        let leader = try #require(model.groups[1].leader)
        #expect(leader == NodeID(1) && model.groups[0].leader == leader)
        try model.directory.perform(.remove(node: leader))
        #expect(
            transcript(&model) == """
                directory voters [2, 3, 4]
                place 1 on [2, 3, 4], leader 2
                group 0: promote 4
                group 1: add learner 4
                group 0: transfer to 2
                group 0: remove 1 keeping 3
                group 1: promote 4
                group 0: add learner 1
                group 1: transfer to 2
                group 1: remove 1 keeping 3
                node 1 is removed
                group 0: remove 1
                """)
    }

    @Test("An operator's move brings the data first, then the leadership")
    func move() throws {
        var model = try model(nodes: 4)
        try model.directory.perform(.move(group: GroupID(1), node: NodeID(4)))
        let placed = try #require(model.directory.placement(1)?.replicas)
        #expect(placed == nodes(1, 2, 4))
        #expect(
            transcript(&model) == """
                group 1: add learner 4
                group 1: promote 4
                group 1: remove 3 keeping 3
                group 1: transfer to 4
                """)
    }

    @Test("No removal while a wanted voter is silent: it is awaited until it counts as lost")
    func blocked() throws {
        var model = try model(nodes: 4)
        try model.directory.perform(.move(group: GroupID(1), node: NodeID(4)))
        while model.groups[1].voters.count < 4 { model.round() }
        model.kill(NodeID(2))
        for _ in 0..<8 { model.round() }
        #expect(model.groups[1].voters == nodes(1, 2, 3, 4), "two live copies would not be three")
        #expect(model.converge(within: 100) != nil)
        #expect(model.groups[1].voters == nodes(1, 3, 4))
        #expect(model.violations.isEmpty, "\(model.violations)")
    }

    @Test("A coordinator that hears no majority of the directory's voters plans nothing")
    func isolated() throws {
        let model = try model(nodes: 3, shards: 3)
        func steps(_ silent: [NodeID], directory: Bool = true) -> [Step] {
            let reports = nodes(1, 2, 3).map {
                NodeReport(
                    node: $0, silence: silent.contains($0) ? .seconds(3_600) : .zero,
                    heardFor: silent.contains($0) ? .zero : .seconds(99))
            }
            let groups = model.groups.compactMap(\.report).filter { directory || $0.group != .directory }
            return plan(model.directory, ClusterReport(nodes: reports, groups: groups), settings: model.settings)
        }
        #expect(!steps(nodes(3)).isEmpty)
        #expect(steps(nodes(2, 3)).isEmpty)
        #expect(steps(nodes(3), directory: false).isEmpty)
    }

    @Test("A node that comes and goes gets neither leadership nor replicas before it is steady")
    func flapping() throws {
        var model = try model(nodes: 3, shards: 3)
        let victim = NodeID(3)
        model.kill(victim)
        for _ in 0..<8 { model.round() }
        #expect(model.directory.member(victim)?.status == .down)
        for _ in 0..<6 {
            model.revive(victim)
            model.steps = []
            model.round()
            #expect(model.steps.isEmpty, "\(model.steps)")
            model.kill(victim)
            for _ in 0..<4 { model.round() }
        }
    }

    @Test("Nodes and groups that the directory does not know yet are no trouble")
    func strangers() throws {
        var model = try model(nodes: 3, shards: 1)
        model.groups[1].learners = nodes(9)
        var report = model.report
        let stranger = GroupReport(
            group: GroupID(77), leader: NodeID(9), term: Term(1), configurationIndex: .zero, isSettled: true,
            voters: nodes(9), learners: [], caughtUp: nodes(9))
        report = ClusterReport(
            nodes: report.nodes + [NodeReport(node: NodeID(9), silence: .zero, heardFor: .zero)],
            groups: report.groups + [stranger],
            pending: [
                GroupOrder(
                    group: GroupID(77), leader: NodeID(9), term: Term(1), configurationIndex: .zero,
                    action: .addLearner(node: NodeID(99)))
            ])
        let steps = plan(model.directory, report, settings: model.settings)
        #expect(steps.map(\.description) == ["order group 1 at 0, leader 1 in term 2: remove 9"])
    }

    @Test("A leader that was away for a moment gets its shards back only when it has been heard for a while")
    func steadyBeforeTransfer() throws {
        var model = try model(nodes: 3, shards: 3)
        let victim = try #require(model.directory.shards[0].preferredLeader)
        model.kill(victim)
        model.round()
        model.revive(victim)
        model.steps = []
        model.round()
        #expect(model.groups[1].leader != victim && model.groups[1].caughtUp.contains(victim))
        #expect(model.steps.isEmpty, "\(model.steps)")
        #expect(model.converge(within: 50) != nil)
        #expect(model.groups[1].leader == victim)
    }

    @Test("A leaving node keeps its replicas and its vote while the spare has not been heard for long enough")
    func leavingWaits() throws {
        var model = try model(nodes: 4, shards: 1)
        #expect(model.directory.placement(1)?.replicas == nodes(1, 2, 3))
        model.kill(NodeID(4))
        model.round()
        model.revive(NodeID(4))
        try model.directory.perform(.remove(node: NodeID(3)))
        model.round()
        #expect(model.directory.placement(1)?.replicas == nodes(1, 2, 3))
        #expect(model.directory.directoryVoters == nodes(1, 2, 3))
        #expect(model.converge(within: 100) != nil)
        #expect(model.directory.placement(1)?.replicas == nodes(1, 2, 4))
        #expect(model.directory.directoryVoters == nodes(1, 2, 4))
        #expect(model.directory.member(NodeID(3))?.status == .removed)
    }

    @Test("Two hosts beside a lost node make one directory voter, never two")
    func oddVoters() throws {
        var model = try model(nodes: 4, shards: 0)
        model.kill(NodeID(4))
        #expect(model.converge(within: 100) != nil)
        try model.directory.perform(.remove(node: NodeID(3)))
        #expect(model.converge(within: 100) != nil)
        #expect(model.directory.directoryVoters == nodes(1))
        #expect(model.directory.member(NodeID(3))?.status == .removed)
    }

    @Test("Nobody waits for a lost node that is kept for want of a spare: another can still leave")
    func lostDoesNotBlock() throws {
        var state = try DirectoryState.cluster(5)
        try state.perform(.registerKind(name: "counter", shards: 1, replication: 5))
        var model = ClusterModel(state, seed: 1)
        #expect(model.converge(within: 100) != nil)
        model.kill(NodeID(2))
        #expect(model.converge(within: 100) != nil)
        try model.directory.perform(.remove(node: NodeID(3)))
        #expect(model.converge(within: 100) != nil)
        #expect(model.groups[1].voters == nodes(1, 2, 4, 5))
        #expect(model.directory.member(NodeID(3))?.status == .removed)
        #expect(model.violations.isEmpty, "\(model.violations)")
    }

    @Test("What a dead node held is spread with all of it in view, so that nothing is copied twice")
    func spreadTogether() throws {
        var state = try DirectoryState.cluster(5)
        try state.perform(.registerKind(name: "pair", shards: 4, replication: 2))
        try state.perform(.registerKind(name: "triple", shards: 2, replication: 3))
        // Nodes 1 and 2 carry one each. Group 5 can go to 1 or 2, group 6 to 1 or the full node 4: so group 5 has to go to 2.
        let replicas: [[NodeID]] = [
            nodes(3, 4), nodes(3, 4), nodes(3, 4), nodes(1, 3), nodes(3, 4, 5), nodes(2, 3, 5),
        ]
        try state.perform(
            .place(placements: replicas.enumerated().map { offset, nodes in
                ShardPlacement(group: GroupID(UInt32(offset + 1)), replicas: nodes, preferredLeader: nodes[0])
            }))
        try state.perform(
            .reportConfigurations(configurations: replicas.enumerated().map { offset, nodes in
                ReportedConfiguration(group: GroupID(UInt32(offset + 1)), index: LogIndex(1), voters: nodes)
            }))
        try state.perform(.setStatus(node: NodeID(5), status: .down))
        let reports = (1...5).map {
            NodeReport(
                node: NodeID(UInt32($0)), silence: $0 == 5 ? .seconds(3_600) : .zero,
                heardFor: $0 == 5 ? .zero : .seconds(3_600))
        }
        let directoryGroup = GroupReport(
            group: .directory, leader: NodeID(1), term: Term(1), configurationIndex: .zero, isSettled: true,
            voters: nodes(1), learners: nodes(2, 3, 4, 5), caughtUp: nodes(1, 2, 3, 4))
        for step in plan(
            state, ClusterReport(nodes: reports, groups: [directoryGroup]), settings: PlanSettings())
        {
            if case .propose(let command) = step { try state.perform(command) }
        }
        #expect(state.placement(5)?.replicas == nodes(2, 3, 4))
        #expect(state.placement(6)?.replicas == nodes(1, 2, 3))
    }
}
