import ArgumentParser
import Node

struct ClusterMembers: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "members",
        abstract: "List the nodes of the cluster.")

    @OptionGroup var cluster: ClusterOptions
    @OptionGroup var output: OutputOptions

    func run() async throws {
        let report = ClusterOverview(try await cluster.withCluster { try await $0.status(timeout: cluster.limit) })
        guard output.json else { return report.memberTable.print() }
        for member in report.members { StandardOutput.json(member) }
    }
}
