/// Gives each shard a leader among its candidates so that no node leads two more than another where that can be helped.
///
/// A shard can be led only where it has a replica, so evening out may take a chain: A gives a shard to B, B another to C. Each
/// step follows a shortest chain from a fuller node to one with at least two fewer. When there is no such chain, the assignment is
/// the most even one there is (Harvey, Ladner, Lovász, Tamir: Semi-matchings for bipartite graphs and load balancing, 2006).
/// Nothing moves while the loads are within one.
struct LeaderBalance {
    /// One per shard, in the order in which they were added.
    private var shards: [Entry] = []
    /// Shards led, by node slot.
    private(set) var loads: [Int]
    /// Movable shards led, by node slot.
    private var led: [[Int]]
    /// `edges[from × slots + to]`: how many movable shards that `from` leads could be led by `to`.
    private var edges: [Int]
    private let slots: Int
    /// How many shards have another leader than they came with.
    private(set) var changes = 0

    private struct Entry {
        var leader: Int?
        var original: Int?
        /// Empty for a shard whose leader stays.
        var candidates: [Int]
    }

    init(slots: Int) {
        self.slots = slots
        loads = Array(repeating: 0, count: slots)
        led = Array(repeating: [], count: slots)
        edges = Array(repeating: 0, count: slots * slots)
    }

    /// Adds a shard that has to be led by one of `candidates`; with none, its leader stays.
    mutating func add(leader: Int?, candidates: [Int] = []) {
        let shard = shards.count
        shards.append(Entry(leader: nil, original: leader, candidates: candidates))
        if let leader { take(shard, leader) }
    }

    func leader(of shard: Int) -> Int? { shards[shard].leader }

    /// Finds leaders for shards without one, then evens out, until `changesMax` shards have changed.
    mutating func balance(changesMax: Int) {
        for shard in shards.indices where shards[shard].leader == nil && !shards[shard].candidates.isEmpty {
            guard changes < changesMax else { return }
            // The candidates are not empty.
            let leader = shards[shard].candidates.min { (loads[$0], $0) < (loads[$1], $1) }!
            take(shard, leader)
        }
        while changes < changesMax, evenOut() {}
    }

    // MARK: - Chains

    private mutating func evenOut() -> Bool {
        guard let least = loads.indices.filter({ canLead($0) }).map({ loads[$0] }).min() else { return false }
        let sources = loads.indices.filter { loads[$0] >= least + 2 }.sorted { (loads[$1], $0) < (loads[$0], $1) }
        for source in sources {
            if let chain = chain(from: source) {
                for (from, to) in zip(chain, chain.dropFirst()) { hand(from, to) }
                return true
            }
        }
        return false
    }

    private func canLead(_ slot: Int) -> Bool {
        loads[slot] > 0 || (0..<slots).contains { edges[$0 * slots + slot] > 0 }
    }

    /// The nodes of a shortest chain from `source` to a node with at least two fewer.
    private func chain(from source: Int) -> [Int]? {
        var cameFrom = Array(repeating: -1, count: slots)
        cameFrom[source] = source
        var queue = [source]
        var head = 0
        while head < queue.count {
            let node = queue[head]
            head += 1
            for next in 0..<slots where cameFrom[next] < 0 && edges[node * slots + next] > 0 {
                cameFrom[next] = node
                if loads[next] + 2 <= loads[source] { return path(to: next, cameFrom) }
                queue.append(next)
            }
        }
        return nil
    }

    private func path(to end: Int, _ cameFrom: [Int]) -> [Int] {
        var path = [end]
        while let first = path.first, cameFrom[first] != first { path.insert(cameFrom[first], at: 0) }
        return path
    }

    private mutating func hand(_ from: Int, _ to: Int) {
        // One that is away from home is better moved on than another one uprooted.
        let able = led[from].filter { shards[$0].candidates.contains(to) }
        // The edge on the chain says that there is one.
        let shard = able.first { shards[$0].original == to } ?? able.first { shards[$0].original != from } ?? able[0]
        release(shard, from)
        take(shard, to)
    }

    // MARK: - Bookkeeping

    private mutating func take(_ shard: Int, _ leader: Int) {
        shards[shard].leader = leader
        loads[leader] += 1
        if leader != shards[shard].original { changes += 1 }
        guard !shards[shard].candidates.isEmpty else { return }
        led[leader].append(shard)
        for other in shards[shard].candidates where other != leader { edges[leader * slots + other] += 1 }
    }

    private mutating func release(_ shard: Int, _ leader: Int) {
        shards[shard].leader = nil
        loads[leader] -= 1
        if leader != shards[shard].original { changes -= 1 }
        led[leader].removeAll { $0 == shard }
        for other in shards[shard].candidates where other != leader { edges[leader * slots + other] -= 1 }
    }
}
