import ArgumentParser
import Directory
import Engine
import Entities
import Node
import Primitives

struct ClusterMove: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "move",
        abstract: "Make a node the owner of a shard.",
        discussion: """
            The node gets a replica of the shard first if it has none, catches up, and takes over; callers are not interrupted. \
            The choice stays until another one is made: `any` in place of a node gives it back to the cluster.
            """)

    @Argument(help: ArgumentHelp("The shard, as in counter/7.", valueName: "shard"))
    var shard: String

    @Argument(help: ArgumentHelp("The node's number or name, or any.", valueName: "node"))
    var node: String

    @OptionGroup var cluster: ClusterOptions
    @OptionGroup var output: OutputOptions

    func run() async throws {
        let clock = ContinuousClock()
        let end = clock.now + cluster.longLimit
        try await cluster.withCluster(within: cluster.longLimit) { cluster in
            let map = try await cluster.clusterMap()
            let group = try map.group(shard)
            guard node != "any" else {
                _ = try await cluster.change(.unpin(group: group), timeout: end - clock.now)
                return show(owner: nil, "\(shard) is owned by whichever node suits the cluster")
            }
            let target = try map.node(node)
            _ = try await cluster.change(.move(group: group, node: target.id), timeout: end - clock.now)
            while clock.now < end {
                if let shards = try? await cluster.status(timeout: .seconds(2)).shards,
                    let state = shards.first(where: { $0.group == group }), state.owner == target.id
                {
                    return show(owner: target.id, "\(shard) is owned by node \(target.id) (\(target.name)) now")
                }
                try await clock.sleep(for: .milliseconds(50))
            }
            throw CommandFailure(
                .unavailable, "timed-out",
                "\(shard) is on its way to node \(target.id), but not there yet; it goes on. `holdfast cluster shards` shows how far it is.")
        }
    }

    private func show(owner: NodeID?, _ text: String) {
        guard output.json else { return StandardOutput.line(text) }
        StandardOutput.json(Moved(shard: shard, owner: owner?.rawValue))
    }

    private struct Moved: Encodable {
        var shard: String
        var owner: UInt32?
    }
}
