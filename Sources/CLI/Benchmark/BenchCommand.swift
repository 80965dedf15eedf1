import ArgumentParser
import Entities
import Node

struct BenchCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "bench",
        abstract: "Load a cluster from outside, and measure.",
        discussion: """
            Every caller sends its next request when the last one is answered: increments of 1, and reads if asked for, of counters \
            chosen at random. The counters keep what they have counted.
            """)

    @Option(help: ArgumentHelp("Requests under way at a time.", valueName: "n"))
    var callers = 256

    @Option(help: ArgumentHelp("Counters: bench-0, bench-1 and so on.", valueName: "n"))
    var entities = 1_000

    @Option(help: "How long.")
    var seconds = Seconds(10)

    @Option(help: ArgumentHelp("How many of a hundred requests are linearizable reads.", valueName: "percent"))
    var reads = 0

    @Flag(help: "Each counter once, in order; ends when all have had their turn.")
    var once = false

    @OptionGroup var cluster: ClusterOptions
    @OptionGroup var output: OutputOptions

    func validate() throws {
        guard (1...100_000).contains(callers) else { throw ValidationError("--callers must be from 1 to 100000.") }
        guard (1...10_000_000).contains(entities) else { throw ValidationError("--entities must be from 1 to 10000000.") }
        guard (0...100).contains(reads) else { throw ValidationError("--reads must be from 0 to 100, a share of a hundred.") }
    }

    func run() async throws {
        let result = try await cluster.withCluster { cluster in
            _ = try await cluster.entities(Counter.self, timeout: self.cluster.limit)
            let load = BenchLoad(
                cluster: cluster, callers: callers, entities: BenchEntities(count: entities, takesEachOnce: once),
                duration: seconds.duration, reads: reads, requestTimeout: self.cluster.limit)
            return await load.run(progress: StandardError.isTerminal || !output.json)
        }
        if output.json {
            StandardOutput.json(result)
        } else {
            result.table.print()
        }
        guard result.operations > 0 else {
            throw CommandFailure(
                .unavailable, "unavailable", "nothing was answered: \(result.errorText). `holdfast cluster status` shows what is amiss.")
        }
    }
}
