/// How long writes stood still on the shards whose owner was struck: from the fault to the first increment acknowledged under a
/// later term.
///
/// An acknowledgement under the old term may have been on its way already, or may repeat the old owner's word.
struct WriteGaps {
    /// One shard in one fault.
    struct Gap: Hashable, Sendable {
        /// Which fault, by its position.
        var fault: Int
        var group: UInt32
        var nanoseconds: Int64
    }

    private struct Acknowledgement {
        var to: Int64
        var from: Int64
        var term: UInt64
    }

    private var byGroup: [UInt32: [Acknowledgement]] = [:]

    init(_ acts: [[Act]]) {
        for act in acts.joined() where act.isIncrement && act.ending == .answered {
            byGroup[act.group, default: []].append(Acknowledgement(to: act.to, from: act.from, term: act.term))
        }
        for group in byGroup.keys { byGroup[group]!.sort { $0.to < $1.to } }
    }

    /// The gaps of all faults of one kind. For `killall`, they begin when the nodes are started again.
    func gaps(_ records: [FaultRecord], of fault: Fault) -> [Gap] {
        var gaps: [Gap] = []
        for (position, record) in records.enumerated() where record.fault == fault {
            let start = fault == .killall ? record.restartedAt : record.at
            // All groups are struck when all nodes are, whoever owned them.
            let groups = fault == .killall ? byGroup.keys.sorted() : record.groups
            for group in groups {
                guard let gap = gap(group, struckAt: record.at, measuredFrom: start, fault: position) else { continue }
                gaps.append(gap)
            }
        }
        return gaps
    }

    /// Nil if the shard's owner was not struck after all, as it went on under the same term; or if nobody wrote there any more: what is asked
    /// and never answered is a finding of its own.
    private func gap(_ group: UInt32, struckAt: Int64, measuredFrom start: Int64, fault: Int) -> Gap? {
        let acknowledgements = byGroup[group] ?? []
        let first = firstAfter(struckAt, in: acknowledgements)
        let before = first > 0 ? acknowledgements[..<first].lazy.map(\.term).max()! : 0
        for acknowledgement in acknowledgements[first...] {
            if acknowledgement.term > before {
                return Gap(fault: fault, group: group, nanoseconds: max(0, acknowledgement.to - start))
            }
            if acknowledgement.term == before, acknowledgement.from > struckAt { return nil }
        }
        return nil
    }

    private func firstAfter(_ instant: Int64, in acknowledgements: [Acknowledgement]) -> Int {
        var (low, high) = (0, acknowledgements.count)
        while low < high {
            let middle = (low + high) / 2
            if acknowledgements[middle].to <= instant { low = middle + 1 } else { high = middle }
        }
        return low
    }
}

/// Median and worst of some times.
struct Spread: Hashable, Sendable, Encodable {
    var median: Double
    var worst: Double
    var count: Int

    /// Nil for no times at all.
    init?(nanoseconds: [Int64]) {
        guard !nanoseconds.isEmpty else { return nil }
        let sorted = nanoseconds.sorted()
        median = Self.milliseconds(sorted[sorted.count / 2])
        worst = Self.milliseconds(sorted.last!)
        count = sorted.count
    }

    private static func milliseconds(_ nanoseconds: Int64) -> Double {
        (Double(nanoseconds) / 100_000).rounded() / 10
    }
}
