import CLI
import Foundation
import JSON
import Testing

extension EndToEnd {
    @Suite struct Exports {
        @Test func `an export comes back with values, revisions and request ids`() async throws {
            try await Stage.run { stage in
                let node = try await stage.startOne()
                _ = try await stage.increment("alice", by: 10, requestID: "r1", at: node)
                _ = try await stage.increment("alice", by: 5, at: node)
                _ = try await stage.increment("bob \"the\" builder\n", by: -3, at: node)
                let file = stage.folder + "/e.jsonl"
                let export = try await stage.run(["journal", "export", "--data", node.launch.data, "--to", file])
                #expect(export.exit == .code(0), "\(export)")
                let again = try await stage.run(["journal", "export", "--data", node.launch.data, "--to", file])
                #expect(again.exit == .code(74), "\(again)")

                let launch = try stage.launch("imported")
                let imported = try await stage.run(["journal", "import", "--from", file, "--data", launch.data])
                #expect(imported.exit == .code(0), "\(imported)")
                // What comes back is written out as it was, line by line, but for its head and end.
                func records(_ path: String) throws -> [Substring] {
                    String(decoding: try stage.content(path), as: UTF8.self).split(separator: "\n").filter { $0.contains("\"record\"") }
                }
                let second = stage.folder + "/second.jsonl"
                #expect(try await stage.run(["journal", "export", "--data", launch.data, "--to", second]).exit == .code(0))
                #expect(try records(file) == records(second) && records(file).count == 3)
                let restored = try await stage.start(launch)
                #expect(try await stage.get("alice", at: restored).line == "15")
                #expect(try await stage.get("bob \"the\" builder\n", at: restored).line == "-3")
                #expect(try await stage.increment("alice", by: 10, requestID: "r1", at: restored).line == "10")
            }
        }

        @Test func `an import with a broken line names it and makes nothing`() async throws {
            try await Stage.run { stage in
                let node = try await stage.startOne()
                for number in 0..<5 { _ = try await stage.increment("c\(number)", by: 1, at: node) }
                _ = try await stage.increment("c0", by: 1, at: node)
                let file = stage.folder + "/e.jsonl"
                #expect(try await stage.run(["journal", "export", "--data", node.launch.data, "--to", file]).exit == .code(0))
                let text = String(decoding: try stage.content(file), as: UTF8.self)
                let lines = text.split(separator: "\n").map(String.init)
                let record = try #require(lines.firstIndex { $0.contains("\"record\"") })
                func refuses(_ changed: [String], saying words: [String], at line: Int = #line) async throws {
                    try Data((changed.joined(separator: "\n") + "\n").utf8).write(to: URL(fileURLWithPath: file))
                    let result = try await stage.run(["journal", "import", "--from", file, "--data", stage.folder + "/new"])
                    #expect(result.exit == .code(74), "line \(line): \(result)")
                    for word in words { #expect(result.errors.contains(word), "line \(line): \(result)") }
                    let names = try FileManager.default.contentsOfDirectory(atPath: stage.folder)
                    #expect(!names.contains { $0.hasPrefix("new") }, "line \(line): \(names)")
                }
                func changing(_ position: Int, _ change: (inout String) -> Void) -> [String] {
                    var changed = lines
                    change(&changed[position])
                    return changed
                }
                let place = "line \(record + 1)"
                try await refuses(changing(record) { $0 = "{\"shard\":" }, saying: [place])
                try await refuses(changing(record) { $0 = $0.replacing("\"index\":", with: "\"indx\":") }, saying: [place, "index"])
                try await refuses(changing(record) { $0 = $0.replacing("\"revision\":1", with: "\"revision\":7") }, saying: [place, "revision 7"])
                try await refuses(changing(record) { $0 = $0.replacing("\"entity\":\"c", with: "\"entity\":\"d") }, saying: [place])
                // A byte that no rule of the format finds is found by the digest.
                try await refuses(changing(record) { $0 = $0.replacing("{\"by\":1}", with: "{\"by\":2}") }, saying: ["digest"])
                try await refuses(Array(lines.dropLast()), saying: ["cut short"])
                try await refuses(Array(lines.prefix(record) + lines.dropFirst(record + 1)), saying: ["line "])
                try await refuses(changing(0) { $0 = $0.replacing("\"format\":1", with: "\"format\":2") }, saying: ["newer"])
                try await refuses(["hello"], saying: ["line 1"])
                try await refuses(lines + ["{}"], saying: ["after the last line"])
                try Data(text.utf8).write(to: URL(fileURLWithPath: file))
                let used = try await stage.run(["journal", "import", "--from", file, "--data", node.launch.data])
                #expect(used.exit == .code(64), "\(used)")
            }
        }
    }

