public import Primitives

/// One shard: where its replicas are wanted, who is to lead it, and which members its group last reported.
public struct ShardRecord: Hashable, Codable, Sendable {
    public var group: GroupID
    public var kind: String
    public var number: Int
    /// The voters with which the group was born: every replica's log starts from them. Sorted.
    public var initialVoters: [NodeID]
    /// Where replicas are wanted. Sorted; never empty.
    public var replicas: [NodeID]
    /// Who is to lead: one of `replicas`, chosen by the planner so that leaders spread evenly.
    public var preferredLeader: NodeID?
    /// Who is to lead by an operator's word; the planner keeps to it while that node is up.
    public var pinnedLeader: NodeID?
    /// The newest committed configuration that the group's leader reported. At most one change behind the group's own.
    public var reported: ReportedConfiguration

    public init(
        group: GroupID, kind: String, number: Int, initialVoters: [NodeID], replicas: [NodeID],
        preferredLeader: NodeID? = nil, pinnedLeader: NodeID? = nil, reported: ReportedConfiguration
    ) {
        self.group = group
        self.kind = kind
        self.number = number
        self.initialVoters = initialVoters
        self.replicas = replicas
        self.preferredLeader = preferredLeader
        self.pinnedLeader = pinnedLeader
        self.reported = reported
    }

    /// As people name it: `counter/7`.
    public var name: String { "\(kind)/\(number)" }

    var placement: ShardPlacement {
        ShardPlacement(
            group: group, replicas: replicas, preferredLeader: preferredLeader, pinnedLeader: pinnedLeader)
    }
}

/// A group's members as of one entry of its log.
public struct ReportedConfiguration: Hashable, Codable, Sendable {
    public var group: GroupID
    /// The index of the configuration entry; 0 for the one a group is born with.
    public var index: LogIndex
    /// Sorted.
    public var voters: [NodeID]
    /// Sorted.
    public var learners: [NodeID]

    public init(group: GroupID, index: LogIndex, voters: [NodeID], learners: [NodeID] = []) {
        self.group = group
        self.index = index
        self.voters = voters
        self.learners = learners
    }

    public func contains(_ node: NodeID) -> Bool { voters.contains(node) || learners.contains(node) }
}

/// What is wanted of one shard's replicas.
public struct ShardPlacement: Hashable, Codable, Sendable {
    public var group: GroupID
    /// Sorted.
    public var replicas: [NodeID]
    public var preferredLeader: NodeID?
    public var pinnedLeader: NodeID?

    public init(
        group: GroupID, replicas: [NodeID], preferredLeader: NodeID?, pinnedLeader: NodeID? = nil
    ) {
        self.group = group
        self.replicas = replicas
        self.preferredLeader = preferredLeader
        self.pinnedLeader = pinnedLeader
    }
}
