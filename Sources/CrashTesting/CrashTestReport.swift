/// What a run of the crash test found and measured. `--json` prints it as it is; times are in milliseconds.
package struct CrashTestReport: Encodable, Sendable {
    package var passed = false
    var seed: UInt64
    var nodes: Int
    var seconds: Double = 0
    var operations = 0
    var incrementsAcknowledged = 0
    var readsAnswered = 0
    /// Increments whose callers gave up; they may or may not have happened.
    var outcomesUnknown = 0
    /// Answered increments that were sent again and had to be answered alike.
    var resent = 0
    var operationsPerSecond = 0.0
    /// Attempts that ended without an answer, by what was said.
    var attemptsUnanswered: [String: Int] = [:]
    var faults: [String: Int] = [:]
    /// Victims that were killed once more while they started.
    var killedAgain = 0
    /// From a fault to the first increment acknowledged by the next owner: the slowest shard of each fault, by kind of fault.
    var writeGapMilliseconds: [String: Spread] = [:]
    /// The same, shard by shard.
    var writeGapByShardMilliseconds: [String: Spread] = [:]
    /// From a node's start to `ready`.
    var startMilliseconds: Spread?
    var entitiesJudged = 0
    var replicasCompared = 0
    var entriesCompared = 0
    /// What became of flipped bits.
    var flips = FlipCounts()
    /// How often a node ended itself at each named point of its journal's work.
    var pointsReached: [String: Int] = [:]
    /// What a reader of the report should know, such as faults that could not be done here.
    var notes: [String] = []
    /// Everything that must not be. Empty if the run passed.
    var findings: [String] = []
    var findingsCount = 0
    /// Where journals, logs and the history are; nil if they were taken away.
    package var folder: String?

    init(seed: UInt64, nodes: Int) {
        self.seed = seed
        self.nodes = nodes
    }

    /// JSON in the style of the contract.
    private enum CodingKeys: String, CodingKey {
        case passed, seed, nodes, seconds, operations
        case incrementsAcknowledged = "increments_acknowledged"
        case readsAnswered = "reads_answered"
        case outcomesUnknown = "outcomes_unknown"
        case resent
        case operationsPerSecond = "operations_per_second"
        case attemptsUnanswered = "attempts_unanswered"
        case faults
        case killedAgain = "killed_again"
        case writeGapMilliseconds = "write_gap_milliseconds"
        case writeGapByShardMilliseconds = "write_gap_by_shard_milliseconds"
        case startMilliseconds = "start_milliseconds"
        case entitiesJudged = "entities_judged"
        case replicasCompared = "replicas_compared"
        case entriesCompared = "entries_compared"
        case flips, notes, findings
        case pointsReached = "points_reached"
        case findingsCount = "findings_count"
        case folder
    }
}

extension CrashTestReport {
    /// The figures and the verdict, for a person.
    package var lines: [String] {
        var lines = ["seed \(seed), \(nodes) nodes, \(one(seconds)) s"]
        let faultList = faults.sorted { $0.key < $1.key }.map { "\($0.value) × \($0.key)" }.joined(separator: ", ")
        lines.append("faults:          \(faultList.isEmpty ? "none" : faultList)" + (killedAgain > 0 ? "; \(killedAgain) killed again while starting" : ""))
        lines.append(
            "operations:      \(operations) answered (\(incrementsAcknowledged) increments, \(readsAnswered) reads), "
                + "\(Int(operationsPerSecond)) a second; \(outcomesUnknown) of unknown outcome; \(resent) sent again")
        for (fault, gap) in writeGapMilliseconds.sorted(by: { $0.key < $1.key }) {
            let byShard = writeGapByShardMilliseconds[fault].map { "; by shard \(text($0))" } ?? ""
            lines.append("write gap:       \(fault): \(text(gap))\(byShard)")
        }
        if let startMilliseconds { lines.append("start to ready:  \(text(startMilliseconds))") }
        if !attemptsUnanswered.isEmpty {
            let list = attemptsUnanswered.sorted { $0.key < $1.key }.map { "\($0.value) × \($0.key)" }
            lines.append("retried:         " + list.joined(separator: "; "))
        }
        lines.append("linearizable:    \(entitiesJudged) entities judged")
        lines.append("replicas:        \(replicasCompared) compared, \(entriesCompared) entries equal")
        if flips.made > 0 {
            lines.append(
                "flipped bits:    \(flips.made): \(flips.refused) refused at start, \(flips.verified) found by verification, "
                    + "\(flips.harmless) without effect")
        }
        if !pointsReached.isEmpty {
            let list = pointsReached.sorted { $0.key < $1.key }.map { "\($0.value) × \($0.key)" }
            lines.append("ended at points: " + list.joined(separator: ", "))
        }
        for note in notes { lines.append("note:            \(note)") }
        for finding in findings { lines.append("FOUND: \(finding)") }
        if findingsCount > findings.count { lines.append("… and \(findingsCount - findings.count) more") }
        lines.append(
            passed
                ? "passed: nothing lost, nothing doubled, linearizable, replicas equal"
                : "FAILED: \(findingsCount) findings; run again with --seed \(seed)")
        if let folder { lines.append("journals, logs and history: \(folder)") }
        return lines
    }

    private func text(_ spread: Spread) -> String {
        "median \(one(spread.median)) ms, worst \(one(spread.worst)) ms of \(spread.count)"
    }

    private func one(_ value: Double) -> String { "\((value * 10).rounded() / 10)" }
}
