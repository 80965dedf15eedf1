import CLI
import Foundation
import Testing

extension EndToEnd {
    @Suite struct DemoRun {
        private static let guide = """
            ── Cluster formed (2 nodes) ──

            ── Sending increments ──
              [alice] 0 + 10 = 10
              [alice] 10 + 5 = 15
              [bob] 0 + 100 = 100
              [carol] 0 + 42 = 42

            ── Querying balances ──
              alice: 15
              bob: 100
              carol: 42

            """

        @Test func `the demo prints the guide, loses its owner of alice, and loses no increment`() async throws {
            try await Stage.run { stage in
                let folder = stage.folder + "/demo"
                let demo = try await stage.run(["demo", "--folder", folder], timeout: .seconds(120))
                #expect(demo.exit == .code(0), "\(demo)")
                #expect(demo.output.hasPrefix(Self.guide), "\(demo)")
                let rest = demo.output.dropFirst(Self.guide.count)
                #expect(rest.contains("kill -9"), "\(demo)")
                #expect(rest.contains("  alice: 15\n  bob: 100\n  carol: 42\n"), "\(demo)")
                #expect(rest.contains("  [alice] 15 + 1 = 16\n"), "\(demo)")
                // The journal that it names holds alice's increments, the last one too.
                let line = try #require(rest.split(separator: "\n").last { $0.contains("sqlite3 -readonly ") })
                let journal = try #require(line.split(separator: " ").first { $0.hasSuffix("/journal.db") })
                let data = String(journal.dropLast("/journal.db".count))
                let events = try await stage.run(["journal", "events", "--entity", "alice", "--data", data])
                #expect(events.output.split(separator: "\n").count == 3, "\(events)")
            }
        }

        @Test func `an interrupted demo takes its nodes with it`() async throws {
            try await Stage.run { stage in
                let folder = stage.folder + "/demo"
                let demo = try ChildProcess.start(
                    ChildProcess.Launch(
                        executable: Stage.executable, arguments: ["demo", "--folder", folder],
                        errorFile: stage.folder + "/demo.err"))
                _ = await waitUntil(within: .seconds(60)) { demo.output.contains("[carol]") }
                demo.signal(SIGINT)
                #expect(await demo.waitForExit(timeout: .seconds(20)) == .code(130))
                // Their folders are free again: a node that is still running would keep its journal locked.
                for node in ["node-1", "node-2"] {
                    let log = "\(stage.folder)/\(node).again"
                    _ = try stage.begin(
                        ChildNode.Launch(
                            executable: Stage.executable, data: "\(folder)/\(node)", port: try FreePorts.pick(1)[0],
                            logFile: log))
                    let isOpen = await waitUntil(within: .seconds(30)) {
                        (try? String(contentsOfFile: log, encoding: .utf8))?.contains("The journal is open") ?? false
                    }
                    #expect(isOpen, "\(node)")
                }
            }
        }
    }
}
