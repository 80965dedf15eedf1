import Primitives

/// The faults of a run, one after the other, drawn from a seed.
///
/// The same seed gives the same faults after the same pauses to the same nodes, or to whichever owns most; how long nodes take in
/// between differs.
struct NemesisPlan {
    struct Step: Hashable, Sendable {
        /// Milliseconds of undisturbed load before the fault.
        var calm: Int64
        var fault: Fault
        /// Positions of the nodes it strikes, in the order in which they are struck.
        var victims: [Int]
        /// The first victim gives way to the node that owns most shards at the time: what has most to hand over is struck most.
        var strikesOwner: Bool
        /// Milliseconds until the victims are started again, or go on.
        var down: Int64
        /// Decides whatever else there is to decide: the kind of cut, the bit that is flipped.
        var manner: UInt64
        /// Milliseconds after the restart at which the first victim is killed once more, in the middle of its start.
        var killAgainAfter: Int64?
    }

    private let settings: CrashTestSettings
    private var generator: RandomGenerator
    private var drawn = 0

    init(_ settings: CrashTestSettings) {
        self.settings = settings
        generator = RandomGenerator(seed: settings.seed)
    }

    mutating func next() -> Step {
        let fault = drawFault()
        drawn += 1
        let count =
            switch fault {
            case .kill, .pause, .cut, .netns: Int.random(in: 1...settings.downMax, using: &generator)
            case .terminate, .point, .flip, .old, .twice, .reader, .locker: 1
            case .full: Int.random(in: 0..<3, using: &generator) == 0 ? settings.nodes : 1
            case .killall, .delay: settings.nodes
            }
        let victims = Array(Array(0..<settings.nodes).shuffled(using: &generator).prefix(count))
        let isKill = fault == .kill || fault == .killall
        return Step(
            calm: Int64.random(in: 200...1_500, using: &generator) / settings.pace, fault: fault, victims: victims,
            strikesOwner: count < settings.nodes && Int.random(in: 0..<100, using: &generator) < 60,
            down: Int64.random(in: Self.down(fault), using: &generator), manner: generator.next(),
            killAgainAfter: isKill && Int.random(in: 0..<100, using: &generator) < 20
                ? Int64.random(in: 0...400, using: &generator) : nil)
    }

    /// Shorter and longer than the election time-out of 600 to 1,200 ms, and than the two seconds for which a lock is waited for.
    private static func down(_ fault: Fault) -> ClosedRange<Int64> {
        switch fault {
        case .pause, .full: 200...2_500
        case .cut, .netns, .delay, .reader: 300...3_000
        case .locker: 300...3_500
        case .kill, .killall, .terminate, .point, .flip, .old, .twice: 0...1_200
        }
    }

    /// Every sixth fault or so strikes all nodes, and the third one does, so that a short run has one as well.
    private mutating func drawFault() -> Fault {
        let single = settings.faults.filter { $0 != .killall }
        guard settings.faults.contains(.killall), !single.isEmpty else {
            return settings.faults.randomElement(using: &generator)!
        }
        let strikesAll = drawn == 2 || Int.random(in: 0..<6, using: &generator) == 0
        return strikesAll ? .killall : single.randomElement(using: &generator)!
    }
}
