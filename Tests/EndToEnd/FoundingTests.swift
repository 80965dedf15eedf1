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

        /// A name with three addresses, of which each node listens at another one: whatever the order in which they come, two of the
        /// three nodes are not at the first.
        @Test func `every address of a name is tried, by a node that joins and by a client`() async throws {
            try await Stage.run { stage in
                let hosts = stage.folder + "/hosts"
                try Data("127.0.0.1 localhost\n127.0.0.1 seeds.test\n127.0.0.2 seeds.test\n127.0.0.3 seeds.test\n".utf8)
                    .write(to: URL(fileURLWithPath: hosts))
                // Names are looked up in a file of our own, which nobody else sees.
                let runner = ["/usr/bin/unshare", "--mount", "/bin/sh", "-c", #"mount --bind \#(hosts) /etc/hosts && exec "$@""#, "sh"]
                guard try await canRun(runner + ["grep", "-q", "seeds.test", "/etc/hosts"], stage) else {
                    return print("This user may not have a hosts file of its own: names with several addresses were not tried.")
                }
                for number in 1...3 {
                    var launch = try stage.launch("node\(number)")
                    launch.host = "127.0.0.\(number)"
                    let node = try await stage.start(launch)
                    let seed = "seeds.test:\(launch.port)"
                    var joiner = try stage.launch("joiner\(number)", seeds: [seed])
                    joiner.runner = runner
                    let joined = try await stage.start(joiner)
                    let increment = try await stage.run(["counter", "increment", "alice", "--connect", seed], through: runner)
                    #expect(increment.line == "1", "\(increment)")
                    for node in [joined, node] { await node.stop() }
                }
            }
        }

        private func canRun(_ words: [String], _ stage: Stage) async throws -> Bool {
            #if os(Linux)
                let process = try? ChildProcess.start(
                    ChildProcess.Launch(executable: words[0], arguments: Array(words.dropFirst()), errorFile: stage.folder + "/unshare.err"))
                return await process?.waitForExit(timeout: .seconds(10)) == .code(0)
            #else
                return false
            #endif
        }
    }
}
