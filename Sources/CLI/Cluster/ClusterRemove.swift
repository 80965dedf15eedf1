import ArgumentParser
import Directory
import Engine
import Entities
import Node
import Primitives

struct ClusterRemove: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "remove",
        abstract: "Empty a node and take it out of the cluster.",
        discussion: """
            Its shards are copied to other nodes first, if there are any to take them; the node may be dead. Its number never comes \
            back, and its journal is refused from then on: to join again, start with an empty folder.
            """)

    @Argument(help: ArgumentHelp("The node's number or name.", valueName: "node"))
    var node: String

    @OptionGroup var cluster: ClusterOptions
    @OptionGroup var output: OutputOptions

    func run() async throws {
        let clock = ContinuousClock()
        let end = clock.now + cluster.longLimit
        try await cluster.withCluster(within: cluster.longLimit) { cluster in
            let target = try await cluster.clusterMap().node(node)
            _ = try await cluster.change(.remove(node: target.id), timeout: end - clock.now)
            while clock.now < end {
                if let map = try? await cluster.clusterMap(timeout: .seconds(2)),
                    map.members.first(where: { $0.id == target.id })?.status == .removed
                {
                    return show(target)
                }
                try await clock.sleep(for: .milliseconds(50))
            }
            throw CommandFailure(
                .unavailable, "timed-out",
                "node \(target.id) is being emptied; it goes on without this command. `holdfast cluster members` shows how far it is.")
        }
    }

    private func show(_ member: Member) {
        guard output.json else {
            return StandardOutput.line("node \(member.id) (\(member.name)) has been emptied and removed")
        }
        StandardOutput.json(Removed(node: member.id.rawValue, name: member.name))
    }

    private struct Removed: Encodable {
        var node: UInt32
        var name: String
    }
}
