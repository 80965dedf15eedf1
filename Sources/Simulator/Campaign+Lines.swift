extension Campaign {
    /// What the runs did and how often each fault and each hazard came about, for a person.
    public var lines: [String] {
        var lines = [
            "\(turns) steps, \(simulatedMilliseconds / 1_000) s of simulated time, \(committed) entries committed, "
                + "\(operations) operations judged, \(eventPages) pages of events compared",
            "", "faults:",
            "  " + SimulatedFault.allCases.map { "\($0.rawValue) \(tally[$0])" }.joined(separator: ", "),
            "", "hazards, by their number in HAZARDS.md:",
        ]
        for hazard in Hazard.claimed { lines.append("  \(hazard.number). \(hazard.counted): \(tally.hazards[hazard.number])") }
        return lines + ["", failures.isEmpty ? "every rule held" : "\(failures.count) runs broke a rule"]
    }
}
