internal import CrashTesting

/// What a crash test does to nodes. More may come with later versions.
public struct CrashFault: Hashable, Sendable, CustomStringConvertible {
    let fault: Fault

    private init(_ fault: Fault) { self.fault = fault }

    /// The name that `holdfast crash-test --faults` knows it by.
    public var description: String { fault.rawValue }

    /// `kill -9` of up to a minority of the nodes, and a restart; at times once more while they start.
    public static let kill = CrashFault(.kill)
    /// `kill -9` of all nodes at once, and a restart of all.
    public static let killAll = CrashFault(.killall)
    /// A minority stopped in its tracks for a while.
    public static let pause = CrashFault(.pause)
    /// SIGTERM to one node, which must hand over and exit 0 within 5 seconds; then a restart.
    public static let terminate = CrashFault(.terminate)
    /// One node ends itself at a named point of its journal's work.
    public static let point = CrashFault(.point)
    /// Nodes cut off from others, whole, one way or in part.
    public static let cut = CrashFault(.cut)
    /// Late bytes between nodes, and connections broken in mid-frame.
    public static let delay = CrashFault(.delay)
}
