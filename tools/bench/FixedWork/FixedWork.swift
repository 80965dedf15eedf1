import Foundation

/// Work of a fixed size for tools/bench-guard to count instructions of: three engines with real journals, no threads, no network.
///
/// `FixedWork FOLDER COMMANDS READS`: so many increments, then so many linearizable reads, by 64 callers over 1,000 counters. Only what
/// `tally` runs is to be counted.
@main
struct FixedWork {
    static func main() throws {
        let arguments = CommandLine.arguments
        guard arguments.count == 4, let commands = Int(arguments[2]), let reads = Int(arguments[3]) else {
            fatalError("usage: FixedWork FOLDER COMMANDS READS")
        }
        let folder = arguments[1]
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        let cluster = try LocalCluster(folder: folder, nodes: 3)
        var writers = try LocalCallers(cluster, callers: 64, counters: 1_000, reads: 0)
        var readers = try LocalCallers(cluster, callers: 64, counters: 1_000, reads: 100)
        // What is done once, on first use, is not to count.
        try writers.run(rounds: 4)
        try readers.run(rounds: 4)
        try count { try writers.run(rounds: commands / 64) }
        try count { try readers.run(rounds: reads / 64) }
    }

    private static func count(_ work: @escaping () throws -> Void) throws {
        counted = work
        tally()
        if let failure { throw failure }
    }
}

// Set by the one thread that there is, so that `tally` takes no parameter and has a plain symbol.
nonisolated(unsafe) private var counted: () throws -> Void = {}
nonisolated(unsafe) private var failure: (any Error)?

/// What callgrind's `--toggle-collect` looks for.
@inline(never)
func tally() {
    do { try counted() } catch { failure = error }
}
