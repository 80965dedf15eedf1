import Directory
import Primitives

extension ClusterModel {
    /// What holds of every plan: one order per group, none where one is under way, and the bounds.
    mutating func check(_ plan: [Step]) {
        var touched = Set(pending.map(\.order.group))
        var placed: Set<GroupID> = []
        var transfers = pending.count { if case .transfer = $0.order.action { true } else { false } }
        var copying: [NodeID: Int] = [:]
        for group in groups.dropFirst() where group.leader != nil {
            for node in group.learners where isAlive(node) && !group.caughtUp.contains(node) {
                copying[node, default: 0] += 1
            }
        }
        for step in plan {
            switch step {
            case .propose(.place(let placements)):
                placed = Set(placements.map(\.group))
                // Replicas and leaders each; the last chain of leaders is not cut in the middle.
                let most = 2 * settings.placementsMax + directory.members.count
                if placements.count > most { note("places \(placements.count) shards at once") }
            case .propose: break
            case .order(let order):
                if !touched.insert(order.group).inserted { note("orders twice: \(order)") }
                if placed.contains(order.group) { note("orders and places in one round: \(order)") }
                switch order.action {
                case .transfer: transfers += 1
                case .addLearner(let node) where order.group != .directory:
                    copying[node, default: 0] += 1
                    if copying[node, default: 0] > settings.copiesPerNodeMax { note("\(copying[node] ?? 0) copies to \(node)") }
                default: break
                }
            }
        }
        if transfers > settings.transfersMax { note("\(transfers) transfers at a time") }
        if touched.count > settings.ordersMax { note("\(touched.count) orders at a time") }
    }

    /// What holds of every change of a group's members.
    mutating func check(_ before: ModelGroup, _ after: ModelGroup, _ order: GroupOrder) {
        func good(_ group: ModelGroup) -> Int {
            group.voters.count { isAlive($0) && group.caughtUp.contains($0) }
        }
        if after.voters.isEmpty { note("leaves no voter: \(order)") }
        let difference = Set(before.voters).symmetricDifference(after.voters).count
        if difference > 0, !(good(after) > after.voters.count / 2) { note("leaves no live majority: \(order)") }
        if difference > 1 { note("changes \(difference) voters at once: \(order)") }
        if case .remove(let node, let keeping) = order.action, before.voters.contains(node) {
            if good(after) < keeping { note("keeps \(good(after)) of \(keeping): \(order)") }
            if before.leader == node { note("removes the leader: \(order)") }
        }
    }

    private mutating func note(_ text: String) { violations.append("round \(rounds): \(text)") }

    /// What holds once the plan is empty.
    func unfinished() -> [String] {
        var result: [String] = []
        for shard in directory.shards {
            let group = groups[Int(shard.group.rawValue)]
            // A group without a quorum waits for its nodes.
            guard group.leader != nil else { continue }
            if group.voters != shard.replicas && shard.replicas.allSatisfy({ isAlive($0) }) {
                result.append("\(shard.name) has \(group.voters), wanted are \(shard.replicas)")
            }
            if let leader = shard.preferredLeader, isAlive(leader), group.leader != leader {
                result.append("\(shard.name) is led by \(group.leader!), wanted is \(leader)")
            }
        }
        for member in directory.members {
            let isRight =
                switch member.status {
                case .joining, .leaving: !isAlive(member.id)
                case .up: isAlive(member.id)
                case .down: !isAlive(member.id)
                case .removed: true
                }
            if !isRight { result.append("node \(member.id) is \(member.status)") }
        }
        return result
    }

    /// The nodes that carry replicas when all is done.
    var hosts: [NodeID] {
        directory.members.filter { $0.status == .up && isAlive($0.id) }.map(\.id)
    }

    var replicaSpread: Int { let spread = directory.spread.replicas; return range(hosts.map { spread[$0] ?? 0 }) }
    var leaderSpread: Int { let spread = directory.spread.leaders; return range(hosts.map { spread[$0] ?? 0 }) }
}
