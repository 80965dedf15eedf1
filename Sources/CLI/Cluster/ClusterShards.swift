import ArgumentParser
import Node

struct ClusterShards: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "shards",
        abstract: "List the shards: their owners, their replicas, and which of them are behind.",
        discussion: """
            REPLICAS: `1 2 3` hold the shard; `+4` is being made; `-2` is to go. The directory, which knows all this, is listed \
            as a shard; nodes in parentheses follow it without a vote.
            """)

    @OptionGroup var cluster: ClusterOptions
    @OptionGroup var output: OutputOptions

    func run() async throws {
        let report = ClusterOverview(try await cluster.withCluster { try await $0.status(timeout: cluster.limit) })
        guard output.json else { return report.shardTable.print() }
        for shard in report.shards { StandardOutput.json(shard) }
    }
}
