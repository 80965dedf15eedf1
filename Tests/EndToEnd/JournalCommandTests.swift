import CLI
import Foundation
import JSON
import Shards
import Testing

@testable import Journal

extension EndToEnd {
    @Suite struct JournalCommands {
        private func lines(_ result: Stage.Result) throws -> [JSONValue] {
            try result.output.split(separator: "\n").map { try JSONValue.parse(String($0)) }
        }

        @Test func `a running node's journal can be listed, verified and backed up`() async throws {
            try await Stage.run { stage in
                let node = try await stage.startOne()
                for amount: Int64 in [10, 5] { _ = try await stage.increment("alice", by: amount, at: node) }
                _ = try await stage.increment("bob", by: 100, requestID: "r1", at: node)
                let data = ["--data", node.launch.data]
                // The view is at most a second behind.
                var events: [JSONValue] = []
                _ = await waitUntil(within: .seconds(5), every: .milliseconds(50)) {
                    events = (try? await lines(stage.run(["journal", "events", "--entity", "alice", "--json"] + data))) ?? []
                    return events.count == 2
                }
                #expect(events.map { $0["revision"]?.integer } == [1, 2])
                #expect(events.map { $0["data"]?["by"]?.integer } == [10, 5])
                let named = try await lines(stage.run(["journal", "events", "--entity", "counter/bob", "--json"] + data))
                #expect(named.map { $0["request_id"]?.string } == ["r1"])

                let status = try await stage.run(["journal", "status", "--json"] + data)
                #expect(try lines(status).first?["node"]?.integer == 1, "\(status)")
                #expect(try await stage.run(["journal", "verify"] + data).exit == .code(0))
                let backup = try await stage.run(["journal", "backup", "--to", stage.folder + "/b.db"] + data)
                #expect(backup.exit == .code(0), "\(backup)")
                let again = try await stage.run(["journal", "backup", "--to", stage.folder + "/b.db"] + data)
                #expect(again.exit == .code(74), "\(again)")
                #expect(try await stage.increment("alice", by: 1, at: node).line == "16")
            }
        }

        @Test func `a backup comes back as a cluster of one that others can join`() async throws {
            try await Stage.run { stage in
                let node = try await stage.startOne()
                _ = try await stage.increment("alice", by: 10, requestID: "r1", at: node)
                _ = try await stage.increment("bob", by: 7, at: node)
                let file = stage.folder + "/b.db"
                #expect(try await stage.run(["journal", "backup", "--to", file, "--data", node.launch.data]).exit == .code(0))
                // What comes after the backup does not come back.
                _ = try await stage.increment("alice", by: 1_000, at: node)

                let launch = try stage.launch("restored")
                let restore = try await stage.run(["journal", "restore", "--from", file, "--data", launch.data])
                #expect(restore.exit == .code(0), "\(restore)")
                let second = try await stage.run(["journal", "restore", "--from", file, "--data", launch.data])
                #expect(second.exit == .code(64), "\(second)")

                let restored = try await stage.start(launch)
                #expect(try await stage.get("alice", at: restored).line == "10")
                #expect(try await stage.get("bob", at: restored).line == "7")
                // Request ids come back with what they did.
                #expect(try await stage.increment("alice", by: 10, requestID: "r1", at: restored).line == "10")
                #expect(try await stage.increment("alice", by: 1, at: restored).line == "11")
                let other = try await stage.start(stage.launch("other", seeds: [restored.address]))
                let wait = try await stage.run(["cluster", "wait", "2", "--settled"], at: other)
                #expect(wait.exit == .code(0), "\(wait)")
                #expect(try await stage.get("alice", at: other).line == "11")
                // The first cluster knows nothing of it.
                #expect(try await stage.get("alice", at: node).line == "1010")
                #expect(try await stage.run(["cluster", "wait", "2", "--timeout", "0.3"], at: node).exit == .code(69))
            }
        }

        @Test func `a restore up to a time leaves out what came later`() async throws {
            try await Stage.run { stage in
                let node = try await stage.startOne()
                for amount: Int64 in [10, 5, 1] {
                    _ = try await stage.increment("alice", by: amount, at: node)
                    try await Task.sleep(for: .milliseconds(5))
                }
                node.terminate()
                _ = await node.waitForExit()
                let events = try await lines(
                    stage.run(["journal", "events", "--entity", "alice", "--json", "--data", node.launch.data]))
                try #require(events.count == 3, "\(events)")
                let time = try #require(events[1]["recorded_at"]?.string)
                let launch = try stage.launch("restored")
                let restore = try await stage.run([
                    "journal", "restore", "--from", node.launch.data + "/journal.db", "--data", launch.data, "--until", time,
                ])
                #expect(restore.exit == .code(0), "\(restore)")
                #expect(try await stage.get("alice", at: stage.start(launch)).line == "15")
            }
        }

