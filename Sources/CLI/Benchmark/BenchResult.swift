/// What `bench` prints; the keys are part of the contract.
struct BenchResult: Encodable {
    var operations: Int
    var increments: Int
    var reads: Int
    var seconds: Double
    var operationsPerSecond: Double
    var p50: Double
    var p99: Double
    var p999: Double
    var max: Double
    /// By kind: `outcome-unknown`, `refused`, or the code of what was not committed.
    var errors: [String: Int]

    enum CodingKeys: String, CodingKey {
        case operations, increments, reads, seconds
        case operationsPerSecond = "operations_per_second"
        case p50 = "p50_milliseconds"
        case p99 = "p99_milliseconds"
        case p999 = "p999_milliseconds"
        case max = "max_milliseconds"
        case errors
    }

    init(latencies: LatencyHistogram, reads: Int, increments: Int, errors: [String: Int], elapsed: Duration) {
        operations = reads + increments
        self.increments = increments
        self.reads = reads
        seconds = Self.rounded(elapsed.seconds)
        operationsPerSecond = Self.rounded(Double(operations) / elapsed.seconds)
        p50 = Self.milliseconds(latencies.percentile(0.5))
        p99 = Self.milliseconds(latencies.percentile(0.99))
        p999 = Self.milliseconds(latencies.percentile(0.999))
        max = Self.milliseconds(latencies.max)
        self.errors = errors
    }

    static func milliseconds(_ nanoseconds: UInt64) -> Double { rounded(Double(nanoseconds) / 1e6) }

    /// To thousandths: what is finer is noise.
    private static func rounded(_ value: Double) -> Double { (value * 1_000).rounded() / 1_000 }

    var errorText: String {
        errors.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }.joined(separator: ", ")
    }

    var table: TextTable {
        var table = TextTable(("OPERATIONS", .right), ("PER SECOND", .right), ("P50 MS", .right), ("P99 MS", .right),
            ("P99.9 MS", .right), ("MAX MS", .right), ("ERRORS", .left))
        table.add(
            "\(operations)", "\(Int(operationsPerSecond.rounded()))", "\(p50)", "\(p99)", "\(p999)", "\(max)",
            errors.isEmpty ? "none" : errorText)
        return table
    }
}
