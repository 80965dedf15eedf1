import CLI
import Directory
import Engine
import Entities
import JSON
import Node
import Primitives
import Testing

extension EndToEnd {
    @Suite struct ThreeNodes {
        @Test func `a node that joins serves at once`() async throws {
            try await Stage.run { stage in
                let first = try await stage.startOne()
                let second = try await stage.start(stage.launch("node2", seeds: [first.address]))
                // A lost first message is missed after five seconds; on a loaded machine all else takes less than four.
                #expect(try #require(second.timeToReady) < .seconds(4))
            }
        }

        @Test func `nodes killed under load lose nothing and double nothing`() async throws {
            try await Stage.run { stage in
                let folder = stage.folder + "/crash-test"
                let result = try await stage.run(
                    ["crash-test", "--nodes", "3", "--seconds", "15", "--seed", "5", "--json", "--folder", folder],
                    timeout: .seconds(150))
                #expect(result.exit == .code(0), "\(result)")
                let report = try JSONValue.parse(result.output)
                #expect(report["passed"] == true)
                // A run that struck nobody, or judged nothing, proves nothing.
                #expect(report["faults"]?["kill"]?.integer ?? 0 >= 2, "\(result.output)")
                #expect(report["faults"]?["killall"]?.integer ?? 0 >= 1, "\(result.output)")
                #expect(report["increments_acknowledged"]?.integer ?? 0 > 500, "\(result.output)")
                #expect(report["resent"]?.integer ?? 0 > 0, "\(result.output)")
                #expect(report["entries_compared"]?.integer ?? 0 > 1_000, "\(result.output)")
            }
        }

        /// One short run each; `tools/test --long` has the long ones.
        @Test(arguments: [["cut", "delay"], ["full", "twice", "reader", "locker", "pause"]])
        func `faults of network, disk and folder lose nothing and double nothing`(faults: [String]) async throws {
            try await Stage.run { stage in
                let folder = stage.folder + "/crash-test"
                let result = try await stage.run(
                    ["crash-test", "--seconds", "9", "--seed", "11", "--json", "--folder", folder, "--faults"]
                        + [faults.joined(separator: ",")],
                    timeout: .seconds(150))
                #expect(result.exit == .code(0), "\(result)")
                let report = try JSONValue.parse(result.output)
                #expect(report["passed"] == true)
                #expect(report["entries_compared"]?.integer ?? 0 > 500, "\(result.output)")
                #expect(report["faults"]?.object?.count ?? 0 > 0, "\(result.output)")
            }
        }

        @Test func `all nodes killed at once come back with everything`() async throws {
            try await Stage.run { stage in
                let nodes = try await stage.startThree()
                let counters = (1...8).map { "counter-\($0)" }
                for (position, counter) in counters.enumerated() {
                    let amount = Int64(position + 1)
                    let result = try await stage.increment(counter, by: amount, requestID: "r", at: nodes[position % 3])
                    #expect(result.line == "\(amount)", "\(result)")
                }
                for node in nodes { node.kill() }
                for node in nodes { _ = await node.waitForExit() }
                let back = try nodes.map { try stage.begin($0.launch) }
                for node in back { try await node.waitUntilReady() }
                for (position, counter) in counters.enumerated() {
                    let node = back[(position + 1) % 3]
                    #expect(try await stage.get(counter, at: node).line == "\(position + 1)")
                    let again = try await stage.increment(counter, by: Int64(position + 1), requestID: "r", at: node)
                    #expect(again.line == "\(position + 1)", "\(again)")
                }
            }
        }

        @Test func `a node that is asked to stop hands over, and the others go on`() async throws {
            try await Stage.run { stage in
                let nodes = try await stage.startThree()
                #expect(try await stage.increment("alice", by: 1, at: nodes[0]).line == "1")
                let owner = try await stage.owner(of: "alice", among: nodes)
                owner.terminate()
                #expect(await owner.waitForExit(timeout: .seconds(5)) == .code(0), "\(owner.endOfLog())")
                let other = nodes.first { $0 !== owner }!
                #expect(try await stage.increment("alice", by: 1, at: other).line == "2")
                let back = try await stage.restart(owner)
                #expect(try await stage.get("alice", at: back).line == "2")
            }
        }

        @Test func `a killed owner is replaced, and its counters go on`() async throws {
            try await Stage.run { stage in
                let nodes = try await stage.startThree()
                #expect(try await stage.increment("alice", by: 1, requestID: "r1", at: nodes[0]).line == "1")
                let owner = try await stage.owner(of: "alice", among: nodes)
                owner.kill()
                let other = nodes.first { $0 !== owner }!
                #expect(try await stage.increment("alice", by: 1, requestID: "r2", at: other).line == "2")
                #expect(try await stage.increment("alice", by: 1, requestID: "r1", at: other).line == "1")
                #expect(try await stage.get("alice", at: other).line == "2")
            }
        }

        @Test func `a paused follower holds nobody up`() async throws {
            try await Stage.run(isAlone: true) { stage in
                let nodes = try await stage.startThree()
                let cluster = try await Cluster.connect(to: nodes.map(\.address))
                // Counters of shards that the first two nodes lead.
                let paused = nodes[2]
                var counters: [String] = []
                for number in 0..<40 where counters.count < 8 {
                    let id = "counter-\(number)"
                    if try await stage.owner(of: id, in: cluster) != paused.address { counters.append(id) }
                }
                let entities = try await cluster.entities(Counter.self)
                #expect(counters.count == 8)
                for id in counters { _ = try await entities[id].send(Counter.Increment(by: 1)) }
                // How long the machine itself makes a call wait, then the same with a follower that says nothing.
                let usual = try await Self.longestCall(to: entities, counters, for: .seconds(3))
                paused.pause()
                let longest = try await Self.longestCall(to: entities, counters, for: .seconds(4))
                paused.resume()
                // The shortest of the time-outs that could have helped is 600 ms, and each shard would have to wait for one.
                #expect(longest < max(.milliseconds(500), usual * 3), "\(longest), and \(usual) before")
                await cluster.close()
            }
        }

        private static func longestCall(
            to entities: EntityCollection<Counter>, _ counters: [String], for span: Duration
        ) async throws -> Duration {
            let clock = ContinuousClock()
            let start = clock.now
            var longest = Duration.zero
            var count = 0
            while clock.now - start < span {
                let before = clock.now
                _ = try await entities[counters[count % counters.count]].send(Counter.Increment(by: 1))
                longest = max(longest, clock.now - before)
                count += 1
            }
            return longest
        }
    }
}

extension Stage {
    /// The address of the node that owns a counter.
    func owner(of id: String, in cluster: Cluster) async throws -> String? {
        let map = try await cluster.clusterMap()
        guard let kind = map.kinds.first(where: { $0.name == "counter" }) else { return nil }
        let owner = map.owners[Int(kind.group(of: Array(id.utf8)).rawValue) - 1]
        return map.members.first { $0.id.rawValue == owner }?.address.description
    }

    func owner(of id: String, among nodes: [ChildNode]) async throws -> ChildNode {
        let cluster = try await Cluster.connect(to: nodes.map(\.address))
        let address = try await owner(of: id, in: cluster)
        await cluster.close()
        return try #require(nodes.first { $0.address == address })
    }
}
