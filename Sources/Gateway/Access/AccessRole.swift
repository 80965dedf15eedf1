/// What the bearer of a token may do. Each role may do what those before it may.
public enum AccessRole: String, Codable, Hashable, Sendable, CaseIterable, Comparable {
    /// States, events, the cluster, metrics.
    case read
    /// Commands to entities.
    case write
    /// Changes to the cluster itself.
    case operate

    public static func < (left: AccessRole, right: AccessRole) -> Bool { left.rank < right.rank }

    private var rank: Int {
        switch self {
        case .read: 0
        case .write: 1
        case .operate: 2
        }
    }
}

extension RequestTarget.Place {
    /// What it takes to ask for it by `method`; nil: nothing. The dashboard is a page without data, which asks its reader for a token.
    func role(isReading: Bool) -> AccessRole? {
        switch self {
        case .health, .readiness, .dashboard: nil
        case .cluster, .metrics, .description, .entity: .read
        case .member(_, _, "events"): .read
        case .member: isReading ? .read : .write
        case .move, .remove: .operate
        }
    }
}
