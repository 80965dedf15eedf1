import Primitives
import Synchronization

/// Where the newest entries of each replica lie: those that no row of `segments` lists yet.
///
/// Written by the journal's writing thread, read by both. It may run ahead of what is committed: a reader checks that the row it
/// finds is the one it looked for, and stops where there is none.
final class PositionIndex: Sendable {
    /// Contiguous entries from `first` on.
    struct Run: Sendable {
        var first: LogIndex
        var positions: [Int64] = []
        var hashes: [UInt32] = []

        /// The index after the last.
        var end: LogIndex { first + positions.count }
    }

    private let runs = Mutex<[Int64: Run]>([:])

    func append(_ replica: Int64, at first: LogIndex, positions: Range<Int64>, hashes: [UInt32]) {
        runs.withLock { runs in
            runs[replica, default: Run(first: first)].positions.append(contentsOf: positions)
            runs[replica]?.hashes.append(contentsOf: hashes)
        }
    }

    /// Drops the entries from `from` on and gives their positions.
    func truncate(_ replica: Int64, from: LogIndex) -> [Int64] {
        runs.withLock { runs in
            guard let run = runs[replica], from < run.end else { return [] }
            let kept = max(0, from - run.first)
            let dropped = Array(run.positions[kept...])
            if kept == 0 {
                runs[replica] = nil
            } else {
                runs[replica]?.positions.removeLast(dropped.count)
                runs[replica]?.hashes.removeLast(dropped.count)
            }
            return dropped
        }
    }

    func run(_ replica: Int64) -> Run? { runs.withLock { $0[replica] } }

    /// Entries from `from` on, at most `limit`; nil if the first is not here.
    func positions(_ replica: Int64, from: LogIndex, limit: Int) -> ArraySlice<Int64>? {
        runs.withLock { runs in
            guard let run = runs[replica], from >= run.first, from < run.end else { return nil }
            return run.positions[(from - run.first)...].prefix(limit)
        }
    }

    /// All runs, by replica.
    var all: [(replica: Int64, run: Run)] {
        runs.withLock { runs in runs.map { ($0.key, $0.value) } }.sorted { $0.replica < $1.replica }
    }

    func removeAll() { runs.withLock { $0.removeAll(keepingCapacity: true) } }

    func remove(_ replica: Int64) { runs.withLock { $0[replica] = nil } }
}
