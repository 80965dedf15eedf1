/// Gives each item to one of its candidates so that no node gets two more than another where that can be helped.
///
/// The items are shards that need a leader, or replicas that need a host. As an item may go only to its candidates, evening out may
/// take a chain: A gives an item to B, B another to C. Each step follows a shortest chain from a fuller node to one with at least
/// two fewer. When there is no such chain, the assignment is the most even one there is (Harvey, Ladner, Lovász, Tamir:
/// Semi-matchings for bipartite graphs and load balancing, 2006). Nothing moves while the loads are within one.
struct EvenAssignment {
    /// In the order in which they were added.
    private var items: [Item] = []
    /// Items per node, what cannot move included.
    private(set) var loads: [Int]
    /// Movable items by node.
    private var held: [[Int]]
    /// `edges[from × nodes + to]`: how many items that `from` holds could go to `to`.
    private var edges: [Int]
    private let nodes: Int
    /// How many items are elsewhere than they came.
    private(set) var changes = 0

    private struct Item {
        var node: Int?
        var original: Int?
        /// Empty for one that stays where it is.
        var candidates: [Int]
    }

    /// - Parameter loads: what each node carries already, by node number.
    init(loads: [Int]) {
        nodes = loads.count
        self.loads = loads
        held = Array(repeating: [], count: nodes)
        edges = Array(repeating: 0, count: nodes * nodes)
    }

    /// Adds an item that is at `node`, if that is one of its candidates, and has to be at one of them; with none, it stays.
    mutating func add(at node: Int?, candidates: [Int] = []) {
        let item = items.count
        items.append(Item(node: nil, original: node, candidates: candidates))
        if let node { take(item, node) }
    }

    func node(of item: Int) -> Int? { items[item].node }

    /// Finds nodes for items without one, then evens out, until `changesMax` items have changed.
    mutating func balance(changesMax: Int) {
        for item in items.indices where items[item].node == nil && !items[item].candidates.isEmpty {
            guard changes < changesMax else { return }
            // The candidates are not empty.
            let node = items[item].candidates.min { (loads[$0], $0) < (loads[$1], $1) }!
            take(item, node)
        }
        while changes < changesMax, evenOut() {}
    }

    // MARK: - Chains

    private mutating func evenOut() -> Bool {
        guard let least = loads.indices.filter({ isInPlay($0) }).map({ loads[$0] }).min() else { return false }
        let sources = loads.indices.filter { loads[$0] >= least + 2 }.sorted { (loads[$1], $0) < (loads[$0], $1) }
        for source in sources {
            if let chain = chain(from: source) {
                for (from, to) in zip(chain, chain.dropFirst()) { hand(from, to) }
                return true
            }
        }
        return false
    }

    private func isInPlay(_ node: Int) -> Bool {
        loads[node] > 0 || (0..<nodes).contains { edges[$0 * nodes + node] > 0 }
    }

    /// A shortest chain from `source` to a node with at least two fewer.
    private func chain(from source: Int) -> [Int]? {
        var cameFrom = Array(repeating: -1, count: nodes)
        cameFrom[source] = source
        var queue = [source]
        var head = 0
        while head < queue.count {
            let node = queue[head]
            head += 1
            for next in 0..<nodes where cameFrom[next] < 0 && edges[node * nodes + next] > 0 {
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
        let able = held[from].filter { items[$0].candidates.contains(to) }
        // The edge on the chain says that there is one.
        let item = able.first { items[$0].original == to } ?? able.first { items[$0].original != from } ?? able[0]
        release(item, from)
        take(item, to)
    }

    // MARK: - Bookkeeping

    private mutating func take(_ item: Int, _ node: Int) {
        items[item].node = node
        loads[node] += 1
        if node != items[item].original { changes += 1 }
        guard !items[item].candidates.isEmpty else { return }
        held[node].append(item)
        for other in items[item].candidates where other != node { edges[node * nodes + other] += 1 }
    }

    private mutating func release(_ item: Int, _ node: Int) {
        items[item].node = nil
        loads[node] -= 1
        if node != items[item].original { changes -= 1 }
        held[node].removeAll { $0 == item }
        for other in items[item].candidates where other != node { edges[node * nodes + other] -= 1 }
    }
}
