import ArgumentParser

/// A time on the command line, in seconds: `10`, `0.5`.
struct Seconds: ExpressibleByArgument, Hashable, Sendable {
    var value: Double

    init(_ value: Double) { self.value = value }

    /// Positive and at most a year, so that sums of times never overflow.
    init?(argument: String) {
        guard let value = Double(argument), value > 0, value <= 31_536_000 else { return nil }
        self.value = value
    }

    var duration: Duration { .milliseconds(Int64(value * 1_000)) }
    var defaultValueDescription: String { value == value.rounded() ? "\(Int(value))" : "\(value)" }
}
