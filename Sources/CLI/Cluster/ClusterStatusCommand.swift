import ArgumentParser
import Node

struct ClusterStatusCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "status",
        abstract: "Show who is in, who owns how much, and whether anything is amiss.")

    @OptionGroup var cluster: ClusterOptions
    @OptionGroup var output: OutputOptions

    func run() async throws {
        let report = ClusterOverview(try await cluster.withCluster { try await $0.status(timeout: cluster.limit) })
        guard !output.json else { return StandardOutput.json(report) }
        for line in report.summary { StandardOutput.line(line) }
        StandardOutput.line("")
        report.memberTable.print()
    }
}
