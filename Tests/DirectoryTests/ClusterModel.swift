import Directory
import Primitives

/// Nodes and groups reduced to what the planner sees: groups that carry out orders, lose some, do some late, and elect leaders.
///
/// It stands for any shell. Each broken rule is kept in `violations`.
struct ClusterModel {
    var directory: DirectoryState
    var settings = PlanSettings()
    var generator: RandomGenerator
    /// By node id; a node without an entry has never run.
    var alive: [NodeID: Bool] = [:]
    var silence: [NodeID: Int] = [:]
    var heardFor: [NodeID: Int] = [:]
    /// Sorted by group, group 0 first.
    var groups: [ModelGroup] = []
    var pending: [(order: GroupOrder, age: Int)] = []
    /// Orders that are delivered in a later round, possibly after another coordinator took over.
    var late: [GroupOrder] = []
    /// The chance in percent that a step is lost, or an order comes late or twice.
    var faultPercent = 0
    /// The chance in percent that a learner or a lagging voter catches up in a round.
    var catchUpPercent = 50
    /// The chance in percent that a change of configuration commits in a round.
    var settlePercent = 70
    var violations: [String] = []
    var steps: [Step] = []
    var lastPlan: [Step] = []
    var copies: [NodeID: Int] = [:]
    var transfers = 0
    var rounds = 0

    init(_ directory: DirectoryState, seed: UInt64) {
        self.directory = directory
        generator = RandomGenerator(seed: seed)
        settings.aliveWithin = .seconds(2)
        settings.downAfter = .seconds(4)
        settings.replaceAfter = .seconds(10)
        settings.steadyAfter = .seconds(2)
        for member in directory.members { start(member.id) }
        var group = ModelGroup(.directory, directory.directoryVoters)
        group.learners = directory.members.map(\.id).filter { !directory.directoryVoters.contains($0) }
        group.caughtUp = Set(group.members)
        groups = [group]
        adoptGroups()
    }

    mutating func start(_ node: NodeID) {
        alive[node] = true
        silence[node] = 0
        heardFor[node] = 100
    }

    func isAlive(_ node: NodeID) -> Bool { alive[node] ?? false }

    mutating func kill(_ node: NodeID) {
        alive[node] = false
        heardFor[node] = 0
        silence[node] = 0
        for offset in groups.indices { 
            groups[offset].caughtUp.remove(node)
            if groups[offset].leader == node { groups[offset].leader = nil }
        }
    }

    mutating func revive(_ node: NodeID) {
        alive[node] = true
        silence[node] = 0
        heardFor[node] = 0
    }

    mutating func chance(_ percent: Int) -> Bool { Int.random(in: 0..<100, using: &generator) < percent }

    /// Groups that the directory knows and the model does not have yet.
    mutating func adoptGroups() {
        for shard in directory.shards.dropFirst(groups.count - 1) {
            groups.append(ModelGroup(shard.group, shard.initialVoters))
        }
    }
}

/// One group: its configuration and who leads it.
struct ModelGroup {
    var group: GroupID
    var voters: [NodeID]
    var learners: [NodeID] = []
    var caughtUp: Set<NodeID>
    var leader: NodeID?
    var term: UInt64 = 1
    var index: UInt64 = 0
    var isSettled = true

    init(_ group: GroupID, _ voters: [NodeID]) {
        self.group = group
        self.voters = voters.sorted()
        caughtUp = Set(voters)
    }

    var members: [NodeID] { voters + learners }

    var report: GroupReport? {
        leader.map {
            GroupReport(
                group: group, leader: $0, term: Term(term), configurationIndex: LogIndex(index), isSettled: isSettled,
                voters: voters, learners: learners, caughtUp: caughtUp.sorted())
        }
    }
}
