import Testing

@testable import CLI

@Suite struct LatencyHistogramTests {
    @Test func `every value lies in a bucket that is at most a sixty fourth of it wide`() {
        var values: [UInt64] = [0, 1, 127, 128, 129, 255, 256, 1_000_000, UInt64(Int64.max), .max]
        for shift in 0..<64 { values += [1 << UInt64(shift), (1 << UInt64(shift)) &+ 12_345, (1 << UInt64(shift)) - 1] }
        for value in values {
            let bucket = LatencyHistogram.bucket(of: value)
            let upper = LatencyHistogram.upperBound(of: bucket)
            #expect(upper >= value)
            #expect(upper - value <= value / 64, "\(value) in a bucket that ends at \(upper)")
            if bucket > 0 { #expect(LatencyHistogram.upperBound(of: bucket - 1) < value) }
        }
    }

    @Test func `percentiles are those of the sorted times`() {
        var histogram = LatencyHistogram()
        for value in 1...10_000 { histogram.record(UInt64(value) * 1_000) }
        for (share, exact) in [(0.5, 5_000_000.0), (0.99, 9_900_000), (0.999, 9_990_000)] {
            #expect(abs(Double(histogram.percentile(share)) - exact) <= exact / 64)
        }
        #expect(histogram.max == 10_000_000)
        #expect(histogram.percentile(1) == 10_000_000)
        #expect(histogram.percentile(0) > 0)
    }

    @Test func `one time is every percentile`() {
        var histogram = LatencyHistogram()
        histogram.record(123_456_789)
        for share in [0, 0.5, 0.999, 1] { #expect(histogram.percentile(share) == 123_456_789) }
    }

    @Test func `without times everything is zero`() {
        #expect(LatencyHistogram().percentile(0.99) == 0)
        #expect(LatencyHistogram().max == 0)
    }

    @Test func `adding is as if all had been recorded in one`() {
        var (odd, even, all) = (LatencyHistogram(), LatencyHistogram(), LatencyHistogram())
        for value in 0..<1_000 {
            let time = UInt64(value * value)
            all.record(time)
            if value.isMultiple(of: 2) { even.record(time) } else { odd.record(time) }
        }
        odd.add(even)
        #expect(odd.count == all.count)
        #expect(odd.max == all.max)
        for share in [0.1, 0.5, 0.9, 0.999] { #expect(odd.percentile(share) == all.percentile(share)) }
    }
}
