import Primitives
import Testing

@Suite struct HistogramTests {
    @Test func `a histogram counts what it is told`() {
        var histogram = Histogram(lowest: 1, buckets: 3)
        for quantity: Int64 in [-5, 0, 1, 2, 3, 4, 5, 8, 9, .max] { histogram.record(quantity) }
        #expect(histogram.counts == [4, 2, 2, 2])
        #expect((0..<4).map(histogram.bound) == [2, 4, 8, nil])
        #expect(histogram.count == 10)
    }
}
