import Simulator

/// `simulate --exhaustive`: every state of a small group, and how many there were.
struct ExhaustiveRun {
    var bounds: ExhaustiveBounds
    var wantsJSON: Bool

    func run() throws {
        var check = ExhaustiveCheck(bounds)
        let clock = ContinuousClock()
        let start = clock.now
        check.run()
        let seconds = (clock.now - start) / .seconds(1)
        if wantsJSON {
            StandardOutput.json(Summary(check, seconds))
        } else {
            StandardOutput.line(
                "3 nodes, \(bounds.commands) commands, \(bounds.crashes) crash, \(bounds.cuts) cut, \(bounds.timeouts) timers, "
                    + "up to \(bounds.depth) steps after the first election")
            StandardOutput.line("states by distance: \(check.levels.map(String.init).joined(separator: " "))")
            StandardOutput.line(
                "\(check.states) states, \(check.steps) steps, \(check.committing) states with something committed, "
                    + "\(check.reelecting) with leaders of several terms, in \((seconds * 10).rounded() / 10) s")
            StandardOutput.line(
                check.isComplete ? "all states within the bounds were visited" : "the bound of \(bounds.statesMax) states was reached")
            if check.violation == nil { StandardOutput.line("every rule held") }
        }
        if let violation = check.violation { throw CommandFailure(.journal, "rule-broken", violation) }
    }

    private struct Summary: Encodable {
        var passed: Bool
        var isComplete: Bool
        var states: Int
        var steps: Int
        var levels: [Int]
        var violation: String?
        var seconds: Double

        init(_ check: ExhaustiveCheck, _ seconds: Double) {
            passed = check.violation == nil
            isComplete = check.isComplete
            (states, steps, levels) = (check.states, check.steps, check.levels)
            violation = check.violation
            self.seconds = seconds
        }
    }
}
