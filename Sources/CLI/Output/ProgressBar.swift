import Synchronization

/// A line on standard error that grows while something long is done. Silent when standard error is no terminal, and with `--json`.
///
/// ```
/// copying  [##########··········]  50 %  512 of 1,024 MiB  3 s left
/// ```
final class ProgressBar: Sendable {
    private let label: String
    private let unit: Unit
    private let isShown: Bool
    private let begun = ContinuousClock.now
    private let lastShown = Mutex<ContinuousClock.Instant?>(nil)

    enum Unit: Sendable {
        case bytes
        /// What is counted: `entries`.
        case count(String)
    }

    /// Between two pictures.
    private static let interval = Duration.milliseconds(100)
    private static let cells = 20

    init(_ label: String, _ unit: Unit, isQuiet: Bool) {
        self.label = label
        self.unit = unit
        isShown = !isQuiet && StandardError.isTerminal
    }

    /// Any thread, as often as one likes.
    func show(_ done: Int64, of total: Int64?) {
        guard isShown else { return }
        let now = ContinuousClock.now
        let isDue = lastShown.withLock { last in
            if let last, now - last < Self.interval { return false }
            last = now
            return true
        }
        guard isDue else { return }
        StandardError.write("\r" + Self.line(label, unit, done, of: total, after: now - begun) + "\u{1B}[K")
    }

    /// Takes the line away.
    func end() {
        guard isShown else { return }
        StandardError.write("\r\u{1B}[K")
    }

    static func line(_ label: String, _ unit: Unit, _ done: Int64, of total: Int64?, after time: Duration) -> String {
        guard let total, total > 0 else { return "\(label)  \(text(done, unit)) \(name(unit))" }
        let done = min(max(done, 0), total)
        let share = Double(done) / Double(total)
        let filled = Int(share * Double(cells))
        let bar = String(repeating: "#", count: filled) + String(repeating: "·", count: cells - filled)
        var line = "\(label)  [\(bar)]  \(Int(share * 100)) %  \(text(done, unit)) of \(text(total, unit)) \(name(unit))"
        let seconds = Double(time.components.seconds) + Double(time.components.attoseconds) / 1e18
        // The first moments say nothing of the rest.
        if seconds > 1, share > 0.01, share < 1 {
            let left = seconds / share - seconds
            line += left < 90 ? "  \(Int(left.rounded(.up))) s left" : "  \(Int((left / 60).rounded(.up))) min left"
        }
        return line
    }

    private static func name(_ unit: Unit) -> String {
        switch unit {
        case .bytes: "MiB"
        case .count(let name): name
        }
    }

    private static func text(_ value: Int64, _ unit: Unit) -> String {
        if case .bytes = unit { return grouped(value >> 20) }
        return grouped(value)
    }

    /// `1,234,567`
    static func grouped(_ value: Int64) -> String {
        var text = ""
        for (position, digit) in String(value.magnitude).reversed().enumerated() {
            if position > 0, position % 3 == 0 { text.append(",") }
            text.append(digit)
        }
        return (value < 0 ? "-" : "") + String(text.reversed())
    }
}
