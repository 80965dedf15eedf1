import ArgumentParser
package import Entities

/// Which program this is: `holdfast` itself, or an application's own with the same commands.
package struct Program: Sendable {
    /// How it is called.
    package var name: String
    /// The kinds that its nodes run.
    package var kinds: [any Entity.Type]

    package init(name: String, kinds: [any Entity.Type]) {
        self.name = name
        self.kinds = kinds
    }

    /// The one whose commands are parsed and run. The parser knows commands by type, so they find it here.
    @TaskLocal package static var current = builtIn
    package static let builtIn = Program(name: "holdfast", kinds: [Counter.self])

    var isBuiltIn: Bool { name == Self.builtIn.name }

    /// Runs the command that the arguments name, and ends the process with its exit code.
    package func main() async -> Never {
        let status = await Self.$current.withValue(self) { await Invocation(Array(CommandLine.arguments.dropFirst())).run() }
        status.exit()
    }

    var configuration: CommandConfiguration { isBuiltIn ? Self.whole : own }

    private static let exitCodes = """
        Exit codes: 0 done, 64 usage, 65 refused by the entity, 66 no such thing, 69 not committed or unavailable, \
        74 disk or corrupt journal, 75 outcome unknown (retry with the same request id).
        """

    private static let version = "0.1.0"

    private static var whole: CommandConfiguration {
        CommandConfiguration(
            commandName: "holdfast",
            abstract: "Durable, sharded, event-sourced entities.",
            discussion: """
                Start a cluster, and talk to it:
                  holdfast node --data data/1
                  holdfast node --data data/2 --listen 127.0.0.1:7401 --seed 127.0.0.1:7400
                  holdfast counter increment alice --by 10
                  holdfast counter get alice

                \(exitCodes)
                """,
            version: version,
            subcommands: [
                NodeCommand.self, CounterCommand.self, EntityGroup.self, EventsCommand.self, ClusterCommand.self, JournalCommand.self, ShellCommand.self,
                CertificatesCommand.self, TokenCommand.self, BenchCommand.self, BenchLimits.self, CrashTestCommand.self,
                SimulateCommand.self, DemoCommand.self, ManualCommand.self,
            ])
    }

    /// Nodes with the application's kinds, and what looks after any cluster.
    private var own: CommandConfiguration {
        CommandConfiguration(
            commandName: name,
            abstract: "Nodes with \(kinds.map { $0.kind }.joined(separator: ", ")), and what looks after them.",
            discussion: Self.exitCodes,
            version: Self.version,
            subcommands: [
                NodeCommand.self, EntityGroup.self, EventsCommand.self, ClusterCommand.self, JournalCommand.self, ShellCommand.self,
                CertificatesCommand.self, TokenCommand.self, ManualCommand.self,
            ])
    }
}
