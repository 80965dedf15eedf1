import Primitives

/// What the coordinator does next to bring the cluster to what the directory and its rules want. Empty: nothing.
///
/// Pure. Call it when proposals have been applied or reports have changed: it goes on from wherever the cluster is, whoever
/// brought it there. Proposals of one plan are to be applied, or known to be lost, before the next plan is made.
///
/// - Parameters:
///   - directory: what is committed.
///   - report: without a report of group 0, or with no majority of its voters alive, nothing is planned: such a coordinator
///     cannot commit what it wants, and its silence says more about itself than about the others.
/// - Returns: proposals (at most one of each sort but statuses), then orders, at most one per group.
/// - Complexity: linear in shards plus reports when there is nothing to do; what is to be moved is bounded by `placementsMax`. It runs
///   between two steps of the engine and must stay far below an election time-out.
public func plan(_ directory: DirectoryState, _ report: ClusterReport, settings: PlanSettings) -> [Step] {
    guard var planner = Planner(directory, report, settings) else { return [] }
    planner.planStatuses()
    planner.planDirectoryVoters()
    planner.planPlacements()
    planner.planReports()
    planner.planOrders()
    return planner.steps
}

/// One run of the planner. Each aspect stands in a file of its own and appends to `steps`.
struct Planner {
    let directory: DirectoryState
    let report: ClusterReport
    let settings: PlanSettings
    /// One per member, by `NodeID.slot`.
    let nodes: [NodeView]
    /// The report of group 0.
    let directoryGroup: GroupReport
    var steps: [Step] = []
    /// Shards whose placement this plan changes, by offset: no order goes to them in the same round.
    var replaced: [Bool]

    init?(_ directory: DirectoryState, _ report: ClusterReport, _ settings: PlanSettings) {
        guard let first = report.groups.first, first.group == .directory else { return nil }
        self.directory = directory
        self.report = report
        self.settings = settings
        directoryGroup = first
        var nodes = directory.members.map { NodeView($0, nil, settings) }
        for heard in report.nodes where nodes.indices.contains(heard.node.slot) {
            nodes[heard.node.slot] = NodeView(directory.members[heard.node.slot], heard, settings)
        }
        self.nodes = nodes
        replaced = Array(repeating: false, count: directory.shards.count)
        let alive = first.voters.count { isAlive($0) }
        guard alive > first.voters.count / 2 else { return nil }
    }

    /// Of a node that the directory names.
    func view(_ node: NodeID) -> NodeView { nodes[node.slot] }
    /// Of a node that a report names, which may be ahead of the directory.
    func isAlive(_ node: NodeID) -> Bool { nodes.indices.contains(node.slot) && nodes[node.slot].isAlive }
}

/// What the planner thinks of one member.
struct NodeView {
    let id: NodeID
    let status: MemberStatus
    let isAlive: Bool
    let silence: Span
    let isSteady: Bool
    /// Keeps what it holds: a member that is up, or down for a short while.
    let isHost: Bool
    /// Unheard for so long that a spare takes over, if there is one.
    let isLost: Bool

    init(_ member: Member, _ heard: NodeReport?, _ settings: PlanSettings) {
        id = member.id
        status = member.status
        // One of whom nothing is known yet is neither alive nor lost.
        silence = heard?.silence ?? .zero
        isAlive = heard.map { $0.silence < settings.aliveWithin } ?? false
        isSteady = isAlive && (heard.map { $0.heardFor >= settings.steadyAfter } ?? false)
        let takesPart = status == .up || status == .down
        isLost = takesPart && silence >= settings.replaceAfter
        isHost = takesPart && !isLost
    }

    /// May be given replicas.
    var canTake: Bool { status == .up && isHost && isSteady }
    /// May be a preferred leader.
    var canLead: Bool { status == .up && isHost }
}
