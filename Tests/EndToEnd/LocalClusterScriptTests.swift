import CLI
import Foundation
import Testing

extension EndToEnd {
    /// `tools/cluster`, with the program under test.
    @Suite struct LocalClusterScript {
        private static func run(_ arguments: [String], in stage: Stage, port: Int) async throws -> (exit: CLI.ExitStatus?, errors: String) {
            let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
                .deletingLastPathComponent().path
            let errors = "\(stage.folder)/cluster-script.err"
            try? FileManager.default.removeItem(atPath: errors)
            var launch = ChildProcess.Launch(
                executable: "/bin/bash", arguments: ["\(root)/tools/cluster"] + arguments, errorFile: errors)
            launch.environment = [
                "HOLDFAST": Stage.executable, "HOLDFAST_CLUSTER": "\(stage.folder)/cluster", "HOLDFAST_PORT": "\(port)",
            ]
            let child = try ChildProcess.start(launch)
            let exit = await child.waitForExit(timeout: .seconds(60))
            return (exit, (try? String(contentsOfFile: errors, encoding: .utf8)) ?? "")
        }

        @Test func `a local cluster comes up, goes down, and comes back with what it held`() async throws {
            try await Stage.run { stage in
                var port = try FreePorts.pick(1)[0]
                while !FreePorts.isFree(port + 1) { port = try FreePorts.pick(1)[0] }
                try await Self.tour(stage, port: port)
            }
        }

        private static func tour(_ stage: Stage, port: Int) async throws {
            do {
                let up = try await Self.run(["up", "2"], in: stage, port: port)
                #expect(up.exit == .code(0), "\(up)")
                let address = "127.0.0.1:\(port)"
                #expect(try await stage.run(["counter", "increment", "alice", "--by", "3", "--connect", address]).line == "3")
                let status = try await Self.run(["status"], in: stage, port: port)
                #expect(status.exit == .code(0) && status.errors.contains("node 2 runs"), "\(status)")
                #expect(try await Self.run(["down"], in: stage, port: port).exit == .code(0))
                #expect(try await Self.run(["up", "2"], in: stage, port: port).exit == .code(0))
                #expect(try await stage.run(["counter", "get", "alice", "--connect", address]).line == "3")
                #expect(try await Self.run(["down"], in: stage, port: port).exit == .code(0))
            } catch {
                // The script's nodes are not this process's children.
                _ = try await Self.run(["down"], in: stage, port: port)
                throw error
            }
        }

        @Test func `an unknown word is answered with what there is`() async throws {
            try await Stage.run { stage in
                let answer = try await Self.run(["upp"], in: stage, port: 7_400)
                #expect(answer.exit == .code(64) && answer.errors.contains("tools/cluster up"), "\(answer)")
                #expect(try await Self.run(["status"], in: stage, port: 7_400).exit == .code(66))
            }
        }
    }
}
