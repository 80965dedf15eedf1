import ArgumentParser

struct ClusterCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "cluster",
        abstract: "See and change who is in the cluster and who owns what.",
        subcommands: [
            ClusterStatusCommand.self, ClusterMembers.self, ClusterShards.self, ClusterWait.self, ClusterMove.self,
            ClusterRemove.self, ClusterBackup.self,
        ])
}
