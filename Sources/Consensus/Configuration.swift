public import Primitives

/// The members of one group: who votes and who only follows the log. Both lists are sorted and share no node.
public struct Configuration: Hashable, Sendable {
    public private(set) var voters: [NodeID]
    public private(set) var learners: [NodeID]

    public init(voters: [NodeID], learners: [NodeID] = []) {
        self.voters = voters.sorted()
        self.learners = learners.sorted()
        precondition(
            Set(voters).count == voters.count && Set(learners).count == learners.count
                && Set(voters).isDisjoint(with: learners),
            "a node is in the configuration twice: voters \(voters), learners \(learners)")
    }

    public static let none = Configuration(voters: [])

    public var members: [NodeID] { voters + learners }
    /// The votes or acknowledgements that decide: more than half of the voters.
    public var majority: Int { voters.count / 2 + 1 }
    public func contains(_ node: NodeID) -> Bool { voters.contains(node) || learners.contains(node) }
}

/// One single-server step (Ongaro's thesis, §4.1): any two majorities of the old and the new configuration overlap.
public enum ConfigurationChange: Hashable, Sendable {
    case addLearner(NodeID)
    /// Turns a learner into a voter. Refused until it has caught up.
    case promote(NodeID)
    /// Removes a voter or a learner. The last voter stays.
    case remove(NodeID)
}
