import CLI
import Foundation
import JSON
import Testing

extension EndToEnd {
    /// Clusters that begin by themselves, and nodes that come back without their disks.
    @Suite struct Founding {
        private func cluster(_ node: ChildNode, _ stage: Stage) async throws -> String? {
            let status = try await stage.run(["cluster", "status", "--json"], at: node)
            return try JSONValue.parse(status.line)["cluster"]?.string
        }

        private func isWaiting(_ node: ChildNode) async -> Bool {
            _ = await waitUntil(within: .seconds(10)) { node.endOfLog().contains("waiting for the other seeds") }
            return !node.isReady && node.process.exit == nil && node.endOfLog().contains("waiting for the other seeds")
        }

        @Test func `three nodes that name each other begin one cluster, and none begins a second`() async throws {
            try await Stage.run { stage in
                let ports = try FreePorts.pick(3)
                let seeds = ports.map { "127.0.0.1:\($0)" }
                let launches = try ports.enumerated().map { position, port in
                    try stage.launch("node\(position)", port: port, seeds: seeds, arguments: ["--found"])
                }
                // Alone, the first waits.
                let first = try stage.begin(launches[0])
                #expect(await isWaiting(first), "\(first.endOfLog())")
                let second = try stage.begin(launches[1])
                let third = try await stage.start(launches[2])
                for node in [first, second] { try await node.waitUntilReady() }
                let wait = try await stage.run(["cluster", "wait", "3", "--settled"], at: third)
                #expect(wait.exit == .code(0), "\(wait)")
                let founded = try await cluster(third, stage)
                _ = try await stage.increment("alice", by: 3, at: third)

                // The first comes back without its disk: while nobody else runs, it waits; then it joins what there is.
                for node in [first, second, third] { await node.stop() }
                try FileManager.default.removeItem(atPath: launches[0].data)
                var anew = launches[0]
                // Its name is still that of the member that it was.
                anew.name = ""
                let lost = try stage.begin(anew)
                #expect(await isWaiting(lost), "\(lost.endOfLog())")
                let back = [try stage.begin(launches[1]), try stage.begin(launches[2])]
                for node in [lost] + back { try await node.waitUntilReady() }
                #expect(try await cluster(lost, stage) == founded)
                #expect(try await stage.get("alice", at: lost).line == "3")
            }
        }

        @Test func `a seed may be a name with several addresses`() async throws {
            try await Stage.run { stage in
                // Where localhost is ::1 as well, nothing listens there.
                let first = try await stage.startOne()
                let second = try await stage.start(stage.launch("node2", seeds: ["localhost:\(first.launch.port)"]))
                let wait = try await stage.run(["cluster", "wait", "2"], at: second)
                #expect(wait.exit == .code(0), "\(wait)")
                // The node behind the name goes and comes back: the name is looked up again.
                await first.stop()
                _ = try await stage.restart(first)
                let again = try await stage.run(
                    ["counter", "increment", "alice", "--connect", "localhost:\(first.launch.port)"])
                #expect(again.line == "1", "\(again)")
            }
        }
    }
}
