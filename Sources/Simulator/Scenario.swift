internal import Consensus
internal import Directory
internal import Engine
internal import Primitives
internal import Shards

/// What one seed has drawn: how large the cluster is, who loads it, what strikes it and how hard.
struct Scenario {
    var nodes: Int
    var shards: Int
    var callers: Int
    var entities: Int
    /// Of each shard; nil: what is usual.
    var replication: Int?
    /// How long faults go on, from the founding.
    var chaos: Span
    /// Between one act of the nemesis and the next, on average.
    var gap: Span
    var settings = EngineSettings()
    var faults: [SimulatedFault] = []

    // Of 1,000 frames so many are lost, doubled.
    var dropped = 0
    var doubled = 0
    /// What a frame, a batch takes at most.
    var frameDelay: Span = .milliseconds(1)
    var diskDelay: Span = .milliseconds(2)
    var isReordering = false
    /// The pause of a caller between two operations, at most.
    var thinkTime: Span = .milliseconds(120)
    /// Of 100 operations so many are reads.
    var reads = 20
    /// How far apart wall clocks are at most.
    var skew: Span = .zero
    /// Whether all nodes crash at the end and the last reads are of what the disks hold.
    var endsWithRestart = false

    static let nodesRange = 3...7

    init(using generator: inout RandomGenerator) {
        nodes = Self.pick([3, 3, 3, 4, 4, 5, 5, 6, 7], &generator)
        shards = Int.random(in: 1...3, using: &generator)
        callers = Int.random(in: 3...6, using: &generator)
        entities = Int.random(in: 1...4, using: &generator)
        replication = Self.pick([nil, nil, nil, 5, 2], &generator)
        chaos = generator.span(in: .milliseconds(3_000)..<Span.milliseconds(5_500))
        gap = generator.span(in: .milliseconds(150)..<Span.milliseconds(900))
        faults = SimulatedFault.allCases.filter { _ in Int.random(in: 0..<100, using: &generator) < 40 }
        drawNetwork(&generator)
        drawSettings(&generator)
        thinkTime = generator.span(in: .milliseconds(20)..<Span.milliseconds(200))
        reads = Int.random(in: 5...45, using: &generator)
        endsWithRestart = Int.random(in: 0..<4, using: &generator) == 0
    }

    private mutating func drawNetwork(_ generator: inout RandomGenerator) {
        if faults.contains(.drop) { dropped = Int.random(in: 1...60, using: &generator) }
        if faults.contains(.double) { doubled = Int.random(in: 1...60, using: &generator) }
        if faults.contains(.delay) { frameDelay = generator.span(in: .milliseconds(1)..<Span.milliseconds(40)) }
        isReordering = faults.contains(.reorder)
        if faults.contains(.slowDisk) { diskDelay = generator.span(in: .milliseconds(2)..<Span.milliseconds(60)) }
        if faults.contains(.clockJump) { skew = generator.span(in: .milliseconds(1)..<Span.seconds(3_600)) }
    }

    /// Times are shorter and tables smaller than in production, so that a short run meets what a long one would.
    private mutating func drawSettings(_ generator: inout RandomGenerator) {
        settings.requestTimeout = .milliseconds(1_500)
        settings.plan.aliveWithin = .milliseconds(400)
        settings.plan.downAfter = .milliseconds(1_200)
        settings.plan.replaceAfter = .milliseconds(3_000)
        settings.plan.steadyAfter = .milliseconds(300)
        settings.plan.orderPatience = .milliseconds(1_000)
        settings.checkpointEntries = Self.pick([5, 20, 100, 100_000], &generator)
        settings.checkpointInterval = .seconds(3)
        settings.shard.cleanEntitiesMax = Self.pick([1, 2, 1_024], &generator)
        settings.shard.cachedKeysMax = Self.pick([1, 4_096], &generator)
        settings.shard.sessionsMax = Self.pick([2, 10_000, 10_000], &generator)
        settings.shard.keysPerBucket = Self.pick([2, 4_096], &generator)
        settings.raft.appendEntriesMax = Self.pick([1, 3, 1_024], &generator)
        settings.raft.windowBytesMax = Self.pick([0, 400, 1 << 20], &generator)
        settings.raft.promotionLagMax = Self.pick([0, 8, 1_024], &generator)
        settings.retainedEntries = Self.pick([nil, nil, 0, 10], &generator)
        settings.checkpointPieceBytes = Self.pick([64, 256 << 10], &generator)
        settings.checkpointWindowBytes = Self.pick([64, 1 << 20], &generator)
        settings.checkpointPatience = .milliseconds(1_000)
        settings.diskPatience = .milliseconds(300)
        settings.impairmentInterval = .milliseconds(200)
        settings.raft.inFlightMessagesMax = Self.pick([1, 64], &generator)
    }

    private static func pick<Choice>(_ choices: [Choice], _ generator: inout RandomGenerator) -> Choice {
        choices[Int.random(in: 0..<choices.count, using: &generator)]
    }
}
