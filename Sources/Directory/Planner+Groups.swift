import Primitives

extension Planner {
    /// Reports newer than the directory knows are written down: one step of a group is recorded before its next begins.
    mutating func planReports() {
        var newer: [ReportedConfiguration] = []
        for group in report.groups.dropFirst() where group.isSettled && newer.count < settings.placementsMax {
            guard let shard = directory.shard(group.group), group.configurationIndex > shard.reported.index else {
                continue
            }
            newer.append(
                ReportedConfiguration(
                    group: group.group, index: group.configurationIndex, voters: group.voters,
                    learners: group.learners))
        }
        if !newer.isEmpty { steps.append(.propose(.reportConfigurations(configurations: newer))) }
    }

    /// The next step of each group on its way from the members it has to those it is to have. Groups with the fewest live
    /// copies go first.
    mutating func planOrders() {
        var budget = OrderBudget(self)
        var candidates: [Candidate] = []
        if let order = directoryGroupOrder(), budget.isFree(.directory) {
            candidates.append(Candidate(urgency: .min, order: order))
        }
        for group in report.groups.dropFirst() {
            guard let offset = directory.shardOffset(group.group), !replaced[offset], budget.isFree(group.group) else {
                continue
            }
            let shard = directory.shards[offset]
            guard group.isSettled, isWrittenDown(group, shard), isAlive(group.leader) else { continue }
            if let candidate = candidate(group, shard) { candidates.append(candidate) }
        }
        // The sort is stable only by the group, which is the last word.
        candidates.sort { ($0.urgency, $0.order.group) < ($1.urgency, $1.order.group) }
        for candidate in candidates where budget.take(candidate.order) { steps.append(.order(candidate.order)) }
    }

    /// Whether the directory knows of the group's members what their leader says.
    ///
    /// Beside the index the members count: a leader that has started from a checkpoint knows its members as of that, which may be a later
    /// entry than the one that set them. Every change after it has a greater index than both.
    private func isWrittenDown(_ group: GroupReport, _ shard: ShardRecord) -> Bool {
        group.configurationIndex == shard.reported.index
            || (group.configurationIndex < shard.reported.index && group.voters == shard.reported.voters
                && group.learners == shard.reported.learners)
    }

    private struct Candidate {
        /// Live, caught-up voters beyond those wanted: negative while copies are missing.
        var urgency: Int
        var order: GroupOrder
    }

    private func candidate(_ group: GroupReport, _ shard: ShardRecord) -> Candidate? {
        let wanted = shard.replicas
        if group.voters == wanted, group.learners.isEmpty {
            guard let preferred = shard.preferredLeader, preferred != group.leader, view(preferred).isSteady else {
                return nil
            }
            return order(group, .transfer(to: preferred)).map { Candidate(urgency: 0, order: $0) }
        }
        let good = group.voters.count { $0 == group.leader || (isAlive($0) && group.caughtUp.contains($0)) }
        guard let order = nextChange(group, voters: wanted, learners: [], leader: shard.preferredLeader) else {
            return nil
        }
        return Candidate(urgency: good - wanted.count, order: order)
    }

    /// All members follow the directory, and its wanted voters vote. One who was removed stays until it has heard so.
    private func directoryGroupOrder() -> GroupOrder? {
        let group = directoryGroup
        guard group.isSettled, isAlive(group.leader) else { return nil }
        let voters = directory.directoryVoters
        let others = nodes.filter { $0.status != .removed && !voters.contains($0.id) }.map(\.id)
        let departing = group.learners.filter {
            isAlive($0) && view($0).status == .removed && !group.caughtUp.contains($0)
        }
        return nextChange(group, voters: voters, learners: others + departing, leader: nil)
    }

    // MARK: - One group's next change

    /// The first safe step of: drop learners nobody wants; drop a voter nobody wants, as soon as enough others are alive and
    /// caught up; let a learner vote that has caught up; take in who is missing; hand over the leadership.
    private func nextChange(
        _ group: GroupReport, voters: [NodeID], learners: [NodeID], leader preferred: NodeID?
    ) -> GroupOrder? {
        for node in group.learners where !voters.contains(node) && !learners.contains(node) {
            if let order = order(group, .remove(node: node, keeping: 0)) { return order }
        }
        if let order = removal(group, voters, preferred) { return order }
        for node in group.learners where voters.contains(node) {
            if let order = order(group, .promote(node: node)) { return order }
        }
        for node in voters + learners where isAlive(node) {
            if let order = order(group, .addLearner(node: node)) { return order }
        }
        if let preferred, voters.contains(preferred), view(preferred).isSteady {
            return order(group, .transfer(to: preferred))
        }
        return nil
    }

    private func removal(_ group: GroupReport, _ voters: [NodeID], _ preferred: NodeID?) -> GroupOrder? {
        let surplus = group.voters.filter { !voters.contains($0) }
        guard !surplus.isEmpty else { return nil }
        // Lost nodes are wanted only where there is no spare for them; nobody waits for them.
        let keeping = voters.count { !view($0).isLost }
        // The dead go first: they only make majorities harder.
        let deadFirst = surplus.filter { !isAlive($0) } + surplus.filter { isAlive($0) }
        for node in deadFirst where node != group.leader {
            if let order = order(group, .remove(node: node, keeping: keeping)) { return order }
        }
        guard surplus.contains(group.leader) else { return nil }
        // The leader goes last, and only if the group could spare it.
        let good = group.voters.count { $0 != group.leader && isAlive($0) && group.caughtUp.contains($0) }
        guard good >= keeping else { return nil }
        for heir in [preferred].compactMap({ $0 }) + voters {
            if let order = order(group, .transfer(to: heir)) { return order }
        }
        return nil
    }

    /// The order, unless its own leader would have to turn it down.
    private func order(_ group: GroupReport, _ action: GroupOrder.Action) -> GroupOrder? {
        let order = GroupOrder(
            group: group.group, leader: group.leader, term: group.term,
            configurationIndex: group.configurationIndex, action: action)
        let isSafe = order.verdict(at: group, isAlive: isAlive) == .obey
        return isSafe || settings.broken.contains(.obeyUnsafeOrders) ? order : nil
    }
}
