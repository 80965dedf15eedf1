import CLI
import Foundation
import JSON
import Testing

extension EndToEnd {
    /// Folders that are repaired, compacted, or too small.
    @Suite struct Care {
        /// A byte of every copy of this event changes on the disk.
        private func damage(_ path: String, _ event: String, _ stage: Stage) throws {
            var bytes = try stage.content(path)
            let before = bytes
            while let place = bytes.range(of: Data(event.utf8)) { bytes[place.upperBound - 2] = UInt8(ascii: "2") }
            try #require(bytes != before)
            try bytes.write(to: URL(fileURLWithPath: path))
        }

        private func repair(_ stage: Stage, _ node: ChildNode, seeds: [String], _ arguments: [String] = []) async throws -> Stage.Result {
            var all = ["node", "repair", "--data", node.launch.data, "--listen", node.address] + arguments
            for seed in seeds { all += ["--seed", seed] }
            return try await stage.run(all, timeout: .seconds(90))
        }

        @Test func `a damaged node is brought back from its peers by one command`() async throws {
            try await Stage.run { stage in
                let nodes = try await stage.startThree()
                for number in 0..<10 { _ = try await stage.increment("c\(number)", by: 4_711, at: nodes[0]) }
                let victim = nodes[2]
                await victim.stop()
                try damage(victim.launch.data + "/journal.db", #"{"by":4711}"#, stage)
                let verify = try await stage.run(["journal", "verify", "--data", victim.launch.data])
                #expect(verify.exit == .code(74) && verify.errors.contains("holdfast node repair"), "\(verify)")

                let result = try await repair(stage, victim, seeds: [nodes[0].address], ["--json"])
                #expect(result.exit == .code(0), "\(result)")
                let report = try JSONValue.parse(result.line)
                #expect(report["replaced"]?.integer == 3 && report["node"]?.integer == 4, "\(report)")
                let aside = try #require(report["set_aside"]?.string)
                #expect(FileManager.default.fileExists(atPath: aside + "/journal.db"))

                let back = try await stage.start(victim.launch)
                for number in 0..<10 { #expect(try await stage.get("c\(number)", at: back).line == "4711") }
                let settled = try await stage.run(["cluster", "wait", "3", "--settled"], at: nodes[0])
                #expect(settled.exit == .code(0), "\(settled)")
                let members = try await stage.run(["journal", "verify", "--connect", nodes[0].address])
                #expect(members.exit == .code(0), "\(members)")
            }
        }

        @Test func `a stale copy is told of the command, and mended by it`() async throws {
            try await Stage.run { stage in
                let nodes = try await stage.startThree()
                let victim = nodes[2]
                await victim.stop()
                let (data, copy) = (victim.launch.data, victim.launch.data + ".copy")
                try FileManager.default.copyItem(atPath: data, toPath: copy)
                let second = try await stage.restart(victim)
                _ = try await stage.increment("alice", by: 3, at: nodes[0])
                // The original runs: its copy is no node that is missed.
                var stray = victim.launch
                stray.data = copy
                let running = try await stage.run(
                    ["node", "repair", "--data", copy, "--listen", "127.0.0.1:\(try FreePorts.pick(1)[0])", "--seed", nodes[0].address],
                    timeout: .seconds(60))
                #expect(running.exit == .code(65) && running.errors.contains("runs at"), "\(running)")
                await second.stop()
                try FileManager.default.removeItem(atPath: data)
                try FileManager.default.moveItem(atPath: copy, toPath: data)
                let stale = try stage.begin(victim.launch)
                #expect(await stale.waitForExit(timeout: .seconds(20)) == .code(74), "\(stale.endOfLog())")
                #expect(stale.endOfLog().contains("holdfast node repair"), "\(stale.endOfLog())")
                let result = try await repair(stage, victim, seeds: [nodes[0].address])
                #expect(result.exit == .code(0), "\(result)")
                let back = try await stage.start(victim.launch)
                #expect(try await stage.get("alice", at: back).line == "3")
            }
        }

        @Test func `a repair that no peer can help with changes nothing`() async throws {
            try await Stage.run { stage in
                let node = try await stage.startOne()
                let other = try await stage.start(stage.launch("node2", seeds: [node.address]))
                let wait = try await stage.run(["cluster", "wait", "2", "--settled"], at: node)
                #expect(wait.exit == .code(0), "\(wait)")
                _ = try await stage.increment("alice", by: 3, at: node)
                let used = try await repair(stage, other, seeds: [node.address])
                #expect(used.exit == .code(74) && used.errors.contains("in use"), "\(used)")
                await other.stop()
                // Two replicas have no majority without one of them.
                let two = try await repair(stage, other, seeds: [node.address])
                #expect(two.exit == .code(69) && two.errors.contains("majority"), "\(two)")
                await node.stop()
                let none = try await repair(stage, other, seeds: [node.address])
                #expect(none.exit == .code(69) && none.errors.contains("no healthy peer"), "\(none)")
                let stranger = try await stage.start(stage.launch("stranger"))
                let foreign = try await repair(stage, other, seeds: [stranger.address])
                #expect(foreign.exit == .code(65) && foreign.errors.contains("another one"), "\(foreign)")
                let nowhere = try await stage.run(["node", "repair", "--data", stage.folder + "/nowhere", "--seed", stranger.address])
                #expect(nowhere.exit == .code(66), "\(nowhere)")
                let names = try FileManager.default.contentsOfDirectory(atPath: stage.folder)
                #expect(!names.contains { $0.contains("set-aside") }, "\(names)")
                _ = try stage.begin(node.launch)
                let back = try await stage.restart(other)
                #expect(try await stage.get("alice", at: back).line == "3")
            }
        }

        @Test func `entries that are not retained go, and compacting gives their space back`() async throws {
            try await Stage.run { stage in
                let settings = stage.folder + "/settings.json"
                try Data(#"{"checkpoint-entries": 200, "retain": 10}"#.utf8).write(to: URL(fileURLWithPath: settings))
                let node = try await stage.start(stage.launch("node1", arguments: ["--config", settings, "--shards", "1"]))
                let load = try await stage.run(
                    ["bench", "--seconds", "3", "--callers", "32", "--entities", "10"], at: node)
                #expect(load.exit == .code(0), "\(load)")
                let data = ["--data", node.launch.data]
                func first() async throws -> Int64 {
                    let lines = try await stage.run(["journal", "retention", "--json"] + data).output.split(separator: "\n")
                    return try lines.map { try JSONValue.parse(String($0)) }.first { $0["shard"]?.string == "counter/0" }?["first"]?.integer ?? 0
                }
                _ = await waitUntil(within: .seconds(15), every: .milliseconds(100)) { (try? await first()) ?? 0 > 100 }
                #expect(try await first() > 100)
                let sum = try await stage.get("bench-1", at: node).line
                let busy = try await stage.run(["journal", "compact"] + data)
                #expect(busy.exit == .code(74) && busy.errors.contains("in use"), "\(busy)")
                await node.stop()
                let compacted = try await stage.run(["journal", "compact", "--json"] + data)
                #expect(compacted.exit == .code(0), "\(compacted)")
                let report = try JSONValue.parse(compacted.line)
                #expect(report["bytes_after"]?.integer ?? .max < report["bytes_before"]?.integer ?? 0, "\(report)")
                #expect(try await stage.run(["journal", "verify"] + data).exit == .code(0))
                let back = try await stage.restart(node)
                #expect(try await stage.get("bench-1", at: back).line == sum)
                // What is trimmed comes back from its checkpoint, in a backup and in an export as well.
                let (backup, export) = (stage.folder + "/b", stage.folder + "/e")
                #expect(try await stage.run(["cluster", "backup", "--to", backup], at: back).exit == .code(0))
                #expect(try await stage.run(["journal", "export", "--from", backup, "--to", export]).exit == .code(0))
                for (name, arguments) in [("restore", ["--from", backup]), ("import", ["--from", export])] {
                    let launch = try stage.launch(name)
                    let made = try await stage.run(["journal", name, "--data", launch.data] + arguments)
                    #expect(made.exit == .code(0), "\(made)")
                    #expect(try await stage.get("bench-1", at: stage.start(launch)).line == sum)
                }
            }
        }

        /// A file system of one MiB; nil where this user cannot make one.
        private func smallDisk(_ path: String, _ stage: Stage) async throws -> Bool {
            #if os(Linux)
                guard geteuid() == 0 else { return false }
                try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
                return try await run("mount", ["-t", "tmpfs", "-o", "size=256k", "tmpfs", path])
            #else
                return false
            #endif
        }

        private func run(_ name: String, _ arguments: [String]) async throws -> Bool {
            let process = try ChildProcess.start(
                ChildProcess.Launch(executable: "/usr/bin/" + name, arguments: arguments, errorFile: "/dev/null"))
            return await process.waitForExit(timeout: .seconds(10)) == .code(0)
        }

        @Test func `a disk that fills during a backup is told, and nothing is left on it`() async throws {
            try await Stage.run { stage in
                let disk = stage.folder + "/disk"
                guard try await smallDisk(disk, stage) else { return }
                let node = try await stage.startOne()
                let load = try await stage.run(["bench", "--seconds", "2", "--callers", "32", "--entities", "100"], at: node)
                #expect(load.exit == .code(0), "\(load)")
                do {
                    for arguments in [
                        ["journal", "backup", "--to", disk + "/b.db", "--data", node.launch.data],
                        ["journal", "export", "--to", disk + "/e.jsonl", "--data", node.launch.data],
                        ["cluster", "backup", "--to", disk + "/b", "--connect", node.address],
                        ["journal", "restore", "--from", node.launch.data + "/journal.db", "--data", disk + "/new"],
                    ] {
                        let result = try await stage.run(arguments)
                        #expect(result.exit == .code(74), "\(arguments): \(result)")
                        #expect(result.errors.lowercased().contains("full") || result.errors.contains("No space"), "\(arguments): \(result)")
                        #expect(try FileManager.default.contentsOfDirectory(atPath: disk) == [], "\(arguments)")
                    }
                    #expect(try await stage.increment("alice", by: 1, at: node).line == "1")
                } catch {
                    _ = try await run("umount", ["-l", disk])
                    throw error
                }
                _ = try await run("umount", ["-l", disk])
            }
        }
    }
}
