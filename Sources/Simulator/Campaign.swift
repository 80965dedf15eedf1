internal import Primitives

/// Many runs, and what came of them together.
public struct Campaign: Sendable {
    public private(set) var runs = 0
    public private(set) var tally = Tally()
    public private(set) var operations = 0
    public private(set) var committed = 0
    /// Answers to questions for events that were compared with the log.
    public private(set) var eventPages = 0
    public private(set) var turns: UInt64 = 0
    /// Simulated milliseconds.
    public private(set) var simulatedMilliseconds: Int64 = 0
    public private(set) var failures: [RunReport] = []

    public init() {}

    public mutating func add(_ report: RunReport) {
        runs += 1
        tally.add(report.tally)
        operations += report.operations
        committed += report.committed
        turns += report.turns
        eventPages += report.eventPages
        simulatedMilliseconds += report.simulated.milliseconds
        if report.violation != nil { failures.append(report) }
    }

    /// From this many runs on, each hazard and each fault must have come about.
    public static let runsForHazards = 500

    /// Hazards and faults that the simulator claims and that never came about.
    public var blindSpots: [String] {
        let hazards = Hazard.claimed.filter { tally.hazards[$0.number] == 0 }.map { "hazard \($0.number)" }
        return hazards + SimulatedFault.allCases.filter { tally[$0] == 0 }.map { "fault \($0.rawValue)" }
    }

    public var passed: Bool { failures.isEmpty && (runs < Self.runsForHazards || blindSpots.isEmpty) }
}
