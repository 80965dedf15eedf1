import CLI
import CSQLite
import Foundation
import Journal
import Testing

extension EndToEnd {
    /// Kills at named points of the journal's work, flipped bits, old copies, visitors.
    @Suite struct FolderFaults {
        @Test(arguments: [
            "birth:1", "migration:1", "opened:1", "database-write:1", "database-write:5", "before-commit:1", "wal-write:2",
            "committed:1",
        ])
        func `a node that dies in its first start begins anew, at whatever point`(point: String) async throws {
            try await Stage.run { stage in
                var launch = try stage.launch("node1")
                launch.environment["HOLDFAST_KILL_POINT"] = point
                let dying = try stage.begin(launch)
                #expect(await dying.waitForExit(timeout: .seconds(20)) == .signal(9), "\(dying.endOfLog())")
                launch.environment = [:]
                let node = try await stage.start(launch)
                #expect(try await stage.increment("alice", by: 3, at: node).line == "3")
            }
        }

        @Test func `what was answered is there after a death between flush and answer, and before`() async throws {
            try await Stage.run { stage in
                var node = try await stage.startOne()
                #expect(try await stage.increment("alice", by: 10, at: node).line == "10")
                await node.stop()
                var expected = 10
                for (position, point) in ["committed:14", "before-commit:14", "wal-write:40"].enumerated() {
                    var launch = node.launch
                    launch.environment["HOLDFAST_KILL_POINT"] = point
                    let dying = try await stage.start(launch)
                    // Increments until it dies; the last one is not answered, and is asked again under its id.
                    var number = 0
                    while dying.process.exit == nil, number < 100 {
                        number += 1
                        expected += 1
                        let result = try await stage.run(
                            ["counter", "increment", "alice", "--request-id", "r\(position)-\(number)", "--timeout", "1"], at: dying)
                        guard result.exit == .code(0) else { break }
                        #expect(result.line == "\(expected)")
                    }
                    #expect(await dying.waitForExit() == .signal(9), "\(point)")
                    node = try await stage.start(node.launch)
                    let again = try await stage.increment("alice", by: 1, requestID: "r\(position)-\(number)", at: node)
                    #expect(again.line == "\(expected)", "\(point): \(again)")
                    #expect(try await stage.get("alice", at: node).line == "\(expected)")
                    await node.stop()
                }
            }
        }

        @Test func `a bit flipped in the WAL of a killed node keeps it from serving`() async throws {
            try await Stage.run { stage in
                let node = try await stage.startOne()
                for _ in 0..<5 { _ = try await stage.increment("alice", by: 1, at: node) }
                node.kill()
                _ = await node.waitForExit()
                let wal = node.launch.data + "/journal.db-wal"
                var bytes = try stage.content(wal)
                bytes[32 + 24 + 5_000] ^= 4
                try bytes.write(to: URL(fileURLWithPath: wal))
                let verify = try await stage.run(["journal", "verify", "--data", node.launch.data])
                #expect(verify.exit == .code(74) && "\(verify)".contains("write-ahead log"), "\(verify)")
                let damaged = try stage.begin(node.launch)
                #expect(await damaged.waitForExit(timeout: .seconds(20)) == .code(74))
                #expect(damaged.endOfLog().contains("write-ahead log"), "\(damaged.endOfLog())")
                #expect(!damaged.isReady)
            }
        }

        /// `starts`: how often it was started before, where it met nobody. Its start counter is then that of the folder, or higher.
        @Test(arguments: [0, 3])
        func `an old copy of a folder is refused, and the node comes back with an empty one`(starts: Int) async throws {
            try await Stage.run { stage in
                let nodes = try await stage.startThree()
                for number in 0..<5 { _ = try await stage.increment("c\(number)", by: 1, at: nodes[0]) }
                let (victim, others) = (nodes[2], nodes[0].address)
                victim.kill()
                _ = await victim.waitForExit()
                let (data, copy) = (victim.launch.data, victim.launch.data + ".old")
                try FileManager.default.copyItem(atPath: data, toPath: copy)
                let second = try await stage.restart(victim)
                for number in 0..<5 { _ = try await stage.increment("c\(number)", by: 1, at: nodes[0]) }
                second.kill()
                _ = await second.waitForExit()
                try FileManager.default.removeItem(atPath: data)
                try FileManager.default.moveItem(atPath: copy, toPath: data)
                for _ in 0..<starts { try JournalFile.open(directory: data).close() }
                let clone = try stage.begin(victim.launch)
                #expect(await clone.waitForExit(timeout: .seconds(20)) == .code(74), "\(clone.endOfLog())")
                try FileManager.default.removeItem(atPath: data)
                var launch = victim.launch
                launch.name = "node4"
                launch.seeds = [others]
                let fresh = try await stage.start(launch)
                for number in 0..<5 { #expect(try await stage.get("c\(number)", at: fresh).line == "2") }
            }
        }

        @Test func `a program that holds the write lock, or a read transaction, stops nobody for good`() async throws {
            try await Stage.run { stage in
                let node = try await stage.startOne()
                #expect(try await stage.increment("alice", by: 1, at: node).line == "1")
                let (reader, locker) = (try open(node), try open(node))
                #expect(sqlite3_exec(reader, "BEGIN; SELECT count(*) FROM journal", nil, nil, nil) == SQLITE_OK)
                #expect(try await stage.increment("alice", by: 1, at: node).line == "2")
                #expect(sqlite3_exec(locker, "BEGIN IMMEDIATE", nil, nil, nil) == SQLITE_OK)
                let waiting = try ChildProcess.start(
                    ChildProcess.Launch(
                        executable: Stage.executable,
                        arguments: ["counter", "increment", "alice", "--request-id", "r", "--connect", node.address],
                        errorFile: stage.folder + "/waiting.err"))
                // Longer than the node itself waits for a lock.
                try await Task.sleep(for: .seconds(3))
                #expect(sqlite3_exec(locker, "ROLLBACK", nil, nil, nil) == SQLITE_OK)
                #expect(await waiting.waitForExit(timeout: .seconds(30)) != nil)
                #expect(try await stage.increment("alice", by: 1, requestID: "r", at: node).line == "3")
                sqlite3_close(locker)
                sqlite3_close(reader)
                #expect(node.process.exit == nil)
            }
        }

        private func open(_ node: ChildNode) throws -> OpaquePointer? {
            var connection: OpaquePointer?
            #expect(sqlite3_open(node.launch.data + "/journal.db", &connection) == SQLITE_OK)
            sqlite3_busy_timeout(connection, 5_000)
            return connection
        }
    }
}