        @Test func `a damaged journal is told and not restored`() async throws {
            try await Stage.run { stage in
                let node = try await stage.startOne()
                _ = try await stage.increment("needle-in-the-file", by: 4_711, at: node)
                node.terminate()
                _ = await node.waitForExit()
                let path = node.launch.data + "/journal.db"
                var bytes = try stage.content(path)
                let place = try #require(bytes.range(of: Data(#"{"by":4711}"#.utf8)))
                bytes[place.upperBound - 2] = UInt8(ascii: "2")
                try bytes.write(to: URL(fileURLWithPath: path))
                let verify = try await stage.run(["journal", "verify", "--data", node.launch.data])
                #expect(verify.exit == .code(74), "\(verify)")
                #expect(verify.output.contains("checksum"), "\(verify)")
                let restore = try await stage.run(["journal", "restore", "--from", path, "--data", stage.folder + "/new"])
                #expect(restore.exit == .code(74), "\(restore)")
                #expect(!FileManager.default.fileExists(atPath: stage.folder + "/new"))
            }
        }

        @Test func `a state that its events do not make is told, though its checksum is right, and not restored`() async throws {
            try await Stage.run { stage in
                let settings = stage.folder + "/settings.json"
                try Data(#"{"checkpoint-entries": 4}"#.utf8).write(to: URL(fileURLWithPath: settings))
                let node = try await stage.startOne(arguments: ["--config", settings, "--shards", "1"])
                for _ in 0..<8 { _ = try await stage.increment("alice", by: 5, at: node) }
                let path = node.launch.data + "/journal.db"
                _ = await waitUntil(within: .seconds(10), every: .milliseconds(50)) { (try? Self.row(path)) != nil }
                await node.stop()
                let verify = ["journal", "verify", "--data", node.launch.data]
                let sound = try await stage.run(verify + ["--json"])
                #expect(try lines(sound).first?["replayed"]?.integer == 1, "\(sound)")

                let before = try Self.row(path)
                try Self.setState(path, StoredState(revision: before.revision, state: Array(#"{"balance":7}"#.utf8)))
                let found = try await stage.run(verify)
                #expect(found.exit == .code(74), "\(found)")
                let words = #"counter/0: the state of alice at revision \#(before.revision) is {"balance":7}, and its events make {"balance":\#(before.revision * 5)}"#
                #expect(found.output.contains(words), "\(found)")
                let restore = try await stage.run(["journal", "restore", "--from", path, "--data", stage.folder + "/new"])
                #expect(restore.exit == .code(74) && restore.errors.contains("the state of alice"), "\(restore)")
            }
        }

        /// Alice's state as of the newest checkpoint.
        private static func row(_ path: String) throws -> StoredState {
            let connection = try Connection(path: path, access: .readOnly)
            defer { connection.close() }
            let row = try connection.prepare("SELECT \(StateRows.entityColumns) FROM entities WHERE entity = 'alice'")
            try #require(try row.step())
            let replica = try connection.integer("SELECT replica FROM entities WHERE entity = 'alice'")
            return try StateRows.entity(row, try #require(replica), path: path).stored()
        }

        /// Writes another state, with the checksum that belongs to it.
        private static func setState(_ path: String, _ state: StoredState) throws {
            let connection = try Connection(path: path, access: .readWrite)
            defer { connection.close() }
            let replica = try #require(try connection.integer("SELECT replica FROM entities WHERE entity = 'alice'"))
            try StateRows.write(
                EntityRow(entity: Array("alice".utf8), stored: state), replica, with: connection.prepare(StateRows.replaceEntity))
        }

        @Test func `a journal that is not there is exit code 66`() async throws {
            try await Stage.run { stage in
                for command in ["status", "events", "verify"] {
                    let result = try await stage.run(["journal", command, "--data", stage.folder + "/nowhere"])
                    #expect(result.exit == .code(66), "\(result)")
                }
                let restore = try await stage.run([
                    "journal", "restore", "--from", stage.folder + "/nothing", "--data", stage.folder + "/new",
                ])
                #expect(restore.exit == .code(66), "\(restore)")
            }
        }
    }
}
