/// How an object behaves when its operations are executed one at a time.
public protocol Specification: Sendable {
    associatedtype State: Hashable & Sendable
    var initial: State { get }
    /// Executes `action`; the answer, or nil if it would be refused.
    func execute(_ action: Operation.Action, on state: inout State) -> Int64?
}

/// A counter with increments of any sign.
public struct CounterSpecification: Specification {
    public var initial: Int64

    public init(initial: Int64 = 0) { self.initial = initial }

    public func execute(_ action: Operation.Action, on state: inout Int64) -> Int64? {
        guard case .increment(let by) = action else { return state }
        let (sum, overflow) = state.addingReportingOverflow(by)
        guard !overflow else { return nil }
        state = sum
        return sum
    }
}
