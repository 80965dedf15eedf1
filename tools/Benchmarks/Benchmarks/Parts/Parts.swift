import Benchmark

/// The parts that a command passes through, one by one. `docs/PERFORMANCE.md` has them together.
let benchmarks: @Sendable () -> Void = {
    Benchmark.defaultConfiguration = .init(
        metrics: [.wallClock, .cpuUser, .throughput], scalingFactor: .kilo, maxDuration: .seconds(2))
    codecs()
    shard()
    consensus()
    journal()
}
