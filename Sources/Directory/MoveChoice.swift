import Primitives

/// Which shard is best moved from one node to another, asked many times over.
///
/// First a shard whose data are at the target already, then one whose data are not at the source yet, then one that the source
/// is not to lead; among equals one of the kind of which the source has most more than the target. Each shard is given out once.
struct MoveChoice {
    private let shards: [ShardRecord]
    private let kinds: Int
    private var kindOf: [Int]
    /// Offsets by node slot.
    private var held: [[Int]]
    /// `counts[slot × kinds + kind]`: replicas per node and kind.
    private var counts: [Int]
    private var isGiven: [Bool]
    /// By source and target slot; sorted once, when first asked for.
    private var queues: [Int: Queues] = [:]
    private let slots: Int

    /// The shards that could go from one node to another, by how cheaply they go and by kind; cheapest first, each kind's in order.
    private struct Queues {
        /// `offsets[price × kinds + kind]`, the next one last.
        var offsets: [[Int]]
        var price = 0
    }
    private static let prices = 8

    init(_ shards: [ShardRecord], _ kinds: [KindRecord], slots: Int) {
        self.shards = shards
        self.kinds = kinds.count
        self.slots = slots
        kindOf = Array(repeating: 0, count: shards.count)
        held = Array(repeating: [], count: slots)
        counts = Array(repeating: 0, count: slots * kinds.count)
        isGiven = Array(repeating: false, count: shards.count)
        for (number, kind) in kinds.enumerated() {
            for offset in kind.offsets {
                kindOf[offset] = number
                for node in shards[offset].replicas {
                    held[node.slot].append(offset)
                    counts[node.slot * kinds.count + number] += 1
                }
            }
        }
    }

    /// The offset of the shard to move, which counts as moved; nil if there is none left for these two.
    mutating func next(_ from: NodeID, _ to: NodeID) -> Int? {
        let key = from.slot * slots + to.slot
        var queues = queues.removeValue(forKey: key) ?? sorted(from, to)
        defer { self.queues[key] = queues }
        while queues.price < Self.prices {
            var best: (surplus: Int, kind: Int)?
            for kind in 0..<kinds {
                let place = queues.price * kinds + kind
                while let last = queues.offsets[place].last, isGiven[last] { queues.offsets[place].removeLast() }
                guard !queues.offsets[place].isEmpty else { continue }
                let surplus = counts[from.slot * kinds + kind] - counts[to.slot * kinds + kind]
                if best.map({ surplus > $0.surplus }) ?? true { best = (surplus, kind) }
            }
            guard let kind = best?.kind else {
                queues.price += 1
                continue
            }
            let offset = queues.offsets[queues.price * kinds + kind].removeLast()
            isGiven[offset] = true
            counts[from.slot * kinds + kind] -= 1
            counts[to.slot * kinds + kind] += 1
            return offset
        }
        return nil
    }

    private func sorted(_ from: NodeID, _ to: NodeID) -> Queues {
        var queues = Queues(offsets: Array(repeating: [], count: Self.prices * kinds))
        for offset in held[from.slot].reversed() where !isGiven[offset] {
            let shard = shards[offset]
            if shard.pinnedLeader == from || shard.replicas.contains(to) { continue }
            var price = shard.preferredLeader == from ? 1 : 0
            if shard.reported.contains(from) { price += 2 }
            if !shard.reported.contains(to) { price += 4 }
            queues.offsets[price * kinds + kindOf[offset]].append(offset)
        }
        return queues
    }
}
