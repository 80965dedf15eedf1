/// How often a quantity fell between powers of two: times in nanoseconds, sizes in pieces. Recording is an addition or two.
public struct Histogram: Hashable, Sendable {
    /// The first bucket's upper bound is 2 to this power.
    public let lowest: Int
    /// One count per bucket, each twice as wide as the one before; the last has no bound.
    public private(set) var counts: [UInt64]
    public private(set) var sum: UInt64 = 0

    /// - Parameters:
    ///   - lowest: 0 ... 62.
    ///   - buckets: bounded buckets; 1 ... 63 − `lowest`.
    public init(lowest: Int, buckets: Int) {
        precondition(lowest >= 0 && buckets >= 1 && lowest + buckets <= 63, "\(buckets) buckets from 2^\(lowest) on")
        self.lowest = lowest
        counts = Array(repeating: 0, count: buckets + 1)
    }

    /// From 65.5 µs to 17.2 s, in nanoseconds.
    public static let latencies = Histogram(lowest: 16, buckets: 19)
    /// From 1 to 32,768.
    public static let sizes = Histogram(lowest: 0, buckets: 16)

    /// A negative quantity counts as 0.
    public mutating func record(_ quantity: Int64) {
        let quantity = UInt64(max(0, quantity))
        // The number of bits of (quantity − 1): 2^n itself belongs to the bucket that it bounds.
        let bits = quantity <= 1 ? 0 : 64 - (quantity - 1).leadingZeroBitCount
        counts[min(max(0, bits - lowest), counts.count - 1)] += 1
        sum &+= quantity
    }

    public var count: UInt64 { counts.reduce(0, +) }

    /// The upper bound of a bucket; nil for the last.
    public func bound(of bucket: Int) -> UInt64? { bucket < counts.count - 1 ? 1 << UInt64(lowest + bucket) : nil }
}
