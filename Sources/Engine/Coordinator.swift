internal import Directory
internal import Primitives

/// What the coordinator, the directory's leader, has heard. Memory only: a new one starts from what comes in.
struct Coordinator {
    /// The newest word on each group, by (term, configuration index).
    private(set) var standings: [GroupID: GroupStanding] = [:]
    /// Orders on their way, and when they were sent.
    var pending: [(order: GroupOrder, sent: Instant)] = []
    /// Since when this node has been the coordinator; nil if it is not.
    var since: Instant?
    var lastPlan: Instant = .zero
    var lastReport: Instant = .zero

    mutating func heard(_ news: [GroupStanding]) {
        for standing in news {
            if let known = standings[standing.report.group]?.report,
                (known.term, known.configurationIndex) > (standing.report.term, standing.report.configurationIndex)
            {
                continue
            }
            standings[standing.report.group] = standing
        }
    }

    /// An order is done with when its group shows another configuration or leader, or when patience ends.
    mutating func settlePending(now: Instant, patience: Span) {
        pending.removeAll { item in
            if now - item.sent > patience { return true }
            guard let report = standings[item.order.group]?.report else { return false }
            return report.term != item.order.term || report.leader != item.order.leader
                || report.configurationIndex != item.order.configurationIndex
        }
    }

    mutating func forget() { self = Coordinator() }
}
