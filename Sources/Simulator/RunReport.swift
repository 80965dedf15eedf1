public import Primitives

/// What one run did, and whether every rule held.
public struct RunReport: Sendable {
    public var seed: UInt64
    /// Nil if all is well.
    public var violation: String?
    public var tally: Tally
    /// Equal for two runs if, and only if, they did the same.
    public var digest: UInt64
    /// Machines that took part.
    public var hosts: Int
    public var turns: UInt64
    /// Operations whose outcome was judged.
    public var operations: Int
    public var eventPages: Int
    /// Entries committed, in all groups.
    public var committed: Int
    /// How long the run was on the simulated clock.
    public var simulated: Span
}

extension Simulation {
    func report() -> RunReport {
        var committed = 0
        for group in 0..<watch.newestTerm.count { committed += watch.count(GroupID(UInt32(group))) }
        return RunReport(
            seed: seed, violation: violation, tally: tally, digest: digest, hosts: hosts.count, turns: turns,
            operations: history.count + observations.count, eventPages: eventPages, committed: committed, simulated: now - Instant(nanoseconds: 1_000_000_000))
    }
}

extension Scenario {
    var summary: String {
        "\(nodes) nodes, \(shards) shards, \(callers) callers of \(entities) entities, \(chaos.milliseconds) ms, faults: "
            + (faults.isEmpty ? "none" : faults.map(\.rawValue).joined(separator: ", "))
    }
}
