public import Primitives

/// Times and bounds of the planner.
public struct PlanSettings: Hashable, Sendable {
    /// A node heard within this time is alive.
    public var aliveWithin: Span = .seconds(2)
    /// A node unheard for this long is marked `down`, and its shards get other preferred leaders.
    public var downAfter: Span = .seconds(10)
    /// A node unheard for this long is replaced, if there is a spare.
    public var replaceAfter: Span = .seconds(60)
    /// A node is given replicas and leaderships, and is `up` again, only after it has been heard for this long.
    public var steadyAfter: Span = .seconds(2)
    /// How long an order stays in `ClusterReport.pending` when nothing comes of it.
    public var orderPatience: Span = .seconds(5)

    /// Shards whose replicas, and about as many whose leaders, one plan changes: it bounds the size of one directory entry and the
    /// planner's work in one go.
    public var placementsMax = 256
    /// Orders on their way at a time.
    public var ordersMax = 64
    /// Replicas being copied at a time, in all and onto one node.
    public var copiesMax = 16
    public var copiesPerNodeMax = 8
    /// Leadership transfers on their way at a time.
    public var transfersMax = 8

    /// Rules broken by a test; empty otherwise.
    package var broken: BrokenRules = []

    public init() {}
}
