internal import Primitives

/// Which machines have a stream to which, and which pairs are cut.
struct Network {
    /// Machines of one run at most, those that joined later among them.
    static let hostsMax = 16

    struct Link {
        var isUp = false
        /// Counts the streams on this way.
        var generation: UInt64 = 0
    }

    /// A stream from one machine to another is dialled by the first, and carries nothing back: as in production, a node answers
    /// nobody whom it cannot dial.
    private var links = [Link](repeating: Link(), count: hostsMax * hostsMax)
    /// How many cuts lie on the way from one machine to another.
    private var cuts = [Int](repeating: 0, count: hostsMax * hostsMax)
    /// When the last frame arrives that was sent on this way.
    private var lastArrivals = [Instant](repeating: .zero, count: hostsMax * hostsMax)

    static func pair(_ from: Int, _ to: Int) -> Int { from * hostsMax + to }

    func isCut(_ from: Int, _ to: Int) -> Bool { cuts[Self.pair(from, to)] > 0 }
    func isUp(_ from: Int, _ to: Int) -> Bool { links[Self.pair(from, to)].isUp }
    func generation(_ from: Int, _ to: Int) -> UInt64 { links[Self.pair(from, to)].generation }

    mutating func cut(_ pair: Int) { cuts[pair] += 1 }
    mutating func heal(_ pair: Int) { cuts[pair] = max(0, cuts[pair] - 1) }
    mutating func healAll() { for pair in cuts.indices { cuts[pair] = 0 } }

    mutating func connect(_ from: Int, _ to: Int) {
        links[Self.pair(from, to)].isUp = true
        links[Self.pair(from, to)].generation += 1
    }

    mutating func disconnect(_ from: Int, _ to: Int) { links[Self.pair(from, to)].isUp = false }

    /// The moment of arrival on a way that keeps its order.
    mutating func inOrder(_ from: Int, _ to: Int, _ instant: Instant) -> Instant {
        let pair = Self.pair(from, to)
        let arrival = max(instant, lastArrivals[pair] + Span(nanoseconds: 1))
        lastArrivals[pair] = arrival
        return arrival
    }
}
