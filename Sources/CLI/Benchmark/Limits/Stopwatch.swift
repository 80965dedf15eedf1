import Foundation

/// A loop's time, its CPU, and how long each round took.
struct Stopwatch {
    private let clock = ContinuousClock()
    private let start: ContinuousClock.Instant
    private let cpuAtStart: Double
    private var last: ContinuousClock.Instant
    private var rounds = LatencyHistogram()

    init() {
        start = clock.now
        last = start
        cpuAtStart = Self.cpuSeconds
    }

    var elapsed: Double { (last - start).seconds }

    mutating func lap() {
        let now = clock.now
        rounds.record(UInt64((now - last).seconds * 1e9))
        last = now
    }

    /// - Parameter operations: in all rounds together.
    func rate(batch: Int?, operations: Int) -> LimitsReport.Rate {
        LimitsReport.Rate(
            batch: batch, perSecond: Self.rounded(Double(operations) / elapsed),
            p50: BenchResult.milliseconds(rounds.percentile(0.5)), p99: BenchResult.milliseconds(rounds.percentile(0.99)),
            cpuMicroseconds: Self.rounded((Self.cpuSeconds - cpuAtStart) * 1e6 / Double(operations)))
    }

    private static func rounded(_ value: Double) -> Double { (value * 1_000).rounded() / 1_000 }

    /// User and system time of this process.
    private static var cpuSeconds: Double {
        var usage = rusage()
        getrusage(Self.thisProcess, &usage)
        return [usage.ru_utime, usage.ru_stime].reduce(0) { $0 + Double($1.tv_sec) + Double($1.tv_usec) * 1e-6 }
    }

    #if canImport(Darwin)
        private static let thisProcess = RUSAGE_SELF
    #else
        private static let thisProcess = __rusage_who_t(0)
    #endif
}
