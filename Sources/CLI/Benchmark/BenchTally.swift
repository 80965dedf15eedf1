import Synchronization

/// What all callers together have seen so far.
final class BenchTally: Sendable {
    struct Slice {
        var latencies = LatencyHistogram()
        var reads = 0
        var increments = 0
        var errors = 0
    }

    private struct State {
        var whole = LatencyHistogram()
        var slice = Slice()
        var reads = 0
        var increments = 0
        var errors: [String: Int] = [:]
    }

    private let state = Mutex(State())

    func succeeded(isRead: Bool, after duration: Duration) {
        let (seconds, attoseconds) = duration.components
        // A request is given up long before its nanoseconds would overflow.
        let nanoseconds = UInt64(max(0, seconds)) * 1_000_000_000 + UInt64(max(0, attoseconds)) / 1_000_000_000
        state.withLock { state in
            if isRead { state.slice.reads += 1 } else { state.slice.increments += 1 }
            state.slice.latencies.record(nanoseconds)
        }
    }

    func failed(_ kind: String) {
        state.withLock { state in
            state.errors[kind, default: 0] += 1
            state.slice.errors += 1
        }
    }

    /// What has come since the last call.
    func takeSlice() -> Slice {
        state.withLock { state in
            let slice = state.slice
            state.whole.add(slice.latencies)
            state.reads += slice.reads
            state.increments += slice.increments
            state.slice = Slice()
            return slice
        }
    }

    func result(elapsed: Duration) -> BenchResult {
        _ = takeSlice()
        return state.withLock { state in
            BenchResult(
                latencies: state.whole, reads: state.reads, increments: state.increments, errors: state.errors,
                elapsed: elapsed)
        }
    }
}

extension BenchTally.Slice {
    func line(second: Int, elapsed: Duration) -> String {
        let rate = Int(Double(latencies.count) / elapsed.seconds)
        let p50 = BenchResult.milliseconds(latencies.percentile(0.5))
        let p99 = BenchResult.milliseconds(latencies.percentile(0.99))
        let most = BenchResult.milliseconds(latencies.max)
        let trouble = errors == 0 ? "" : ", \(errors) errors"
        return "\(second) s: \(rate) operations a second, p50 \(p50) ms, p99 \(p99) ms, max \(most) ms\(trouble)"
    }
}

extension Duration {
    var seconds: Double { Double(components.seconds) + Double(components.attoseconds) * 1e-18 }
}
