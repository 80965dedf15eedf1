internal import Primitives

/// Which part of what a group has handed out for persistence is durable.
///
/// Everything handed out has a number, batches become durable in order, and a mark names the number up to which a batch went. So a
/// truncation that is not durable yet bounds what older batches may prove.
struct Durability: Sendable {
    private struct Truncation: Sendable {
        var sequence: UInt64
        var from: LogIndex
    }

    /// Tells this replica's marks from those of others of its group on this node.
    let incarnation: UInt64
    /// What was handed out last.
    private(set) var sequence: UInt64 = 0
    /// Everything up to here is durable.
    private(set) var settled: UInt64 = 0
    /// The log's prefix that is durable, as part of the log as it stands now.
    private(set) var index: LogIndex
    private var truncations: [Truncation] = []

    init(index: LogIndex, incarnation: UInt64) {
        self.index = index
        self.incarnation = incarnation
    }

    func mark(lastIndex: LogIndex) -> PersistenceMark {
        PersistenceMark(sequence: sequence, lastIndex: lastIndex, incarnation: incarnation)
    }

    mutating func handOut() { sequence += 1 }

    /// The log was cut: from `from` on, nothing that was handed out before counts.
    mutating func handOutTruncation(from: LogIndex) {
        sequence += 1
        truncations.append(Truncation(sequence: sequence, from: from))
        index = min(index, from.previous)
    }

    /// Takes note that a batch is durable. False if that was known before, or is no news of this replica.
    mutating func settle(_ mark: PersistenceMark) -> Bool {
        guard mark.incarnation == incarnation else { return false }
        precondition(mark.sequence <= sequence, "mark \(mark.sequence) is after \(sequence), the last handed out")
        guard mark.sequence > settled else { return false }
        settled = mark.sequence
        truncations.removeAll { $0.sequence <= settled }
        var durable = mark.lastIndex
        for truncation in truncations { durable = min(durable, truncation.from.previous) }
        index = max(index, durable)
        return true
    }
}
