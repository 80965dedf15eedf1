import Benchmark
import Consensus
import Primitives

/// A group's step: 64 entries proposed at a time, replicated to two followers, flushed by all, committed by all.
func consensus() {
    Benchmark("consensus: 64 entries through three voters", configuration: .init(scalingFactor: .one)) { benchmark in
        let trio = Trio()
        let payload = Samples.record(number: 7).encoded()
        benchmark.startMeasurement()
        for _ in 0..<16 { trio.propose(payload, count: 64) }
        benchmark.stopMeasurement()
        precondition(trio.commit >= LogIndex(16 * 64))
    }
}

/// Three replicas of one group; what they send arrives at once.
private final class Trio {
    private var groups: [RaftGroup]
    private let now = Instant(nanoseconds: 1_000_000_000)

    init() {
        let configuration = Configuration(voters: [NodeID(1), NodeID(2), NodeID(3)])
        let now = now
        groups = (1...3).map { node in
            RaftGroup(
                group: GroupID(1), node: NodeID(UInt32(node)), restored: .newborn(configuration), settings: RaftSettings(),
                seed: UInt64(node), now: now)
        }
        var outputs = Outputs()
        groups[0].tick(now: groups[0].deadline, into: &outputs)
        deliver([(0, outputs)])
        precondition(groups[0].isServing, "the first did not become the leader")
    }

    var commit: LogIndex { groups[0].commit }

    func propose(_ payload: [UInt8], count: Int) {
        var outputs = Outputs()
        for _ in 0..<count { _ = groups[0].propose(.record, payload, into: &outputs) }
        groups[0].replicate(now: now, into: &outputs)
        deliver([(0, outputs)])
    }

    /// Flushes and sends until nothing is under way.
    private func deliver(_ first: [(sender: Int, outputs: Outputs)]) {
        var queue = first
        while !queue.isEmpty {
            let (sender, outputs) = queue.removeFirst()
            var next = Outputs()
            if outputs.hardStateChanged || !outputs.entries.isEmpty {
                groups[sender].persisted(groups[sender].persistenceMark, now: now, into: &next)
            }
            if let commit = outputs.committed { groups[sender].applied(through: commit) }
            groups[sender].replicate(now: now, into: &next)
            if !next.isEmpty { queue.append((sender, next)) }
            for addressed in outputs.messages + outputs.durableMessages {
                let receiver = Int(addressed.to.rawValue) - 1
                var answer = Outputs()
                groups[receiver].receive(addressed.message, from: NodeID(UInt32(sender + 1)), now: now, into: &answer)
                if !answer.isEmpty { queue.append((receiver, answer)) }
            }
        }
    }
}
