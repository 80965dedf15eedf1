public import Primitives

/// What the coordinator does next to bring the cluster to what the directory and its rules want. Empty: nothing.
///
/// Pure. Call it again when proposals are applied or reports have changed: it goes on from wherever the cluster is, whoever
/// brought it there. At most one order per group; no order is needed for the data path to go on.
public func plan(_ directory: DirectoryState, _ report: ClusterReport, settings: PlanSettings) -> [Step] {
    []
}

extension GroupOrder {
    /// Whether the leader carries the order out now.
    ///
    /// - Parameters:
    ///   - report: what the leader would report of the group at this moment.
    ///   - isAlive: the nodes this leader has heard lately.
    public func verdict(at report: GroupReport, isAlive: (NodeID) -> Bool) -> Verdict {
        .stale
    }
}
