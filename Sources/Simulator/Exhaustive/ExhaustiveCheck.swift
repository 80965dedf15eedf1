internal import Consensus
internal import Primitives

/// How far the exhaustive check goes.
public struct ExhaustiveBounds: Sendable {
    public var commands = 2
    public var crashes = 1
    public var cuts = 1
    /// Timers that go off.
    public var timeouts = 2
    /// Steps from the beginning.
    public var depth = 9
    /// States at most; past it the check ends where it is.
    public var statesMax = 1_000_000
    var settings = RaftSettings()

    /// - Parameter mutation: a rule to be broken.
    public init(mutation: Mutation? = nil) { settings.broken = mutation?.broken ?? [] }
}

/// Every state of a small group within bounds, breadth first: three nodes, a few commands, a crash at any point, a cut at any point.
///
/// It begins where node 1 has just been elected. The core is the one that runs in production; states that go on alike are visited once.
public struct ExhaustiveCheck: Sendable {
    /// States visited, by their distance from the beginning.
    public private(set) var levels: [Int] = []
    /// Steps taken, those into known states among them.
    public private(set) var steps = 0
    /// States in which something was committed.
    public private(set) var committing = 0
    /// States that saw leaders of several terms.
    public private(set) var reelecting = 0
    /// Whether every state within the depth was visited.
    public private(set) var isComplete = true
    public private(set) var violation: String?
    private let bounds: ExhaustiveBounds

    public var states: Int { levels.reduce(0, +) }

    public init(_ bounds: ExhaustiveBounds = ExhaustiveBounds()) { self.bounds = bounds }

    public mutating func run() {
        var frontier = [(world: Self.elected(bounds), path: [String]())]
        var known: Set<UInt64> = [frontier[0].world.fingerprint()]
        levels = [1]
        while violation == nil, !frontier.isEmpty, levels.count <= bounds.depth {
            var next: [(world: SmallWorld, path: [String])] = []
            for (world, path) in frontier {
                for step in world.steps() { visit(world, path, step, &known, &next) }
                if known.count >= bounds.statesMax {
                    isComplete = false
                    break
                }
            }
            levels.append(next.count)
            if !isComplete { return }
            frontier = next
        }
    }

    private mutating func visit(
        _ world: SmallWorld, _ path: [String], _ step: SmallWorld.Step, _ known: inout Set<UInt64>,
        _ next: inout [(world: SmallWorld, path: [String])]
    ) {
        for losesWrites in world.crashesLeft > 0 && step.isRun ? [false, true] : [false] {
            var successor = world
            successor.take(step, losesWrites: losesWrites)
            steps += 1
            let route = path + ["\(step)\(losesWrites ? ", and dies in it" : "")"]
            if let problem = successor.problem, violation == nil { violation = problem + "\n" + route.joined(separator: "\n") }
            guard known.insert(successor.fingerprint()).inserted else { continue }
            if !successor.committed.isEmpty { committing += 1 }
            if successor.leaders.count > 1 { reelecting += 1 }
            next.append((successor, route))
        }
    }

    /// Node 1 leads, by the votes of node 2; its first entry is on its way.
    private static func elected(_ bounds: ExhaustiveBounds) -> SmallWorld {
        var world = SmallWorld(bounds)
        let timeouts = world.timeoutsLeft
        world.take(.timeout(0), losesWrites: false)
        while world.nodes[0].raft.role != .leader {
            guard let letter = world.letters.first(where: { $0.from != 2 && $0.to != 2 }) else { return world }
            world.take(.deliver(letter), losesWrites: false)
        }
        world.timeoutsLeft = timeouts
        return world
    }
}

extension SmallWorld.Step {
    /// Whether a node's code runs in it.
    var isRun: Bool {
        switch self {
        case .deliver, .timeout, .command: true
        case .crash, .cut, .heal: false
        }
    }
}
