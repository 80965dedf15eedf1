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
            let up = try await cluster.waitFor(members: members, timeout: end - clock.now)
            if settled { try await cluster.waitUntilSettled(timeout: end - clock.now) }
            return up
        }
        guard output.json else { return StandardOutput.line("\(up) \(up == 1 ? "member is" : "members are") up") }
        StandardOutput.json(["up": up])
    }
}
