import CLI
import Testing

extension EndToEnd {
    @Suite struct OneNode {
        @Test func `an increment survives kill -9`() async throws {
            try await Stage.run { stage in
                var node = try await stage.startOne()
                #expect(try await stage.increment("alice", by: 10, at: node).line == "10")
                #expect(try await stage.increment("alice", by: 5, at: node).line == "15")
                node.kill()
                #expect(await node.waitForExit() == .signal(9))
                node = try await stage.restart(node)
                #expect(try await stage.get("alice", at: node).line == "15")
                #expect(try await stage.increment("alice", by: -20, at: node).line == "-5")
            }
        }

        @Test func `a retry after a kill and a restart gets the first answer`() async throws {
            try await Stage.run { stage in
                var node = try await stage.startOne()
                #expect(try await stage.increment("alice", by: 5, requestID: "r1", at: node).line == "5")
                #expect(try await stage.increment("alice", by: 1, at: node).line == "6")
                #expect(try await stage.increment("alice", by: 5, requestID: "r1", at: node).line == "5")
                node.kill()
                _ = await node.waitForExit()
                node = try await stage.restart(node)
                #expect(try await stage.increment("alice", by: 5, requestID: "r1", at: node).line == "5")
                #expect(try await stage.get("alice", at: node).line == "6")
            }
        }

        @Test func `the same request id with another payload is refused`() async throws {
            try await Stage.run { stage in
                var node = try await stage.startOne()
                #expect(try await stage.increment("alice", by: 5, requestID: "r1", at: node).exit == .code(0))
                for _ in 0..<2 {
                    let other = try await stage.increment("alice", by: 6, requestID: "r1", at: node)
                    #expect(other.exit == .code(65), "\(other)")
                    #expect(other.errors.contains("request id"), "\(other)")
                    #expect(try await stage.get("alice", at: node).line == "5")
                    node.kill()
                    _ = await node.waitForExit()
                    node = try await stage.restart(node)
                }
                // Ids are scoped to their entity.
                #expect(try await stage.increment("bob", by: 6, requestID: "r1", at: node).line == "6")
            }
        }

        @Test func `SIGTERM ends a node with 0 within five seconds, and nothing is lost`() async throws {
            try await Stage.run { stage in
                var node = try await stage.startOne()
                #expect(try await stage.increment("alice", by: 7, at: node).line == "7")
                node.terminate()
                #expect(await node.waitForExit(timeout: .seconds(5)) == .code(0), "\(node.endOfLog())")
                node = try await stage.restart(node)
                #expect(try await stage.get("alice", at: node).line == "7")
            }
        }

        @Test func `a node killed while it starts comes back`() async throws {
            try await Stage.run { stage in
                var node = try await stage.startOne()
                #expect(try await stage.increment("alice", by: 3, at: node).line == "3")
                for milliseconds in [0, 5, 20, 60] {
                    node.kill()
                    _ = await node.waitForExit()
                    node = try stage.begin(node.launch)
                    _ = await waitUntil(within: .milliseconds(milliseconds)) { node.isReady }
                }
                node.kill()
                _ = await node.waitForExit()
                node = try await stage.restart(node)
                #expect(try await stage.get("alice", at: node).line == "3")
            }
        }
    }
}
