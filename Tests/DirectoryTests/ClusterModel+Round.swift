import Directory
import Primitives

extension ClusterModel {
    /// A second passes: elections, catching up, one plan, and what comes of it.
    mutating func round() {
        rounds += 1
        for member in directory.members {
            silence[member.id] = isAlive(member.id) ? 0 : (silence[member.id] ?? 0) + 1
            heardFor[member.id] = isAlive(member.id) ? (heardFor[member.id] ?? 0) + 1 : 0
        }
        for offset in groups.indices { settle(offset) }
        deliverLate()
        pending = pending.compactMap { isOpen($0.order) && $0.age < 5 ? ($0.order, $0.age + 1) : nil }

        lastPlan = plan(directory, report, settings: settings)
        steps += lastPlan
        check(lastPlan)
        for step in lastPlan {
            if chance(faultPercent) {
                if case .order(let order) = step, chance(50) { late.append(order) }
                if case .order(let order) = step { pending.append((order, 0)) }
                continue
            }
            switch step {
            case .propose(let command): propose(command)
            case .order(let order):
                pending.append((order, 0))
                carryOut(order)
                if chance(faultPercent) { late.append(order) }
            }
        }
        adoptGroups()
    }

    var report: ClusterReport {
        ClusterReport(
            nodes: directory.members.filter { alive[$0.id] != nil }.map {
                NodeReport(
                    node: $0.id, silence: .seconds(Int64(isAlive($0.id) ? 0 : (silence[$0.id] ?? 0) + 2)),
                    heardFor: .seconds(Int64(heardFor[$0.id] ?? 0)))
            },
            groups: groups.compactMap(\.report), pending: pending.map(\.order))
    }

    private mutating func propose(_ command: DirectoryCommand) {
        do {
            let events = try directory.perform(command)
            if events.isEmpty { violations.append("round \(rounds): proposes \(command), which changes nothing") }
        } catch {
            violations.append("round \(rounds): proposes \(command), which is refused: \(error)")
        }
    }

    /// Rounds until the plan is empty and stays so with nothing on its way; nil if that takes more than `limit`.
    mutating func converge(within limit: Int) -> Int? {
        var quiet = 0
        for number in 0..<limit {
            round()
            let isQuiet =
                lastPlan.isEmpty && pending.isEmpty && late.isEmpty
                && groups.allSatisfy { $0.isSettled && !isCopying($0) }
            quiet = isQuiet ? quiet + 1 : 0
            // Long enough for every time-out of the planner to have passed.
            if quiet > 14 { return number }
        }
        return nil
    }

    private func isCopying(_ group: ModelGroup) -> Bool {
        group.leader != nil && group.members.contains { isAlive($0) && !group.caughtUp.contains($0) }
    }

    // MARK: - Groups

    private mutating func settle(_ offset: Int) {
        groups[offset].isSettled = groups[offset].isSettled || chance(settlePercent)
        for node in groups[offset].members where isAlive(node) && !groups[offset].caughtUp.contains(node) {
            if groups[offset].leader != nil, chance(catchUpPercent) { groups[offset].caughtUp.insert(node) }
        }
        let group = groups[offset]
        if let leader = group.leader, isAlive(leader), group.voters.contains(leader), hasQuorum(group) { return }
        groups[offset].leader = nil
        let heirs = group.voters.filter { isAlive($0) && group.caughtUp.contains($0) }
        guard !heirs.isEmpty, group.voters.count(where: { isAlive($0) }) > group.voters.count / 2 else {
            // A voter that lags here only lost contact: its durable log still holds what was committed.
            for node in group.voters where isAlive(node) { groups[offset].caughtUp.insert(node) }
            return
        }
        groups[offset].leader = heirs[Int.random(in: 0..<heirs.count, using: &generator)]
        groups[offset].term += 1
    }

    func hasQuorum(_ group: ModelGroup) -> Bool {
        group.voters.count { isAlive($0) } > group.voters.count / 2
    }

    private func isOpen(_ order: GroupOrder) -> Bool {
        guard let group = groups.first(where: { $0.group == order.group }) else { return false }
        return group.term == order.term.rawValue && group.index == order.configurationIndex.rawValue
    }

    private mutating func deliverLate() {
        var kept: [GroupOrder] = []
        for order in late {
            if chance(30) { carryOut(order) } else { kept.append(order) }
        }
        late = kept
    }

    /// What the group's leader does with an order.
    mutating func carryOut(_ order: GroupOrder) {
        guard let offset = groups.firstIndex(where: { $0.group == order.group }), let report = groups[offset].report,
            isAlive(report.leader), order.verdict(at: report, isAlive: isAlive) == .obey
        else { return }
        let before = groups[offset]
        if case .transfer(let node) = order.action {
            transfers += 1
            groups[offset].leader = node
            groups[offset].term += 1
            return
        }
        switch order.action {
        case .addLearner(let node):
            groups[offset].learners = (before.learners + [node]).sorted()
            groups[offset].caughtUp.remove(node)
            if order.group != .directory { copies[node, default: 0] += 1 }
        case .promote(let node):
            groups[offset].learners.removeAll { $0 == node }
            groups[offset].voters = (before.voters + [node]).sorted()
        case .remove(let node, _):
            groups[offset].learners.removeAll { $0 == node }
            groups[offset].voters.removeAll { $0 == node }
            groups[offset].caughtUp.remove(node)
        case .transfer: break
        }
        groups[offset].index += 3
        groups[offset].isSettled = false
        check(before, groups[offset], order)
    }
}
