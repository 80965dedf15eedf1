import Primitives

/// Where the replicas of all shards are wanted: what is there already, changed as little as the rules allow.
struct ReplicaPlan {
    fileprivate let shards: [ShardRecord]
    fileprivate let kinds: [KindRecord]
    private let nodes: [NodeView]
    private let changesMax: Int
    /// Replicas wanted per host, by slot.
    private var loads: [Int]
    /// The new replicas of the shards that change, by offset. Looked up, never iterated.
    private(set) var changed: [Int: [NodeID]] = [:]
    /// Whether nothing had to be repaired.
    var isComplete: Bool { changed.isEmpty }

    init(_ directory: DirectoryState, _ nodes: [NodeView], _ changesMax: Int) {
        shards = directory.shards
        kinds = directory.kinds
        self.nodes = nodes
        self.changesMax = changesMax
        loads = Array(repeating: 0, count: nodes.count)
        for shard in shards {
            for node in shard.replicas where nodes[node.slot].isHost { loads[node.slot] += 1 }
        }
    }

    func replicas(_ offset: Int) -> [NodeID] { changed[offset] ?? shards[offset].replicas }
    private func isHost(_ node: NodeID) -> Bool { nodes[node.slot].isHost }

    // MARK: - Repair

    /// Gives every shard as many replicas on hosts as its kind wants, if there are as many hosts; lost nodes fill up only where a spare
    /// is missing, and leaving ones only until a host is ready to take over.
    mutating func repair() {
        let hosts = nodes.count { $0.isHost }
        var gaps: [Gap] = []
        for kind in kinds {
            let wanted = min(kind.replication, hosts)
            for offset in kind.offsets where gaps.count < changesMax {
                let current = shards[offset].replicas
                if current.count == wanted, current.allSatisfy(isHost) { continue }
                gaps.append(gap(offset, wanted, kind.replication))
            }
        }
        guard !gaps.isEmpty else { return }
        fill(&gaps)
        for gap in gaps {
            let replicas = replicas(gap)
            if replicas != shards[gap.offset].replicas, !replicas.isEmpty { changed[gap.offset] = replicas }
        }
    }

    /// A shard with too few replicas on hosts, or too many.
    private struct Gap {
        var offset: Int
        var wanted: Int
        var replication: Int
        var chosen: [NodeID]
        /// Who could take the one replica that is still missing.
        var takers: [Int] = []
    }

    private mutating func gap(_ offset: Int, _ wanted: Int, _ replication: Int) -> Gap {
        let shard = shards[offset]
        var gap = Gap(offset: offset, wanted: wanted, replication: replication, chosen: shard.replicas.filter(isHost))
        while gap.chosen.count > wanted, let given = surplus(shard, gap.chosen) {
            gap.chosen.removeAll { $0 == given }
            loads[given.slot] -= 1
        }
        return gap
    }

    /// Replaces what is missing by replicas on nodes that are ready. A replica that its node still has is kept; the others are spread
    /// together, as one shard at a time would see no further than itself and cost copies later.
    private mutating func fill(_ gaps: inout [Gap]) {
        for number in gaps.indices {
            let shard = shards[gaps[number].offset]
            while gaps[number].chosen.count < gaps[number].wanted {
                let takers = nodes.filter { $0.canTake && !gaps[number].chosen.contains($0.id) }.map(\.id)
                let here = takers.filter { shard.reported.contains($0) }
                let isLast = gaps[number].chosen.count + 1 == gaps[number].wanted
                if isLast, here.isEmpty {
                    gaps[number].takers = takers.map(\.slot)
                    break
                }
                let emptiest = (here.isEmpty ? takers : here).min { (loads[$0.slot], $0) < (loads[$1.slot], $1) }
                guard let emptiest else { break }
                gaps[number].chosen.append(emptiest)
                loads[emptiest.slot] += 1
            }
        }
        var spread = EvenAssignment(loads: loads)
        for gap in gaps { spread.add(at: nil, candidates: gap.takers) }
        spread.balance(changesMax: .max)
        loads = spread.loads
        for number in gaps.indices {
            if let slot = spread.node(of: number) { gaps[number].chosen.append(nodes[slot].id) }
        }
    }

    private func replicas(_ gap: Gap) -> [NodeID] {
        let current = shards[gap.offset].replicas
        let lost = current.filter { nodes[$0.slot].isLost }
        var replicas = gap.chosen + lost.prefix(max(0, gap.replication - gap.chosen.count))
        let leaving = current.filter { !isHost($0) && !nodes[$0.slot].isLost }
        replicas += leaving.prefix(max(0, gap.wanted - replicas.count))
        return replicas.sorted()
    }

    private func surplus(_ shard: ShardRecord, _ chosen: [NodeID]) -> NodeID? {
        chosen.filter { $0 != shard.pinnedLeader }
            .max { (loads[$0.slot], $0) < (loads[$1.slot], $1) }
    }

    // MARK: - Evenness

    /// Moves replicas from fuller hosts to emptier ones until no two differ by more than one. Each move lowers the difference, so
    /// a new node gets its share and nothing else moves.
    mutating func evenOut() {
        let fullest = nodes.filter { $0.isHost }.map { loads[$0.id.slot] }.max() ?? 0
        let emptiest = nodes.filter { $0.canTake }.map { loads[$0.id.slot] }.min() ?? fullest
        guard fullest - emptiest >= 2 else { return }

        var choice = MoveChoice(shards, kinds, slots: nodes.count)
        while changed.count < changesMax, let move = nextMove(&choice) {
            var replicas = replicas(move.offset)
            replicas.removeAll { $0 == move.from }
            replicas.append(move.to)
            replicas.sort()
            changed[move.offset] = replicas
            loads[move.from.slot] -= 1
            loads[move.to.slot] += 1
        }
    }

    private struct Move {
        var offset: Int
        var from: NodeID
        var to: NodeID
    }

    private func nextMove(_ choice: inout MoveChoice) -> Move? {
        let sources = nodes.filter { $0.isHost }.map(\.id).sorted { (loads[$1.slot], $0) < (loads[$0.slot], $1) }
        let targets = nodes.filter { $0.canTake }.map(\.id).sorted { (loads[$0.slot], $0) < (loads[$1.slot], $1) }
        for from in sources {
            for to in targets where loads[from.slot] - loads[to.slot] >= 2 {
                if let offset = choice.next(from, to) { return Move(offset: offset, from: from, to: to) }
            }
        }
        return nil
    }
}

extension KindRecord {
    /// Where its shards stand in `DirectoryState.shards`.
    var offsets: Range<Int> {
        let first = Int(firstGroup.rawValue) - 1
        return first..<first + shards
    }
}