    @Suite struct EventCommands {
        @Test func `events are followed as they happen, until a signal`() async throws {
            try await Stage.run { stage in
                let node = try await stage.startOne()
                for amount: Int64 in [10, 5] { _ = try await stage.increment("alice", by: amount, at: node) }
                let follower = try ChildProcess.start(
                    ChildProcess.Launch(
                        executable: Stage.executable,
                        arguments: ["events", "follow", "counter", "alice", "--after", "1", "--json", "--connect", node.address],
                        errorFile: stage.folder + "/follower.err"))
                func lines() -> [JSONValue] {
                    follower.output.split(separator: "\n").compactMap { try? JSONValue.parse(String($0)) }
                }
                #expect(await waitUntil(within: .seconds(10)) { lines().count == 1 }, "\(follower.output)")
                _ = try await stage.increment("alice", by: 7, requestID: "r3", at: node)
                #expect(await waitUntil(within: .seconds(10)) { lines().count == 2 }, "\(follower.output)")
                #expect(lines().map { $0["revision"]?.integer } == [2, 3])
                #expect(lines().map { $0["data"]?["by"]?.integer } == [5, 7])
                #expect(lines().last?["request_id"]?.string == "r3")
                follower.signal(SIGINT)
                #expect(await follower.waitForExit(timeout: .seconds(10)) == .code(0))
                let listed = try await stage.run(["events", "list", "counter", "alice", "--after", "1", "--limit", "1"], at: node)
                #expect(listed.line.hasSuffix("counter/alice  2  incremented {\"by\":5}"), "\(listed)")
                let unknown = try await stage.run(["events", "follow", "account", "alice"], at: node)
                #expect(unknown.exit == .code(66), "\(unknown)")
            }
        }
    }

    @Suite struct ShellCommands {
        @Test func `a shell takes lines from a pipe, and tells which of them failed`() async throws {
            try await Stage.run { stage in
                let node = try await stage.startOne()
                func shell(_ lines: String) async throws -> (exit: CLI.ExitStatus?, output: String, errors: String) {
                    let (input, errors) = (stage.folder + "/lines", stage.folder + "/shell.err")
                    try Data(lines.utf8).write(to: URL(fileURLWithPath: input))
                    try? FileManager.default.removeItem(atPath: errors)
                    let process = try ChildProcess.start(
                        ChildProcess.Launch(
                            executable: "/bin/sh",
                            arguments: ["-c", "exec '\(Stage.executable)' shell --connect \(node.address) < '\(input)'"], errorFile: errors))
                    let exit = await process.waitForExit(timeout: .seconds(20))
                    return (exit, process.output, (try? String(contentsOfFile: errors, encoding: .utf8)) ?? "")
                }
                let good = try await shell("increment alice 5\nincrement \"two words\"\n\nget alice\nevents alice\nstatus")
                #expect(good.exit == .code(0), "\(good)")
                let lines = good.output.split(separator: "\n")
                #expect(lines.prefix(3) == ["5", "1", "5"], "\(good)")
                #expect(lines.dropFirst(3).first?.hasSuffix("counter/alice  1  incremented {\"by\":5}") ?? false, "\(good)")
                #expect(good.output.contains("1 up"), "\(good)")
                let bad = try await shell("gett alice\nget alice\nquit\nget nobody")
                #expect(bad.exit == .code(64) && bad.errors.contains("line 1") && bad.errors.contains("did you mean get"), "\(bad)")
                #expect(bad.output == "5\n", "\(bad)")
            }
        }
    }

    @Suite struct ClusterVerifications {
        @Test func `replicas are compared across nodes, and a damaged one is named`() async throws {
            try await Stage.run { stage in
                // Checkpoints come early: a start looks at what came after them, and at no entry before.
                let settings = stage.folder + "/settings.json"
                try Data(#"{"checkpoint-entries": 20}"#.utf8).write(to: URL(fileURLWithPath: settings))
                let arguments = ["--config", settings]
                let first = try await stage.start(stage.launch("node1", arguments: arguments + ["--shards", "1"]))
                _ = try await stage.start(stage.launch("node2", seeds: [first.address], arguments: arguments))
                let victim = try await stage.start(stage.launch("node3", seeds: [first.address], arguments: arguments))
                let wait = try await stage.run(["cluster", "wait", "3", "--settled"], at: first)
                #expect(wait.exit == .code(0), "\(wait)")
                _ = try await stage.increment("needle", by: 4_711, at: first)
                #expect(try await stage.run(["bench", "--seconds", "1", "--entities", "5"], at: first).exit == .code(0))
                let sound = try await stage.run(["journal", "verify", "--connect", first.address])
                #expect(sound.exit == .code(0) && sound.output.contains("equal on all nodes"), "\(sound)")
                await victim.stop()
                let down = try await stage.run(["journal", "verify", "--connect", first.address, "--timeout", "5"])
                #expect(down.exit == .code(69) && down.output.contains("node 3"), "\(down)")

                let path = victim.launch.data + "/journal.db"
                var bytes = try stage.content(path)
                let before = bytes
                while let place = bytes.range(of: Data(#"{"by":4711}"#.utf8)) { bytes[place.upperBound - 2] = UInt8(ascii: "2") }
                try #require(bytes != before)
                try bytes.write(to: URL(fileURLWithPath: path))
                _ = try await stage.restart(victim)
                let back = try await stage.run(["cluster", "wait", "3", "--settled"], at: first)
                #expect(back.exit == .code(0), "\(back)")
                let found = try await stage.run(["journal", "verify", "--connect", first.address])
                #expect(found.exit == .code(74), "\(found)")
                #expect(found.output.contains("counter/0 on node 3: the checksum of entry"), "\(found)")
                #expect(found.errors.contains("holdfast node repair"), "\(found)")
                // The backup takes what is damaged there from another node.
                let backup = try await stage.run(["cluster", "backup", "--to", stage.folder + "/b"], at: first)
                #expect(backup.exit == .code(0), "\(backup)")
            }
        }
    }
}
