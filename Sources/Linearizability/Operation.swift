public import Primitives

/// One operation on one counter, as its caller saw it: what was asked, when, and how it ended.
///
/// A request that was retried under one id is one operation, from its first attempt to its answer.
public struct Operation: Hashable, Sendable {
    public enum Action: Hashable, Sendable {
        /// Adds `by`; the answer is the new value.
        case increment(by: Int64)
        /// The answer is the value.
        case read
    }

    public enum Outcome: Hashable, Sendable {
        /// Answered with this value.
        case ok(Int64)
        /// The system said that nothing happened and nothing will.
        case notCommitted
        /// It may have happened at any time after its start, may yet happen, or may never.
        case unknown
    }

    public var entity: String
    public var action: Action
    /// Just before the first attempt was sent, on the one clock of all callers.
    public var invoked: Instant
    /// Just after the answer came; `distantFuture` for an unknown outcome.
    public var responded: Instant
    public var outcome: Outcome
    /// Which of the concurrent callers it was. For people: the check does not use it.
    public var caller: Int
    /// The request id, as the journal shows it. For people and for the comparison with the journals.
    public var request: String?

    public init(
        entity: String, action: Action, invoked: Instant, responded: Instant, outcome: Outcome, caller: Int = 0,
        request: String? = nil
    ) {
        self.entity = entity
        self.action = action
        self.invoked = invoked
        self.responded = outcome == .unknown ? .distantFuture : responded
        self.outcome = outcome
        self.caller = caller
        self.request = request
    }
}

extension Operation: CustomStringConvertible {
    public var description: String {
        let what =
            switch action {
            case .increment(let by): "increment by \(by)"
            case .read: "read"
            }
        let end =
            switch outcome {
            case .ok(let value): "answered \(value)"
            case .notCommitted: "not committed"
            case .unknown: "outcome unknown"
            }
        let until = responded == .distantFuture ? "…" : milliseconds(responded)
        let id = request.map { ", request \($0)" } ?? ""
        return "\(what) of \(entity) by caller \(caller) from \(milliseconds(invoked)) to \(until) ms: \(end)\(id)"
    }

    private func milliseconds(_ instant: Instant) -> String {
        let microseconds = instant.nanoseconds / 1_000
        let fraction = String(microseconds % 1_000)
        return "\(microseconds / 1_000)." + String(repeating: "0", count: 3 - min(3, fraction.count)) + fraction
    }
}
