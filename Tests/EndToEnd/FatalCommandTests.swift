import CLI
import Foundation
import Fragile
import Holdfast
import Testing

extension EndToEnd {
    /// HAZARDS 31: a command that ends the process that decides it.
    @Suite struct FatalCommands {
        /// A process that writes down where it crashed keeps its connections for seconds: its callers see silence and not a loss.
        @Test(arguments: ["enable=no", "enable=yes"])
        func `a command that ends its owner does not end the next one, and its caller learns why`(backtrace: String) async throws {
            try await Stage.run { stage in
                let nodes = try await startThree(stage, backtrace)
                let cluster = try await Cluster.connect(to: nodes.map(\.address))
                let entities = try await cluster.entities(Fragile.self, shards: 3)
                _ = try await entities["cup"].send(Fragile.Add(5))

                let failure = await #expect(throws: CommandError<Never>.self) {
                    try await entities["cup"].send(Fragile.Break(), requestID: "break-1")
                }
                #expect(failure.flatMap(code) == .fatal, "\(String(describing: failure))")
                #expect(await waitUntil(within: .seconds(30)) { nodes.contains { $0.process.exit != nil } })

                // Its shard goes on, and knows the command: nobody decides it again.
                #expect(try await entities["cup"].send(Fragile.Add(2)).reply == 7)
                await #expect(throws: CommandError<Never>.self) {
                    try await entities["cup"].send(Fragile.Break(), requestID: "break-1")
                }
                #expect(nodes.filter { $0.process.exit != nil }.count == 1, "more than one node has ended of one command")
                await cluster.close()
            }
        }

        @Test func `a node that a command has ended knows it when it is back, and is not ended again`() async throws {
            try await Stage.run { stage in
                let node = try await stage.start(launch(stage, "alone", "enable=no"))
                let cluster = try await Cluster.connect(to: [node.address])
                let entities = try await cluster.entities(Fragile.self, shards: 3)
                _ = try await entities["cup"].send(Fragile.Add(5))
                let attempt = Task { try await entities["cup"].send(Fragile.Break(), requestID: "break-2") }
                #expect(await node.waitForExit(timeout: .seconds(20)) != nil)

                let again = try await stage.start(node.launch)
                #expect(again.endOfLog(lines: 400).contains("The last process of this node ended while it decided a command."))
                #expect(again.endOfLog(lines: 400).contains("fragile/cup"))
                let failure = await #expect(throws: CommandError<Never>.self) { try await attempt.value }
                #expect(failure.flatMap(code) == .fatal, "\(String(describing: failure))")
                // Another client, which knows of no earlier attempt, under the same key.
                let other = try await Cluster.connect(to: [again.address])
                await #expect(throws: CommandError<Never>.self) {
                    try await other.entities(Fragile.self, shards: 3)["cup"].send(Fragile.Break(), requestID: "break-2")
                }
                #expect(again.process.exit == nil)
                #expect(try await entities["cup"].ask(Fragile.Sum()) == 5)
                await other.close()
                await cluster.close()
            }
        }

        private func code(_ error: CommandError<Never>) -> Failure.Code? {
            if case .notCommitted(let failure) = error { failure.code } else { nil }
        }

        private func launch(_ stage: Stage, _ name: String, _ backtrace: String, seeds: [String] = []) throws -> ChildNode.Launch {
            var launch = try stage.launch(name, seeds: seeds)
            launch.environment["SWIFT_BACKTRACE"] = backtrace
            launch.executable = (Stage.executable as NSString).deletingLastPathComponent + "/FragileNode"
            return launch
        }

        private func startThree(_ stage: Stage, _ backtrace: String) async throws -> [ChildNode] {
            let first = try await stage.start(launch(stage, "node1", backtrace))
            var nodes = [first]
            for name in ["node2", "node3"] {
                nodes.append(try await stage.start(launch(stage, name, backtrace, seeds: [first.address])))
            }
            let wait = try await stage.run(["cluster", "wait", "3", "--settled", "--timeout", "60"], at: first)
            #expect(wait.exit == .code(0), "\(wait)")
            return nodes
        }
    }
}
