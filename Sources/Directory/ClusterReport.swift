public import Primitives

/// What the coordinator has heard lately. It lives in the coordinator's memory only; a new coordinator starts with what comes
/// in after its election.
public struct ClusterReport: Hashable, Sendable {
    /// Sorted by node.
    public private(set) var nodes: [NodeReport]
    /// Sorted by group, group 0 included. A group without a known leader is missing.
    public private(set) var groups: [GroupReport]
    /// Orders sent and neither answered nor given up. No further order goes to these groups, and they count against the bounds.
    ///
    /// Keep an order until its group's report shows a newer configuration or leader, or for
    /// `PlanSettings.orderPatience`, so that one that cannot be carried out is not repeated every round.
    public var pending: [GroupOrder]

    public init(nodes: [NodeReport], groups: [GroupReport], pending: [GroupOrder] = []) {
        self.nodes = nodes.sorted { $0.node < $1.node }
        self.groups = groups.sorted { $0.group < $1.group }
        self.pending = pending
    }
}

/// How the coordinator hears one node. Its own silence is zero.
public struct NodeReport: Hashable, Sendable {
    public var node: NodeID
    /// How long nothing has come from it; at most for as long as this node has been the coordinator.
    public var silence: Span
    /// For how long it has been heard without a gap of `PlanSettings.aliveWithin` or more.
    public var heardFor: Span

    public init(node: NodeID, silence: Span, heardFor: Span) {
        self.node = node
        self.silence = silence
        self.heardFor = heardFor
    }
}

/// What a group's leader says of it. The coordinator keeps the one with the highest (term, configurationIndex).
public struct GroupReport: Hashable, Codable, Sendable {
    public var group: GroupID
    public var leader: NodeID
    public var term: Term
    /// The index of the newest configuration in the leader's log; 0 for the one the group was born with.
    public var configurationIndex: LogIndex
    /// Whether that configuration is committed and the leader may begin another change.
    public var isSettled: Bool
    /// Sorted.
    public var voters: [NodeID]
    /// Sorted.
    public var learners: [NodeID]
    /// Voters and learners whose durable log is at most `promotionLagMax` entries behind the leader's; the leader itself
    /// included. Sorted.
    public var caughtUp: [NodeID]
    public var commit: LogIndex

    public init(
        group: GroupID, leader: NodeID, term: Term, configurationIndex: LogIndex, isSettled: Bool,
        voters: [NodeID], learners: [NodeID], caughtUp: [NodeID], commit: LogIndex = .zero
    ) {
        self.group = group
        self.leader = leader
        self.term = term
        self.configurationIndex = configurationIndex
        self.isSettled = isSettled
        self.voters = voters
        self.learners = learners
        self.caughtUp = caughtUp
        self.commit = commit
    }
}
