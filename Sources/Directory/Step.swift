public import Primitives

/// One thing the coordinator does next.
public enum Step: Hashable, Sendable {
    /// Propose this to the directory.
    case propose(DirectoryCommand)
    /// Send this to the group's leader (which may be the coordinator itself).
    case order(GroupOrder)
}

/// One change that a group's leader is asked to begin. Sent late or twice it does nothing: see `verdict(at:isAlive:)`.
public struct GroupOrder: Hashable, Codable, Sendable {
    public var group: GroupID
    /// Whom it is for.
    public var leader: NodeID
    /// The leader's term and the configuration against which the order was planned.
    public var term: Term
    public var configurationIndex: LogIndex
    public var action: Action

    public enum Action: Hashable, Codable, Sendable {
        case addLearner(node: NodeID)
        case promote(node: NodeID)
        /// Remove a voter or a learner. `keeping`: the number of live, caught-up voters that must remain; 0 for a learner.
        case remove(node: NodeID, keeping: Int)
        case transfer(to: NodeID)
    }

    public init(group: GroupID, leader: NodeID, term: Term, configurationIndex: LogIndex, action: Action) {
        self.group = group
        self.leader = leader
        self.term = term
        self.configurationIndex = configurationIndex
        self.action = action
    }

    public enum Verdict: String, Hashable, Sendable {
        case obey
        /// The group has moved on, or a change is under way.
        case stale
        /// It would leave the group with too few live voters now.
        case unsafe
    }
}
