import CLI
import CSQLite
import Engine
import Entities
import Foundation
import Node
import Testing

extension EndToEnd {
    @Suite struct BadInput {
        // MARK: Requests

        @Test func `bad requests are refused with the reason, and change nothing`() async throws {
            try await Stage.run { stage in
                let node = try await stage.startOne()
                func refuses(_ arguments: [String], with code: Int32, saying word: String, at line: Int = #line) async throws {
                    let result = try await stage.run(arguments, at: node)
                    #expect(result.exit == .code(code), "\(arguments) in line \(line): \(result)")
                    #expect(result.errors.contains(word), "\(arguments) in line \(line): \(result)")
                    #expect(result.output == "", "\(arguments) in line \(line): \(result)")
                }
                let long = String(repeating: "x", count: 513)
                try await refuses(["counter", "increment", ""], with: 64, saying: "1 to 512 bytes")
                try await refuses(["counter", "get", ""], with: 64, saying: "1 to 512 bytes")
                try await refuses(["counter", "increment", long], with: 64, saying: "513 bytes")
                try await refuses(["counter", "get", long], with: 64, saying: "513 bytes")
                try await refuses(["counter", "increment", "a", "--by", "9223372036854775808"], with: 64, saying: "by")
                try await refuses(["counter", "increment", "a", "--by", "ten"], with: 64, saying: "by")
                try await refuses(["counter", "increment", "a", "--request-id", ""], with: 64, saying: "request id")
                try await refuses(
                    ["counter", "increment", "a", "--request-id", String(repeating: "r", count: 256)], with: 64, saying: "255")
                try await refuses(["counter", "increment"], with: 64, saying: "id")
                try await refuses(["cluster", "move", "counter/99", "1"], with: 66, saying: "counter/0 to counter/9")
                try await refuses(["cluster", "move", "counter/1", "9"], with: 66, saying: "9")
                try await refuses(["cluster", "remove", "9"], with: 66, saying: "9")
                #expect(try await stage.get("a", at: node).line == "0")

                let longest = String(repeating: "x", count: 512)
                #expect(try await stage.increment(longest, by: 1, at: node).line == "1")
            }
        }

        @Test func `a balance that would leave the 64-bit range stays`() async throws {
            try await Stage.run { stage in
                let node = try await stage.startOne()
                #expect(try await stage.increment("a", by: .max, at: node).line == "\(Int64.max)")
                for _ in 0..<2 {
                    let result = try await stage.increment("a", by: 1, requestID: "over", at: node)
                    #expect(result.exit == .code(65), "\(result)")
                    #expect(result.errors.contains("\(Int64.max)"), "\(result)")
                }
                #expect(try await stage.get("a", at: node).line == "\(Int64.max)")
                #expect(try await stage.increment("a", by: -1, at: node).line == "\(Int64.max - 1)")
            }
        }

        @Test func `what only a program can send is refused as well`() async throws {
            try await Stage.run { stage in
                let node = try await stage.startOne()
                let cluster = try await Cluster.connect(to: [node.address])
                func failure(_ kind: String, _ name: String, _ payload: [UInt8]) async -> String? {
                    let command = EntityCommand(
                        kind: kind, entity: Array("a".utf8), name: name, payload: payload, request: nil)
                    guard case .failed(let failure) = await cluster.perform(.command(command), timeout: .seconds(10)),
                        failure.outcome == .invalid
                    else { return nil }
                    return failure.failure.code.rawValue
                }
                let large = Array("{\"by\":1,\"note\":\"".utf8) + Array(repeating: UInt8(ascii: "x"), count: 1 << 20) + Array("\"}".utf8)
                #expect(await failure("counter", "increment", large) == "too-large")
                #expect(await failure("counter", "increment", Array("{\"by\":".utf8)) == "malformed")
                #expect(await failure("counter", "increment", Array("{\"by\":\"1\"}".utf8)) == "malformed")
                #expect(await failure("counter", "increment", Array("{\"by\":1e99}".utf8)) == "malformed")
                #expect(await failure("counter", "jump", Array("{}".utf8)) == "unknown-command")
                #expect(await failure("account", "increment", Array("{\"by\":1}".utf8)) == "unknown-kind")
                await cluster.close()
                #expect(try await stage.get("a", at: node).line == "0")
            }
        }

        @Test func `no node to talk to is exit code 69`() async throws {
            try await Stage.run { stage in
                let address = "127.0.0.1:\(try FreePorts.pick(1)[0])"
                let result = try await stage.run(["counter", "get", "a", "--timeout", "1", "--connect", address])
                #expect(result.exit == .code(69), "\(result)")
                #expect(result.errors.contains(address), "\(result)")
                let garbage = try await stage.run(["counter", "get", "a", "--connect", "nowhere"])
                #expect(garbage.exit == .code(64), "\(garbage)")
            }
        }

        // MARK: Nodes

        /// Starts a node that must end by itself, and soon, with a code and a word.
        private func refuses(
            _ stage: Stage, _ launch: ChildNode.Launch, with code: Int32, saying word: String, at line: Int = #line
        ) async throws {
            let node = try stage.begin(launch)
            let exit = await node.waitForExit(timeout: .seconds(20))
            #expect(exit == .code(code), "line \(line): \(node.endOfLog())")
            #expect(node.endOfLog().contains(word), "line \(line): \(node.endOfLog())")
            #expect(!node.isReady)
        }

