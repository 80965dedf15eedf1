import Foundation
import Fragile
import Holdfast
import Logging

/// A node of an application whose entity has a bug, for the tests: it takes `holdfast node`'s --data, --listen and --seed.
@main struct FragileNode {
    static func main() async throws {
        func values(of flag: String) -> [String] {
            let arguments = CommandLine.arguments
            return arguments.indices.dropLast().filter { arguments[$0] == flag }.map { arguments[$0 + 1] }
        }
        var configuration = NodeConfiguration(dataDirectory: values(of: "--data")[0])
        configuration.listenAddress = values(of: "--listen")[0]
        configuration.seeds = values(of: "--seed")
        configuration.logger = Logger(label: "fragile") { StreamLogHandler.standardError(label: $0) }
        let node = try await Node.start(configuration, kinds: [Fragile.self])
        try await node.waitUntilReady()
        _ = try await node.entities(Fragile.self, shards: 3)
        FileHandle.standardOutput.write(Data("ready\n".utf8))
        try await node.run()
    }
}
