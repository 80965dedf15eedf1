public import Primitives

extension GroupOrder.Action {
    /// The node that the change is about.
    public var node: NodeID {
        switch self {
        case .addLearner(let node), .promote(let node), .remove(let node, _), .transfer(let node): node
        }
    }
}

extension GroupOrder {
    /// Whether the leader carries the order out now.
    ///
    /// The coordinator planned with what it had heard; the leader knows better. So safety is checked here once more, in the
    /// same words.
    /// - Parameters:
    ///   - report: what the leader would report of its group at this moment.
    ///   - isAlive: whether this leader has heard a node lately.
    public func verdict(at report: GroupReport, isAlive: (NodeID) -> Bool) -> Verdict {
        guard report.group == group, report.leader == leader, report.term == term,
            report.configurationIndex == configurationIndex, report.isSettled
        else { return .stale }
        func isGood(_ node: NodeID) -> Bool {
            node == leader || (isAlive(node) && report.caughtUp.contains(node))
        }
        switch action {
        case .addLearner(let node):
            return report.voters.contains(node) || report.learners.contains(node) ? .stale : .obey
        case .promote(let node):
            guard report.learners.contains(node) else { return .stale }
            let good = report.voters.count { isGood($0) } + 1
            return isGood(node) && good > (report.voters.count + 1) / 2 ? .obey : .unsafe
        case .remove(let node, let keeping):
            if report.learners.contains(node) { return .obey }
            guard report.voters.contains(node) else { return .stale }
            // The leader is handed over first, so that the group is not without one.
            guard node != leader else { return .unsafe }
            let remaining = report.voters.filter { $0 != node }
            let good = remaining.count { isGood($0) }
            return good >= keeping && good > remaining.count / 2 ? .obey : .unsafe
        case .transfer(let node):
            guard report.voters.contains(node), node != leader else { return .stale }
            return isGood(node) ? .obey : .unsafe
        }
    }
}
