internal import CoreMetrics
internal import Synchronization

/// One number, or one histogram, with its labels. Every kind of handle writes to the same thing; which kind it is, its family knows.
final class Instrument: CounterHandler, FloatingPointCounterHandler, MeterHandler, RecorderHandler, TimerHandler {
    private struct State {
        var value = 0.0
        var sum = 0.0
        var counts = [UInt64](repeating: 0, count: Instrument.bounds.count + 1)
    }

    let labels: Exposition.Labels
    private let state = Mutex(State())

    /// Of histograms; seconds for timers. Three a decade, from 100 µs to 10 s and on for sizes.
    static let bounds: [Double] = [
        0.000_1, 0.000_25, 0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 100, 1_000, 10_000,
    ]

    init(labels: Exposition.Labels) { self.labels = labels }

    func increment(by amount: Int64) { increment(by: Double(amount)) }

    func increment(by amount: Double) { state.withLock { $0.value += amount } }

    func decrement(by amount: Double) { increment(by: -amount) }

    func reset() { state.withLock { $0.value = 0 } }

    func set(_ value: Int64) { set(Double(value)) }

    func set(_ value: Double) { state.withLock { $0.value = value } }

    func record(_ value: Int64) { record(Double(value)) }

    func record(_ value: Double) {
        let bucket = Self.bounds.firstIndex { value <= $0 } ?? Self.bounds.count
        state.withLock { state in
            state.value = value
            state.sum += value
            state.counts[bucket] += 1
        }
    }

    func recordNanoseconds(_ duration: Int64) { record(Double(duration) / 1e9) }

    func write(_ name: String, _ kind: Exposition.Kind, to exposition: inout Exposition) {
        let state = state.withLock { $0 }
        switch kind {
        case .histogram: exposition.histogram(name, labels, bounds: Self.bounds, counts: state.counts, sum: state.sum)
        case .counter, .gauge, .untyped: exposition.sample(name, labels, state.value)
        }
    }
}
