import Primitives

/// The bounds on what is under way at a time, less what already is.
struct OrderBudget {
    private var orders: Int
    private var transfers: Int
    private var copies: Int
    private var copiesPerNode: [Int]
    private let busy: Set<GroupID>

    init(_ planner: Planner) {
        let settings = planner.settings
        orders = settings.ordersMax
        transfers = settings.transfersMax
        copies = settings.copiesMax
        copiesPerNode = Array(repeating: settings.copiesPerNodeMax, count: planner.nodes.count)
        busy = Set(planner.report.pending.map(\.group))
        for order in planner.report.pending { _ = take(order) }
        for group in planner.report.groups.dropFirst() {
            // A dead node copies nothing, and one that has caught up is done.
            for node in group.learners where planner.isAlive(node) && !group.caughtUp.contains(node) {
                copies -= 1
                copiesPerNode[node.slot] -= 1
            }
        }
    }

    func isFree(_ group: GroupID) -> Bool { !busy.contains(group) }

    /// Whether `order` may go out; if so, it counts.
    mutating func take(_ order: GroupOrder) -> Bool {
        guard orders > 0 else { return false }
        switch order.action {
        case .addLearner(let node) where order.group != .directory:
            guard copies > 0, copiesPerNode.indices.contains(node.slot), copiesPerNode[node.slot] > 0 else {
                return false
            }
            copies -= 1
            copiesPerNode[node.slot] -= 1
        case .transfer:
            guard transfers > 0 else { return false }
            transfers -= 1
        case .addLearner, .promote, .remove: break
        }
        orders -= 1
        return true
    }
}