        @Test func `a file that is not a database is refused and left alone`() async throws {
            try await Stage.run { stage in
                let launch = try stage.launch("node1")
                try FileManager.default.createDirectory(atPath: launch.data, withIntermediateDirectories: true)
                let path = launch.data + "/journal.db"
                for content in ["", "not a database\n", String(repeating: "x", count: 9_000)] {
                    try Data(content.utf8).write(to: URL(fileURLWithPath: path))
                    try await refuses(stage, launch, with: 74, saying: path)
                    #expect(try stage.content(path) == Data(content.utf8))
                }
            }
        }

        @Test func `a file of a newer version is refused and left alone`() async throws {
            try await Stage.run { stage in
                let node = try await stage.startOne()
                await node.stop()
                let path = node.launch.data + "/journal.db"
                var connection: OpaquePointer?
                #expect(sqlite3_open(path, &connection) == SQLITE_OK)
                #expect(sqlite3_exec(connection, "PRAGMA user_version = 9999", nil, nil, nil) == SQLITE_OK)
                sqlite3_close(connection)
                let before = try stage.content(path)
                try await refuses(stage, node.launch, with: 74, saying: "newer")
                #expect(try stage.content(path) == before)
            }
        }

        @Test func `a folder in use is refused`() async throws {
            try await Stage.run { stage in
                let node = try await stage.startOne()
                var second = node.launch
                second.port = try FreePorts.pick(1)[0]
                second.logFile = stage.folder + "/second.log"
                try await refuses(stage, second, with: 74, saying: node.launch.data)
                #expect(try await stage.increment("a", by: 1, at: node).line == "1")
            }
        }

        @Test func `a port in use is refused, and the folder stays as it was`() async throws {
            try await Stage.run { stage in
                let node = try await stage.startOne()
                try await refuses(
                    stage, try stage.launch("node2", port: node.launch.port), with: 69, saying: "\(node.launch.port)")
                #expect(try await stage.increment("a", by: 1, at: node).line == "1")
            }
        }

        @Test func `a folder that cannot be written is refused`() async throws {
            try await Stage.run { stage in
                var launch = try stage.launch("node1")
                try Data().write(to: URL(fileURLWithPath: stage.folder + "/file"))
                launch.data = stage.folder + "/file/data"
                try await refuses(stage, launch, with: 74, saying: stage.folder + "/file")
                // Root may write everywhere but in file systems that are not made of files.
                #if os(Linux)
                    launch.data = "/proc/holdfast"
                    try await refuses(stage, launch, with: 74, saying: launch.data)
                #endif
            }
        }

        @Test func `a seed of another cluster is refused`() async throws {
            try await Stage.run { stage in
                let ours = try await stage.start(stage.launch("ours"))
                let theirs = try await stage.start(stage.launch("theirs"))
                #expect(try await stage.increment("a", by: 1, at: ours).line == "1")
                await ours.stop()
                var launch = ours.launch
                launch.seeds = [theirs.address]
                try await refuses(stage, launch, with: 74, saying: "another cluster")
                // Nothing is lost: without the seed it is what it was.
                let back = try await stage.start(ours.launch)
                #expect(try await stage.get("a", at: back).line == "1")
                #expect(try await stage.get("a", at: theirs).line == "0")
            }
        }

        @Test func `a seed that does not answer is waited for, then given up`() async throws {
            try await Stage.run { stage in
                let settings = stage.folder + "/settings.json"
                try Data("{\"join-timeout-seconds\": 1}".utf8).write(to: URL(fileURLWithPath: settings))
                let seed = "127.0.0.1:\(try FreePorts.pick(1)[0])"
                let launch = try stage.launch("node1", seeds: [seed], arguments: ["--config", settings])
                try await refuses(stage, launch, with: 69, saying: seed)
                // It must not have founded a cluster meanwhile.
                let later = try await stage.startOne()
                #expect(try await stage.increment("a", by: 1, at: later).line == "1")
            }
        }

        @Test func `another number of shards is refused`() async throws {
            try await Stage.run { stage in
                let node = try await stage.startOne(arguments: ["--shards", "4"])
                #expect(try await stage.increment("a", by: 1, at: node).line == "1")
                await node.stop()
                var launch = node.launch
                launch.extraArguments = ["--shards", "8"]
                try await refuses(stage, launch, with: 64, saying: "4")
                launch.extraArguments = []
                let back = try await stage.start(launch)
                #expect(try await stage.get("a", at: back).line == "1")
            }
        }

        @Test func `bad arguments of a node are exit code 64`() async throws {
            try await Stage.run { stage in
                for arguments in [
                    ["node"], ["node", "--data", "x", "--listen", "nowhere"], ["node", "--data", "x", "--listen", "a:99999"],
                    ["node", "--data", "x", "--shards", "0"], ["node", "--data", "x", "--seed", "::"],
                    ["node", "--data", "x", "--config", "/nowhere.json"], ["nonsense"], ["crash-test", "--faults", "flood"],
                ] {
                    let result = try await stage.run(arguments, timeout: .seconds(10))
                    #expect(result.exit == .code(64), "\(arguments): \(result)")
                    #expect(!result.errors.isEmpty)
                }
            }
        }
    }
}
