import CLI
import Testing

extension EndToEnd {
    @Suite struct Stopping {
        @Test func `a node that waits for its majority in vain ends when it is told to`() async throws {
            try await Stage.run { stage in
                let first = try await stage.startOne()
                let second = try await stage.start(stage.launch("node2", seeds: [first.address]))
                _ = try await stage.run(["cluster", "wait", "2", "--settled"], at: first)
                for node in [first, second] { node.kill() }
                for node in [first, second] { _ = await node.waitForExit() }
                let alone = try stage.begin(second.launch)
                #expect(await waitUntil(within: .seconds(10)) { alone.endOfLog().contains("cannot reach a node") }, "\(alone.endOfLog())")
                alone.terminate()
                #expect(await alone.waitForExit(timeout: .seconds(8)) == .code(0), "\(alone.endOfLog())")
            }
        }
    }
}
