import CLI
import Foundation
import Testing

extension EndToEnd {
    /// Deaths inside entity checkpoint, trim and snapshot install, of nodes that write checkpoints early and keep little of their history.
    @Suite struct MaintenanceKills {
        private func settings(_ stage: Stage) throws -> [String] {
            let path = "\(stage.folder)/settings.json"
            try Data(#"{"checkpoint-entries": 20, "retain": 10}"#.utf8).write(to: URL(fileURLWithPath: path))
            return ["--config", path]
        }

        private func load(_ stage: Stage, at node: ChildNode) async throws {
            let bench = try await stage.run(["bench", "--callers", "16", "--entities", "100", "--seconds", "2"], at: node)
            #expect(bench.exit == .code(0), "\(bench)")
        }

        @Test func `a node that dies while it takes in a checkpoint takes it in again, and has what was answered meanwhile`() async throws {
            try await Stage.run { stage in
                let nodes = try await stage.startThree(arguments: try settings(stage))
                #expect(try await stage.increment("alice", by: 3, requestID: "first", at: nodes[0]).line == "3")
                nodes[2].kill()
                _ = await nodes[2].waitForExit()
                try await load(stage, at: nodes[0])
                #expect(try await stage.increment("alice", by: 4, requestID: "second", at: nodes[0]).line == "7")
                var launch = nodes[2].launch
                launch.environment["HOLDFAST_KILL_POINT"] = "install:1"
                let dying = try stage.begin(launch)
                #expect(await dying.waitForExit(timeout: .seconds(30)) == .signal(9), "\(dying.endOfLog())")
                let again = try await stage.start(nodes[2].launch)
                let wait = try await stage.run(["cluster", "wait", "3", "--settled", "--timeout", "60"], at: again)
                #expect(wait.exit == .code(0), "\(wait)")
                // Without the first of them, what is answered rests on the one that died.
                nodes[0].kill()
                _ = await nodes[0].waitForExit()
                #expect(try await stage.get("alice", at: again).line == "7")
                #expect(try await stage.increment("alice", by: 3, requestID: "first", at: again).line == "3")
                #expect(try await stage.increment("alice", by: 4, requestID: "second", at: again).line == "7")
                let verify = try await stage.run(["journal", "verify", "--data", again.launch.data])
                #expect(verify.exit == .code(0), "\(verify)")
            }
        }

        @Test(arguments: ["checkpoint:3", "reclaim:2"])
        func `a node that dies inside a checkpoint, or while it deletes what is trimmed, loses nothing`(point: String) async throws {
            try await Stage.run { stage in
                let node = try await stage.startOne(arguments: try settings(stage))
                #expect(try await stage.increment("alice", by: 3, requestID: "first", at: node).line == "3")
                await node.stop()
                var launch = node.launch
                launch.environment["HOLDFAST_KILL_POINT"] = point
                let dying = try await stage.start(launch)
                let load = try ChildProcess.start(
                    ChildProcess.Launch(
                        executable: Stage.executable,
                        arguments: ["bench", "--callers", "16", "--entities", "100", "--seconds", "20", "--connect", dying.address],
                        errorFile: stage.folder + "/load.err"))
                #expect(await dying.waitForExit(timeout: .seconds(20)) == .signal(9), "\(dying.endOfLog())")
                // Its callers would wait for the node as long as they have patience.
                load.signal(SIGKILL)
                let again = try await stage.start(node.launch)
                #expect(try await stage.increment("alice", by: 3, requestID: "first", at: again).line == "3")
                #expect(try await stage.get("alice", at: again).line == "3")
                let verify = try await stage.run(["journal", "verify", "--data", again.launch.data])
                #expect(verify.exit == .code(0), "\(verify)")
            }
        }
    }
}
