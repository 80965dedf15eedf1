/// Counts of times in nanoseconds, in buckets that are at most 1/64 of their value wide: percentiles to within 1.6 %.
///
/// Nothing is sampled and nothing is dropped; the longest time is exact.
/// - SeeAlso: Tene, HdrHistogram.
struct LatencyHistogram: Sendable {
    /// Buckets per power of two.
    private static let slices: UInt64 = 64
    private static let slicesBits = 6
    /// Values below `2 * slices` have a bucket each; above, every power of two has `slices`.
    private static let bucketCount = Int(slices) * (64 - slicesBits + 1)

    private var counts = [UInt64](repeating: 0, count: bucketCount)
    private(set) var count: UInt64 = 0
    private(set) var max: UInt64 = 0

    mutating func record(_ nanoseconds: UInt64) {
        counts[Self.bucket(of: nanoseconds)] += 1
        count += 1
        if nanoseconds > max { max = nanoseconds }
    }

    mutating func add(_ other: LatencyHistogram) {
        for bucket in counts.indices { counts[bucket] += other.counts[bucket] }
        count += other.count
        max = Swift.max(max, other.max)
    }

    /// The time within which this share (0…1) of all was: the upper end of its bucket, at most `max`. 0 if there is none.
    func percentile(_ share: Double) -> UInt64 {
        guard count > 0 else { return 0 }
        let rank = Swift.max(1, Swift.min(count, UInt64((share * Double(count)).rounded(.up))))
        var seen: UInt64 = 0
        for bucket in counts.indices {
            seen += counts[bucket]
            if seen >= rank { return Swift.min(Self.upperBound(of: bucket), max) }
        }
        return max
    }

    static func bucket(of value: UInt64) -> Int {
        guard value >= 2 * slices else { return Int(value) }
        let shift = 63 - value.leadingZeroBitCount - slicesBits
        // The leading bit of `value >> shift` is `slices` itself.
        return shift << slicesBits + Int(value >> UInt64(shift))
    }

    /// The largest value in a bucket.
    static func upperBound(of bucket: Int) -> UInt64 {
        guard bucket >= 2 * Int(slices) else { return UInt64(bucket) }
        let shift = UInt64(bucket >> slicesBits) - 1
        let slice = UInt64(bucket & (Int(slices) - 1)) + slices
        return (slice << shift) + ((1 << shift) - 1)
    }
}
