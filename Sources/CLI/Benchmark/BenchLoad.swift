import Engine
import Entities
import Node
import Primitives

/// A closed loop of callers over a cluster's counters.
struct BenchLoad: Sendable {
    let cluster: Cluster
    let callers: Int
    let entities: BenchEntities
    let duration: Duration
    /// Of a hundred requests.
    let reads: Int
    let requestTimeout: Duration

    /// One task per caller, each with a loop in it; requests are made of parts that are made once.
    func run(progress showsProgress: Bool) async -> BenchResult {
        let clock = ContinuousClock()
        let tally = BenchTally()
        let start = clock.now
        let end = start + duration
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await report(tally, from: start, until: end, shows: showsProgress) }
            await withDiscardingTaskGroup { group in
                for _ in 0..<callers {
                    group.addTask(executorPreference: cluster.executor) { await call(tally, until: end) }
                }
            }
            group.cancelAll()
        }
        return tally.result(elapsed: clock.now - start)
    }

    private func call(_ tally: BenchTally, until end: ContinuousClock.Instant) async {
        let clock = ContinuousClock()
        // The system's generator asks the kernel every time.
        var generator = RandomGenerator(seed: UInt64.random(in: .min ... .max))
        let increment = Array(#"{"by":1}"#.utf8)
        let balance = Array("{}".utf8)
        var began = clock.now
        while began < end, let entity = entities.next(&generator) {
            let isRead = reads > 0 && Int.random(in: 0..<100, using: &generator) < reads
            let request: Request =
                isRead
                ? .query(
                    EntityQuery(
                        kind: Counter.kind, entity: entity, name: "balance", payload: balance,
                        consistency: .linearizable))
                : .command(
                    EntityCommand(kind: Counter.kind, entity: entity, name: "increment", payload: increment, request: nil))
            let response = await cluster.perform(request, timeout: requestTimeout)
            let now = clock.now
            switch response {
            case .committed, .answered: tally.succeeded(isRead: isRead, after: now - began)
            case .refused: tally.failed("refused")
            case .failed(let failure):
                tally.failed(failure.outcome == .unknown ? "outcome-unknown" : failure.failure.code.rawValue)
                // A cluster that cannot answer is not to be asked a million times a second.
                try? await clock.sleep(for: .milliseconds(10))
            case .document: tally.failed("unreadable-reply")
            }
            began = clock.now
        }
    }

    /// A line a second: how many requests were answered in it, and how slow the slowest was.
    private func report(
        _ tally: BenchTally, from start: ContinuousClock.Instant, until end: ContinuousClock.Instant, shows: Bool
    ) async {
        guard shows else { return }
        let clock = ContinuousClock()
        var second = 1
        var last = start
        while start + .seconds(second) <= end {
            guard (try? await clock.sleep(until: start + .seconds(second))) != nil else { return }
            let now = clock.now
            let slice = tally.takeSlice()
            StandardError.line(slice.line(second: second, elapsed: now - last))
            last = now
            second += 1
        }
    }
}
