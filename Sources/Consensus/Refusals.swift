/// Why a change of members was not begun. Nothing has happened.
public struct ConfigurationRefusal: Error, Hashable, Sendable, CustomStringConvertible {
    public struct Code: RawRepresentable, Hashable, Sendable {
        public let rawValue: String
        public init(rawValue: String) { self.rawValue = rawValue }
        public static let notLeader = Code(rawValue: "not-leader")
        /// No entry of the leader's own term is committed yet (Ongaro, raft-dev 2015: the single-server change bug).
        public static let notServing = Code(rawValue: "not-serving")
        /// The change before this one is not committed.
        public static let changePending = Code(rawValue: "change-pending")
        public static let transferring = Code(rawValue: "transferring")
        /// The change would change nothing.
        public static let alreadyDone = Code(rawValue: "already-done")
        /// Only a learner can be promoted.
        public static let notLearner = Code(rawValue: "not-learner")
        public static let notCaughtUp = Code(rawValue: "not-caught-up")
        public static let lastVoter = Code(rawValue: "last-voter")
    }

    public var code: Code
    public var message: String

    public init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }
    public var description: String { message }
}

/// Why leadership is not being handed over. Nothing has happened.
public struct TransferRefusal: Error, Hashable, Sendable, CustomStringConvertible {
    public struct Code: RawRepresentable, Hashable, Sendable {
        public let rawValue: String
        public init(rawValue: String) { self.rawValue = rawValue }
        public static let notLeader = Code(rawValue: "not-leader")
        /// The target is this node, a learner, or no member.
        public static let unfitTarget = Code(rawValue: "unfit-target")
        /// The target's process is known to be gone.
        public static let targetLost = Code(rawValue: "target-lost")
        public static let alreadyTransferring = Code(rawValue: "already-transferring")
    }

    public var code: Code
    public var message: String

    public init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }
    public var description: String { message }
}
