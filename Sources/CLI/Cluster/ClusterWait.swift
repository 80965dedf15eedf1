import ArgumentParser
import Directory
import Engine
import Entities
import Node

struct ClusterWait: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "wait",
        abstract: "Wait until this many members are up.")

    @Argument(help: "How many members.")
    var members: Int

    @Flag(help: "Also wait until every shard has an owner and all its replicas.")
    var settled = false

    @OptionGroup var cluster: ClusterOptions
    @OptionGroup var output: OutputOptions

    func validate() throws {
        guard members >= 1 else { throw ValidationError("a cluster has at least 1 member, not \(members).") }
    }

    func run() async throws {
        let clock = ContinuousClock()
        let end = clock.now + cluster.longLimit
        let up = try await cluster.withCluster(within: cluster.longLimit) { cluster in
            try await cluster.waitFor(members: members, timeout: end - clock.now)
            if settled { try await Self.waitUntilSettled(cluster, until: end) }
            return try await cluster.clusterMap().members.count { $0.status == .up }
        }
        guard output.json else { return StandardOutput.line("\(up) \(up == 1 ? "member is" : "members are") up") }
        StandardOutput.json(["up": up])
    }

    private static func waitUntilSettled(_ cluster: Cluster, until end: ContinuousClock.Instant) async throws {
        let clock = ContinuousClock()
        while clock.now < end {
            if let report = try? await cluster.report(within: .seconds(2)), report.settled { return }
            try await clock.sleep(for: .milliseconds(50))
        }
        throw CommandFailure(
            .unavailable, "timed-out", "the shards have not settled; `holdfast cluster shards` shows which have not")
    }
}
