import Engine
import Entities
import Foundation
import JSON
import Node
import Testing

@testable import Gateway

@Suite(.timeLimit(.minutes(2))) struct EventStreamTests {
    private static func request(_ id: String, _ fields: String = "", query: String = "") -> String {
        "GET /v1/entities/counter/\(id)/events\(query) HTTP/1.1\r\nHost: h\r\nAccept: text/event-stream\r\n\(fields)\r\n"
    }

    private static func increment(_ id: String, at address: String) async throws {
        let answer = try await HTTPAnswer.to(
            "POST", "/v1/entities/counter/\(id)/increment", body: #"{"by":1}"#, at: address)
        #expect(answer.status == 200, "\(answer)")
    }

    private static func ids(_ bytes: [UInt8]) -> [Int] {
        String(decoding: bytes, as: UTF8.self).split(whereSeparator: \.isNewline)
            .filter { $0.hasPrefix("id: ") }.compactMap { Int($0.dropFirst(4)) }
    }

    @Test func `the stream has what was there and goes on as it happens`() async throws {
        try await GatewayStage.runNode { address in
            for _ in 0..<3 { try await Self.increment("alice", at: address) }
            try await HTTPConnection.with(address) { reader, writer in
                try await writer.send(Self.request("alice"))
                #expect(try await reader.read(until: "id: 3\n"))
                for revision in 4...30 {
                    try await Self.increment("alice", at: address)
                    #expect(try await reader.read(until: "id: \(revision)\n"))
                }
                #expect(Self.ids(reader.received) == Array(1...30))
                let text = String(decoding: reader.received, as: UTF8.self)
                #expect(text.contains("text/event-stream") && text.contains(#""type":"incremented","data":{"by":1}"#))
            }
        }
    }

    @Test func `the node tells of a commit by itself, of no other entity, and no more once the watch has ended`() async throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("gateway-\(UUID().uuidString)").path
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let node = try await Node.start(GatewayStage.configuration("a", folder))
        try await node.waitUntilReady()
        let counters = try await node.entities(Counter.self, shards: 2)
        let (told, tell) = AsyncStream.makeStream(of: String.self)
        let ends = [
            await node.watch(WatchedEntity(kind: "counter", entity: Array("a".utf8))) { tell.yield("a") },
            await node.watch(WatchedEntity(kind: "counter", entity: Array("b".utf8))) { tell.yield("b") },
        ]
        for id in ["c", "a", "b", "a"] { _ = try await counters[id].send(Counter.Increment(by: 1)) }
        ends[0]()
        for id in ["a", "b"] { _ = try await counters[id].send(Counter.Increment(by: 1)) }
        ends[1]()
        await node.stop()
        tell.finish()
        var heard: [String] = []
        for await name in told { heard.append(name) }
        #expect(heard == ["a", "b", "a", "b"])
    }

    @Test func `it resumes after Last-Event-ID, which counts for more than after`() async throws {
        try await GatewayStage.runNode { address in
            for _ in 0..<5 { try await Self.increment("bob", at: address) }
            try await HTTPConnection.with(address) { reader, writer in
                try await writer.send(Self.request("bob", "Last-Event-ID: 3\r\n", query: "?after=1"))
                #expect(try await reader.read(until: "id: 5\n"))
                #expect(Self.ids(reader.received) == [4, 5])
            }
        }
    }

    @Test func `an entity that nobody has touched has a stream, too`() async throws {
        try await GatewayStage.runNode { address in
            try await HTTPConnection.with(address) { reader, writer in
                try await writer.send(Self.request("later"))
                #expect(try await reader.read(until: "retry: "))
                try await Self.increment("other", at: address)
                try await Self.increment("later", at: address)
                #expect(try await reader.read(until: "id: 1\n"))
            }
        }
    }

    @Test func `more streams than may be are refused`() async throws {
        try await GatewayStage.runNode(change: { $0.streamsMax = 1 }) { address in
            try await HTTPConnection.with(address) { reader, writer in
                try await writer.send(Self.request("alice"))
                #expect(try await reader.read(until: "retry: "))
                let second = try await HTTPAnswer.to(
                    "GET", "/v1/entities/counter/alice/events", ["Accept: text/event-stream"], at: address)
                #expect(second.status == 503 && second.errorCode == "overloaded", "\(second)")
            }
            // The first client is gone: there is room again.
            try await HTTPConnection.with(address) { reader, writer in
                let isOpen = try await eventually {
                    reader.received = []
                    try await writer.send(Self.request("alice"))
                    _ = try await reader.read(until: "\r\n\r\n")
                    return String(decoding: reader.received, as: UTF8.self).contains(" 200 ")
                } until: { $0 }
                #expect(isOpen)
            }
        }
    }

    @Test func `streams end when the gateway shuts down`() async throws {
        let (ends, end) = AsyncStream.makeStream(of: Bool.self)
        try await GatewayStage.runNode { address in
            let (opened, opening) = AsyncStream.makeStream(of: Void.self)
            Task {
                try await HTTPConnection.with(address) { reader, writer in
                    try await writer.send(Self.request("alice"))
                    _ = try await reader.read(until: "retry: ")
                    opening.finish()
                    try await reader.readToEnd()
                    end.yield(true)
                }
            }
            for await _ in opened {}
        }
        for await hasEnded in ends {
            #expect(hasEnded)
            break
        }
    }

    @Test func `any node answers for any entity, and streams it, with a replica or without`() async throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("gateway-\(UUID().uuidString)").path
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let one = try await Node.start(GatewayStage.configuration("one", folder))
        try await one.waitUntilReady()
        var nodes = [one]
        for name in ["two", "three", "four"] {
            nodes.append(
                try await Node.start(
                    GatewayStage.configuration(name, folder, seeds: [one.address]), kinds: [Counter.self]))
        }
        try await one.waitFor(members: 4)
        _ = try await one.entities(Counter.self, shards: 4)
        try await one.waitUntilSettled()
        // Of four nodes, one has no replica of the shard.
        for (number, node) in nodes.enumerated() {
            try await GatewayStage.run(node) { address in
                try await Self.increment("shared", at: address)
                let state = try await HTTPAnswer.to("GET", "/v1/entities/counter/shared", at: address)
                #expect(state.json["revision"]?.integer == Int64(number + 1), "\(state)")
                let events = try await HTTPAnswer.to("GET", "/v1/entities/counter/shared/events", at: address)
                #expect(events.json["events"]?.array?.count == number + 1, "\(events)")
                let past = try await HTTPAnswer.to("GET", "/v1/entities/counter/shared?revision=1", at: address)
                #expect(past.body == #"{"state":{"balance":1},"revision":1}"#)
                try await HTTPConnection.with(address) { reader, writer in
                    try await writer.send(Self.request("shared"))
                    #expect(try await reader.read(until: "id: \(number + 1)\n"))
                }
                let cluster = try await HTTPAnswer.to("GET", "/v1/cluster", at: address)
                #expect(cluster.json["members"]?.array?.count == 4, "\(cluster)")
                #expect(cluster.json["shards"]?.array?.count == 5)
            }
        }
        for node in nodes.reversed() { await node.stop() }
    }
}
