import ArgumentParser
import Foundation
import Journal

/// What the disk and SQLite alone give on this machine: what `bench`'s figures are to be held against.
struct BenchLimits: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "bench-limits",
        abstract: "Measure the disk and the journal's inserts alone, without a node.",
        discussion: """
            Writes to a folder of its own, which it removes: pages that are flushed one by one, then the journal's rows in transactions \
            of several sizes, with the journal's schema and settings.
            """,
        shouldDisplay: false)

    @Option(help: ArgumentHelp("A folder on the disk to be measured; it must not exist.", valueName: "folder"))
    var data: String

    @Option(help: "How long each measurement takes.")
    var seconds = Seconds(3)

    @Option(name: .customLong("batch"), help: ArgumentHelp("Rows of one transaction; may be given several times.", valueName: "rows"))
    var batches: [Int] = [16, 128, 1_024]

    @OptionGroup var output: OutputOptions

    func validate() throws {
        guard batches.allSatisfy((1...100_000).contains) else { throw ValidationError("--batch must be from 1 to 100000.") }
    }

    func run() throws {
        guard !FileManager.default.fileExists(atPath: data) else {
            throw CommandFailure(.usage, "folder-in-use", "\(data) exists already; give the name of a new folder.")
        }
        defer { try? FileManager.default.removeItem(atPath: data) }
        var report = LimitsReport()
        // Through the journal's own code, so that the file is the one that a node would write.
        let file = try JournalFile.open(directory: data)
        _ = try file.recover()
        try file.close()
        report.flushes = try FlushLoop(path: data + "/flushes").run(for: seconds.value)
        for batch in batches {
            let loop = try InsertLoop(path: data + "/journal.db")
            report.inserts.append(try loop.run(batch: batch, for: seconds.value))
        }
        if output.json { StandardOutput.json(report) } else { report.table.print() }
    }
}

/// What `bench-limits` prints.
struct LimitsReport: Encodable {
    struct Rate: Encodable {
        /// Rows of one transaction; nil for the bare flushes.
        var batch: Int?
        var perSecond: Double
        var p50: Double
        var p99: Double
        /// CPU of this process: user and system.
        var cpuMicroseconds: Double

        enum CodingKeys: String, CodingKey {
            case batch
            case perSecond = "operations_per_second"
            case p50 = "p50_milliseconds"
            case p99 = "p99_milliseconds"
            case cpuMicroseconds = "cpu_microseconds_per_operation"
        }
    }

    var flushes: Rate?
    var inserts: [Rate] = []

    var table: TextTable {
        var table = TextTable(
            ("WORK", .left), ("PER SECOND", .right), ("FLUSH P50 MS", .right), ("FLUSH P99 MS", .right), ("CPU US", .right))
        for rate in [flushes].compactMap({ $0 }) + inserts {
            table.add(
                rate.batch.map { "inserts, \($0) a transaction" } ?? "a page and fdatasync",
                "\(Int(rate.perSecond.rounded()))", "\(rate.p50)", "\(rate.p99)", "\(rate.cpuMicroseconds)")
        }
        return table
    }
}
