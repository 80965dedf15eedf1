@testable import CLI
import CSQLite
import Engine
import Entities
import Foundation
import JSON
import Node
import Primitives
import Testing

extension EndToEnd {
    /// Backups of nodes and clusters, and what must not be taken for one.
    @Suite struct Backups {
        /// A restored cluster of one, started.
        private func start(_ stage: Stage, _ backup: String, _ name: String, _ arguments: [String] = []) async throws -> ChildNode {
            let launch = try stage.launch(name)
            let restore = try await stage.run(["journal", "restore", "--from", backup, "--data", launch.data] + arguments)
            try #require(restore.exit == .code(0), "\(restore)")
            return try await stage.start(launch)
        }

        @Test func `a cluster under load is backed up at one cut, and comes back as a new cluster`() async throws {
            try await Stage.run { stage in
                let nodes = try await stage.startThree()
                for number in 0..<20 { _ = try await stage.increment("c\(number)", by: Int64(number), at: nodes[number % 3]) }
                let load = try ChildProcess.start(
                    ChildProcess.Launch(
                        executable: Stage.executable,
                        arguments: ["bench", "--seconds", "3", "--callers", "8", "--entities", "50", "--connect", nodes[0].address],
                        errorFile: stage.folder + "/load.err"))
                let backup = stage.folder + "/backup"
                let result = try await stage.run(["cluster", "backup", "--to", backup, "--json"], at: nodes[1])
                #expect(result.exit == .code(0), "\(result)")
                #expect(await load.waitForExit(timeout: .seconds(30)) == .code(0))
                let manifest = try JSONValue.parse(String(decoding: stage.content(backup + "/manifest.json"), as: UTF8.self))
                #expect(manifest["shards"]?.array?.count == 10, "\(manifest)")
                #expect(try await stage.run(["journal", "verify", "--from", backup]).exit == .code(0))
                // What is answered later is not in it.
                _ = try await stage.increment("c3", by: 1_000, at: nodes[0])

                let restored = try await start(stage, backup, "restored")
                for number in 0..<20 { #expect(try await stage.get("c\(number)", at: restored).line == "\(number)") }
                let again = try await stage.run(["cluster", "backup", "--to", backup], at: nodes[0])
                #expect(again.exit == .code(64), "\(again)")
            }
        }

        /// The reason for the holds: of two commands one after the other, on two shards, no cut has the second alone.
        @Test func `no cut has what came later without what came before`() async throws {
            try await Stage.run { stage in
                let nodes = try await stage.startThree()
                let cluster = try await Cluster.connect(to: nodes.map(\.address))
                let counters = try await cluster.entities(Counter.self)
                let chains = (0..<24).map { chain in
                    Task {
                        while !Task.isCancelled {
                            for place in ["first", "second", "third"] {
                                _ = try await counters["\(place)-\(chain)"].send(Counter.Increment(by: 1))
                            }
                        }
                    }
                }
                func judge(_ counts: [String: Int], _ what: String) {
                    for chain in chains.indices {
                        let found = ["first", "second", "third"].map { counts["\($0)-\(chain)"] ?? 0 }
                        #expect(found[0] >= found[1] && found[1] >= found[2] && found[0] <= found[2] + 1, "\(what): \(found)")
                    }
                }
                // Shard after shard is told to hold still, slowly: without holds, chains would go on by dozens meanwhile.
                let slow = try await ClusterCut.take(of: cluster, within: .seconds(20), pause: .milliseconds(30))
                #expect(slow.heldMilliseconds >= 270)
                for number in 0..<2 {
                    let backup = stage.folder + "/b\(number)"
                    let result = try await stage.run(["cluster", "backup", "--to", backup, "--timeout", "20"], at: nodes[number % 3])
                    #expect(result.exit == .code(0), "\(result)")
                    judge(try increments(backup + "/shards.db"), "backup \(number)")
                }
                for chain in chains { chain.cancel() }
                for chain in chains { _ = try? await chain.value }
                await cluster.close()
                await nodes[0].stop()
                judge(try increments(nodes[0].launch.data + "/journal.db", through: slow), "the slow cut")
            }
        }

        @Test func `a shard that is held answers reads, and takes commands when it is released or its time is over`() async throws {
            try await Stage.run { stage in
                let node = try await stage.startOne()
                let cluster = try await Cluster.connect(to: [node.address])
                let counters = try await cluster.entities(Counter.self)
                let receipt = try await counters["a"].send(Counter.Increment(by: 1))
                let group = GroupID(UInt32(receipt.shard.number) + 1)
                let point = try await cluster.hold(group, on: NodeID(1), cut: 7, milliseconds: 2_000, timeout: .seconds(5))
                #expect(point.index >= receipt.index)
                let waiting = Task { try await counters["a"].send(Counter.Increment(by: 1)) }
                for _ in 0..<50 { #expect(try await counters["a"].ask(Counter.Balance()) == 1) }
                #expect(try await cluster.standing(of: group, on: NodeID(1)).committed <= point.index)
                await #expect(throws: Failure.self) {
                    try await cluster.hold(group, on: NodeID(1), cut: 8, milliseconds: 100, timeout: .seconds(5))
                }
                #expect(try await cluster.release(group, on: NodeID(1), cut: 7, timeout: .seconds(5)) == point)
                #expect(try await waiting.value.index > point.index)

                _ = try await cluster.hold(group, on: NodeID(1), cut: 9, milliseconds: 1, timeout: .seconds(5))
                #expect(try await counters["a"].send(Counter.Increment(by: 1)).reply == 3)
                await #expect(throws: Failure.self) { try await cluster.release(group, on: NodeID(1), cut: 9, timeout: .seconds(5)) }
                await cluster.close()
            }
        }

        /// How many increments of each counter a journal has, in all or up to a cut.
        private func increments(_ path: String, through cut: ClusterCut? = nil) throws -> [String: Int] {
            var connection: OpaquePointer?
            #expect(sqlite3_open_v2(path, &connection, SQLITE_OPEN_READONLY, nil) == SQLITE_OK)
            defer { sqlite3_close(connection) }
            let ends = cut.map { $0.shards.map { "(shard = '\($0.name)' AND \"index\" <= \($0.point.index))" }.joined(separator: " OR ") }
            var row: OpaquePointer?
            sqlite3_prepare_v2(
                connection, "SELECT entity, count(*) FROM events WHERE kind = 'counter' AND (\(ends ?? "TRUE")) GROUP BY entity", -1, &row, nil)
            defer { sqlite3_finalize(row) }
            var counts: [String: Int] = [:]
            while sqlite3_step(row) == SQLITE_ROW { counts[String(cString: sqlite3_column_text(row, 0))] = Int(sqlite3_column_int64(row, 1)) }
            #expect(!counts.isEmpty)
            return counts
        }

        @Test func `what is no whole backup is refused, and nothing is made`() async throws {
            try await Stage.run { stage in
                let node = try await stage.startOne()
                for number in 0..<30 { _ = try await stage.increment("needle-\(number)", by: 4_700 + Int64(number), at: node) }
                let (file, folder) = (stage.folder + "/b.db", stage.folder + "/b")
                #expect(try await stage.run(["journal", "backup", "--to", file, "--data", node.launch.data]).exit == .code(0))
                #expect(try await stage.run(["cluster", "backup", "--to", folder], at: node).exit == .code(0))
                let target = stage.folder + "/new"
                func refuses(
                    _ backup: String, _ code: Int32, saying word: String, _ arguments: [String] = [], at line: Int = #line
                ) async throws {
                    let result = try await stage.run(["journal", "restore", "--from", backup, "--data", target] + arguments)
                    #expect(result.exit == .code(code), "line \(line): \(result)")
                    #expect(result.errors.contains(word), "line \(line): \(result)")
                    let names = try FileManager.default.contentsOfDirectory(atPath: stage.folder)
                    #expect(!names.contains { $0.hasPrefix("new") }, "line \(line): \(names)")
                }
                let (whole, shards) = (try stage.content(file), try stage.content(folder + "/shards.db"))
                let manifest = try stage.content(folder + "/manifest.json")
                func put(_ data: Data, _ path: String) throws { try data.write(to: URL(fileURLWithPath: path)) }

                for part in [0, 10, whole.count / 2, whole.count - 4_096] {
                    try put(whole.prefix(part), file)
                    try await refuses(file, 74, saying: file)
                }
                try put(shards.prefix(shards.count / 2), folder + "/shards.db")
                try await refuses(folder, 74, saying: "cut short")
                var damaged = shards
                // A page may hold an old copy of a row in its free space.
                while let place = damaged.range(of: Data(#"{"by":4711}"#.utf8)) { damaged[place.upperBound - 2] = UInt8(ascii: "2") }
                try #require(damaged != shards)
                try put(damaged, folder + "/shards.db")
                try await refuses(folder, 74, saying: "checksum")
                try put(shards, folder + "/shards.db")
                try put(manifest.prefix(manifest.count / 2), folder + "/manifest.json")
                try await refuses(folder, 74, saying: "manifest.json")
                let text = String(decoding: manifest, as: UTF8.self)
                try put(Data(text.replacing("\"format\": 1", with: "\"format\": 2").utf8), folder + "/manifest.json")
                try await refuses(folder, 74, saying: "newer")
                let cluster = try #require(try JSONValue.parse(text)["cluster"]?.string)
                let other = "00000000-0000-4000-8000-000000000000"
                try put(Data(text.replacing(cluster, with: other).utf8), folder + "/manifest.json")
                try await refuses(folder, 74, saying: other)
                try put(manifest, folder + "/manifest.json")
                try await refuses(folder, 65, saying: other, ["--cluster", other])
                try FileManager.default.removeItem(atPath: folder + "/manifest.json")
                try await refuses(folder, 66, saying: "manifest.json")
                try await refuses(node.launch.data, 64, saying: "journal backup")
                try put(whole, file)
                var connection: OpaquePointer?
                #expect(sqlite3_open(file, &connection) == SQLITE_OK)
                #expect(sqlite3_exec(connection, "PRAGMA user_version = 9999", nil, nil, nil) == SQLITE_OK)
                sqlite3_close(connection)
                try await refuses(file, 74, saying: "newer")
            }
        }

        @Test func `a restore onto a folder in use or not empty is refused`() async throws {
            try await Stage.run { stage in
                let node = try await stage.startOne()
                _ = try await stage.increment("a", by: 1, at: node)
                let file = stage.folder + "/b.db"
                #expect(try await stage.run(["journal", "backup", "--to", file, "--data", node.launch.data]).exit == .code(0))
                let running = try await stage.run(["journal", "restore", "--from", file, "--data", node.launch.data])
                #expect(running.exit == .code(64) && running.errors.contains("not empty"), "\(running)")
                #expect(try await stage.increment("a", by: 1, at: node).line == "2")
                try FileManager.default.createDirectory(atPath: stage.folder + "/full", withIntermediateDirectories: true)
                try Data([1]).write(to: URL(fileURLWithPath: stage.folder + "/full/x"))
                let full = try await stage.run(["journal", "restore", "--from", file, "--data", stage.folder + "/full"])
                #expect(full.exit == .code(64), "\(full)")
                #expect(try FileManager.default.contentsOfDirectory(atPath: stage.folder + "/full") == ["x"])
            }
        }

        @Test func `a cluster backup comes back up to a time`() async throws {
            try await Stage.run { stage in
                let node = try await stage.startOne()
                for amount: Int64 in [10, 5, 1] {
                    _ = try await stage.increment("alice", by: amount, at: node)
                    try await Task.sleep(for: .milliseconds(5))
                }
                let backup = stage.folder + "/b"
                #expect(try await stage.run(["cluster", "backup", "--to", backup], at: node).exit == .code(0))
                var connection: OpaquePointer?
                #expect(sqlite3_open_v2(backup + "/shards.db", &connection, SQLITE_OPEN_READONLY, nil) == SQLITE_OK)
                var row: OpaquePointer?
                sqlite3_prepare_v2(connection, "SELECT recorded_at FROM events WHERE entity = 'alice' AND revision = 2", -1, &row, nil)
                try #require(sqlite3_step(row) == SQLITE_ROW)
                let time = String(cString: sqlite3_column_text(row, 0))
                sqlite3_finalize(row)
                sqlite3_close(connection)
                let restored = try await start(stage, backup, "restored", ["--until", time])
                #expect(try await stage.get("alice", at: restored).line == "15")
            }
        }
    }
}
