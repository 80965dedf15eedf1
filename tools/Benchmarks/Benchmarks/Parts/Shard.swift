import Benchmark
import Entities
import Primitives
import Shards

/// A shard's own work on a command: deciding and applying on the leader, applying on a follower, activating an entity.
func shard() {
    func machine() throws -> ShardMachine {
        try ShardMachine(runtime: KindRuntime(Counter.self), settings: ShardSettings(), restored: .newborn)
    }

    Benchmark("shard: decide, propose, apply") { (benchmark, machine: ShardMachine) in
        var (shard, number, checksum) = (machine, UInt64(0), UInt64(0))
        benchmark.startMeasurement()
        for _ in benchmark.scaledIterations {
            number += 1
            guard case .propose(let payload) = shard.submit(Samples.command(number: number), wall: WallTime(milliseconds: 0))
            else { fatalError("increment \(number) was not decided") }
            let entry = Entry(
                following: checksum, term: Term(1), index: LogIndex(number), type: .record, payload: payload)
            checksum = entry.checksum
            shard.proposed(at: entry.index, term: entry.term)
            blackHole(try shard.apply(entry))
        }
        benchmark.stopMeasurement()
    } setup: { try machine() }

    Benchmark("shard: apply on a follower") { (benchmark, entries: [Entry]) in
        var shard = try machine()
        benchmark.startMeasurement()
        for entry in entries { blackHole(try shard.apply(entry)) }
        benchmark.stopMeasurement()
    } setup: { () -> [Entry] in
        // What a leader would have written: revisions follow on each entity.
        var (leader, entries, checksum) = (try machine(), [Entry](), UInt64(0))
        for number in 1...1_000 {
            let index = LogIndex(UInt64(number))
            guard case .propose(let payload) = leader.submit(
                Samples.command(number: index.rawValue), wall: WallTime(milliseconds: 0))
            else { fatalError("increment \(number) was not decided") }
            entries.append(Entry(following: checksum, term: Term(1), index: index, type: .record, payload: payload))
            checksum = entries[entries.count - 1].checksum
            leader.proposed(at: index, term: Term(1))
        }
        return entries
    }

    Benchmark("shard: activate an entity from its stored state") { (benchmark, machine: ShardMachine) in
        var (shard, number) = (machine, UInt64(0))
        let stored = LoadResult(state: StoredState(revision: 5, state: Array(#"{"balance":5}"#.utf8)))
        benchmark.startMeasurement()
        for _ in benchmark.scaledIterations {
            number += 1
            let request = LoadRequest(
                entity: Array("cold-\(number)".utf8), wantsState: true, key: nil, checkpoint: shard.writtenCheckpoint)
            try shard.loaded(request, stored)
        }
        benchmark.stopMeasurement()
        blackHole(shard)
    } setup: { try machine() }
}
