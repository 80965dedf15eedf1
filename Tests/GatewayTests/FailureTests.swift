import Engine
import Entities
import JSON
import Primitives
import Testing

@testable import Gateway

/// What a node in trouble says becomes the status that the contract names.
@Suite(.timeLimit(.minutes(1))) struct FailureTests {
    private static let path = "/v1/entities/counter/alice/increment"

    private func answer(
        _ response: Response, _ fields: [String] = [], method: String = "POST", path: String = path
    ) async throws -> HTTPAnswer {
        let box = Box()
        try await GatewayStage.run(ScriptedBackend { _ in response }) { address in
            await box.set(
                try await HTTPAnswer.to(method, path, fields, body: method == "POST" ? #"{"by":1}"# : nil, at: address))
        }
        return try #require(await box.answer)
    }

    private actor Box {
        var answer: HTTPAnswer?
        func set(_ new: HTTPAnswer) { answer = new }
    }

    @Test func `not committed is a 503 that says when to come again`() async throws {
        let soon = try await answer(
            .failed(RequestFailure(.notCommitted, .overloaded, "too much", retryAfterMilliseconds: 100)))
        #expect(soon.status == 503 && soon.errorCode == "overloaded" && soon.fields["retry-after"] == "1", "\(soon)")
        let later = try await answer(
            .failed(RequestFailure(.notCommitted, .unavailable, "nobody", retryAfterMilliseconds: 2_001)))
        #expect(later.status == 503 && later.fields["retry-after"] == "3", "\(later)")
        let unsaid = try await answer(.failed(RequestFailure(.notCommitted, .timedOut, "late")))
        #expect(unsaid.status == 503 && unsaid.fields["retry-after"] == "1", "\(unsaid)")
    }

    @Test func `outcome unknown is a 504 under the caller's key`() async throws {
        let keyed = try await answer(
            .failed(RequestFailure(.unknown, .timedOut, "no answer")), ["Idempotency-Key: mine"])
        #expect(keyed.status == 504 && keyed.errorCode == "outcome-unknown", "\(keyed)")
        #expect(keyed.json["error"]?["requestID"]?.string == "mine")
        #expect(keyed.fields["x-request-id"] == "mine")
        let bare = try await answer(.failed(RequestFailure(.unknown, .timedOut, "no answer")))
        #expect(bare.status == 504 && bare.message.contains("Idempotency-Key"), "\(bare)")
    }

    @Test func `a question without an answer is a 503, whatever the node calls it`() async throws {
        let unknown = try await answer(
            .failed(RequestFailure(.unknown, .timedOut, "late")), method: "GET", path: "/v1/entities/counter/alice")
        #expect(unknown.status == 503, "\(unknown)")
        let cluster = try await answer(
            .failed(RequestFailure(.notCommitted, .unavailable, "nobody")), method: "GET", path: "/v1/cluster")
        #expect(cluster.status == 503, "\(cluster)")
    }

    @Test func `a node that answers something else is a 500`() async throws {
        let odd = try await answer(.document([]), method: "GET", path: "/v1/entities/counter/alice")
        #expect(odd.status == 500 && odd.errorCode == "unreadable-reply", "\(odd)")
        let events = try await answer(.document([0x7B]), method: "GET", path: "/v1/entities/counter/alice/events")
        #expect(events.status == 500, "\(events)")
    }

    @Test func `ready says why not; alive is apart`() async throws {
        try await GatewayStage.run(ScriptedBackend(reasons: ["the disk is full"]) { _ in .document([]) }) { address in
            let ready = try await HTTPAnswer.to("GET", "/readyz", at: address)
            #expect(ready.status == 503 && ready.json["reasons"]?[0]?.string == "the disk is full", "\(ready)")
            #expect(try await HTTPAnswer.to("GET", "/healthz", at: address).status == 200)
        }
        try await GatewayStage.runNode { address in
            // The new shards choose their owners first.
            let ready = try await eventually {
                try await HTTPAnswer.to("GET", "/readyz", at: address)
            } until: { $0.status == 200 }
            #expect(ready.status == 200 && ready.json["status"]?.string == "ready", "\(ready)")
        }
    }

    @Test func `more requests at once than may be are refused at once`() async throws {
        let (gate, opening) = AsyncStream.makeStream(of: Void.self)
        let (arrivals, arrival) = AsyncStream.makeStream(of: Void.self)
        let backend = ScriptedBackend { _ in
            arrival.yield()
            for await _ in gate {}
            return .failed(RequestFailure(.notCommitted, .unavailable, "at last"))
        }
        try await GatewayStage.run(backend, change: { $0.requestsMax = 1 }) { address in
            async let held = HTTPAnswer.to("POST", Self.path, body: "{}", at: address)
            for await _ in arrivals { break }
            let refused = try await HTTPAnswer.to("POST", Self.path, body: "{}", at: address)
            #expect(refused.status == 503 && refused.errorCode == "overloaded", "\(refused)")
            #expect(refused.fields["retry-after"] == "1")
            // The refused request's body is not taken for the next request, and who looks after the node is answered all the same.
            try await HTTPConnection.with(address) { reader, writer in
                let command = "POST \(Self.path) HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 9\r\n\r\n{\"by\": 1}"
                try await writer.send(command + "GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n")
                _ = try await reader.read(until: "alive")
                let text = String(decoding: reader.received, as: UTF8.self)
                let (first, second) = (text.firstRange(of: "503 Service Unavailable"), text.firstRange(of: "200 OK"))
                #expect(first.map { first in second.map { first.lowerBound < $0.lowerBound } ?? false } ?? false, "\(text)")
            }
            opening.finish()
            #expect(try await held.message == "at last")
            // The place is free again.
            #expect(try await HTTPAnswer.to("POST", Self.path, body: "{}", at: address).message == "at last")
        }
    }

    @Test func `requests in a row on one connection need one place`() async throws {
        let (gate, opening) = AsyncStream.makeStream(of: Void.self)
        let (arrivals, arrival) = AsyncStream.makeStream(of: Void.self)
        let backend = ScriptedBackend { _ in
            arrival.yield()
            for await _ in gate {}
            return .failed(RequestFailure(.notCommitted, .unavailable, "at last"))
        }
        let command = "POST \(Self.path) HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}"
        try await GatewayStage.run(backend, change: { $0.requestsMax = 1 }) { address in
            try await HTTPConnection.with(address) { reader, writer in
                try await writer.send(command + command + command)
                for await _ in arrivals { break }
                opening.finish()
                _ = try await reader.read { $0.ranges(of: "at last").count == 3 }
                let text = String(decoding: reader.received, as: UTF8.self)
                #expect(text.ranges(of: "at last").count == 3, "\(text)")
            }
            // And it is free again.
            #expect(try await HTTPAnswer.to("POST", Self.path, body: "{}", at: address).message == "at last")
        }
    }
}
