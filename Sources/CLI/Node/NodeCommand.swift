import ArgumentParser
import Logging
import Node

struct NodeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "node",
        abstract: "Run a node with the built-in counter kind.",
        discussion: """
            Without --seed and on an empty folder, the node founds a new cluster. With --seed, it joins the cluster of the nodes named, \
            or waits for them. A node that has data finds its cluster again by itself.

            Prints `ready` on standard output once it serves; everything else goes to standard error. SIGTERM or SIGINT: hands over \
            what it owns, flushes, exits 0. A second signal ends it at once.
            """)

    @OptionGroup var options: NodeOptions
    @OptionGroup var output: OutputOptions

    func run() async throws {
        let settings = try options.settings()
        let logger = Logger(label: "holdfast") { label in
            var handler = LineLogHandler(label: label)
            handler.logLevel = settings.logLevel ?? .info
            return handler
        }
        try await NodeRun(
            configuration: settings.configuration(logger: logger), shards: settings.shards, isJSON: output.json,
            logger: logger
        ).run()
    }
}
