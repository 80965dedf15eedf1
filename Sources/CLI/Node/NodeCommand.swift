import ArgumentParser
import Directory
import Engine
import Entities
import Foundation
import Logging
import Node

struct NodeCommand: AsyncParsableCommand {
    static var configuration: CommandConfiguration { configuration(of: .current) }

    private static func configuration(of program: Program) -> CommandConfiguration {
        CommandConfiguration(
            commandName: "node",
            abstract: program.isBuiltIn ? "Run a node with the built-in counter kind." : "Run a node with the entities of this program.",
            discussion: """
                Without --seed and on an empty folder, the node founds a new cluster. With --seed, it joins the cluster of the nodes named, \
                or waits for them; --found lets nodes that name each other begin a cluster. A node that has data finds its cluster again by itself.

                Every setting can be given by an option, by a variable (HOLDFAST_LISTEN for --listen) or in a file (--config), in falling order \
                of weight; --print-config shows what came of it.

                Prints `ready` on standard output once it serves; everything else goes to standard error. SIGTERM or SIGINT: hands over \
                what it owns, flushes, exits 0. A second signal ends it at once.
                """,
            subcommands: [NodeRepair.self])
    }

    @OptionGroup var options: NodeOptions
    @OptionGroup var output: OutputOptions

    func run() async throws {
        let resolved = try await options.resolve()
        let settings = resolved.settings
        if options.printConfig {
            resolved.print(isJSON: output.json)
            return try settings.check()
        }
        try settings.check()
        let logger = Logger(label: "holdfast") { label in
            var handler = LineLogHandler(label: label)
            handler.logLevel = settings.logLevel ?? .info
            return handler
        }
        for stray in resolved.strayVariables {
            logger.warning("A variable is no setting.", metadata: ["variable": "\(stray.variable)", "nearest": "\(stray.nearest)"])
        }
        try await checkShards(settings)
        try await NodeRun(
            configuration: try settings.configuration(logger: logger), http: settings.http, tokens: settings.httpTokens, requestsMax: settings.httpRequestsMax,
            kinds: Program.current.kinds, shards: settings.shards, isJSON: output.json, logger: logger
        ).run()
    }

    /// A number of shards that the cluster does not have is told before the node becomes a member. Once it is one, and whenever no
    /// seed answers, the cluster itself refuses it.
    private func checkShards(_ settings: NodeSettings) async throws {
        guard let shards = settings.shards, let seeds = settings.seeds, !seeds.isEmpty, let data = settings.data,
            !FileManager.default.fileExists(atPath: data + "/journal.db"),
            let cluster = try? await Cluster.connect(
                to: seeds, timeout: .seconds(1), tls: try settings.tls(), logger: .silent)
        else { return }
        let map = try? await cluster.clusterMap(timeout: .seconds(1))
        await cluster.close()
        let own = Program.current.kinds.map { $0.kind }
        guard let kind = map?.kinds.first(where: { own.contains($0.name) && $0.shards != shards }) else { return }
        throw CommandFailure.usage(
            "the cluster has \(kind.shards) shards of “\(kind.name)”, fixed when it was registered, not \(shards): leave --shards out, or give \(kind.shards)")
    }
}
