import ArgumentParser

/// The `holdfast` binary: one subcommand per file, in the folder of its name.
@main
struct HoldfastCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "holdfast",
        abstract: "Durable, sharded, event-sourced entities.",
        discussion: """
            Start a cluster, and talk to it:
              holdfast node --data data/1
              holdfast node --data data/2 --listen 127.0.0.1:7401 --seed 127.0.0.1:7400
              holdfast counter increment alice --by 10
              holdfast counter get alice

            Exit codes: 0 done, 64 usage, 65 refused by the entity, 66 no such thing, 69 not committed or unavailable, \
            74 disk or corrupt journal, 75 outcome unknown (retry with the same request id).
            """,
        version: "0.1.0",
        subcommands: [
            NodeCommand.self, CounterCommand.self, EventsCommand.self, ClusterCommand.self, JournalCommand.self, ShellCommand.self,
            CertificatesCommand.self, TokenCommand.self, BenchCommand.self, BenchLimits.self, CrashTestCommand.self,
            SimulateCommand.self, DemoCommand.self, ManualCommand.self,
        ])

    static func main() async {
        let status = await Invocation(Array(CommandLine.arguments.dropFirst())).run()
        status.exit()
    }
}
