/// Why a history cannot have come from operations executed one at a time.
public struct Violation: Error, Hashable, Sendable, CustomStringConvertible {
    public enum Kind: String, Hashable, Sendable {
        /// Two answers claim the same place in the order: an update was lost, or done over.
        case lostUpdate = "lost update"
        /// The value moved without an operation that explains it: something was applied twice, or was said not to be.
        case unexplainedChange = "unexplained change"
        /// An operation took effect before one that had been answered when it began: a stale read, or a reordering.
        case order = "order"
        /// A value that no order of the operations gives.
        case impossibleValue = "impossible value"
        /// The general search found no order; it cannot say more.
        case noOrder = "no order"
    }

    public var entity: String
    public var kind: Kind
    public var explanation: String
    /// The operations that contradict each other; the smallest set that is known.
    public var operations: [Operation]

    public var description: String {
        (["\(entity): \(kind.rawValue): \(explanation)"] + operations.map { "  \($0)" }).joined(separator: "\n")
    }
}

/// What a check says of one entity's history.
public enum Verdict: Hashable, Sendable {
    case linearizable
    case violated(Violation)
    /// The search gave up at its bound: neither proved nor refuted.
    case undecided(entity: String, reason: String)
}
