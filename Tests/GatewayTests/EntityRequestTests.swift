import JSON
import Testing

@testable import Gateway

/// The table of the contract, over real connections to a real node.
@Suite(.timeLimit(.minutes(2))) struct EntityRequestTests {
    private func increment(
        _ id: String, _ body: String, _ fields: [String] = [], at address: String
    ) async throws -> HTTPAnswer {
        try await HTTPAnswer.to("POST", "/v1/entities/counter/\(id)/increment", fields, body: body, at: address)
    }

    @Test func `a command is answered with its reply and its receipt`() async throws {
        try await GatewayStage.runNode { address in
            let first = try await increment("alice", #"{"by": 10}"#, at: address)
            #expect(first.status == 200, "\(first)")
            #expect(first.fields["content-type"] == "application/json")
            #expect(first.json["reply"]?.integer == 10)
            let receipt = try #require(first.json["receipt"])
            #expect(receipt["shard"]?.string?.hasPrefix("counter/") == true)
            #expect(receipt["revision"]?.integer == 1)
            #expect((receipt["index"]?.integer ?? 0) > 0 && (receipt["term"]?.integer ?? 0) > 0)
            #expect(try await increment("alice", #"{"by": -3}"#, at: address).json["reply"]?.integer == 7)
            let state = try await HTTPAnswer.to("GET", "/v1/entities/counter/alice", at: address)
            #expect(state.body == #"{"state":{"balance":7},"revision":2}"#)
        }
    }

    @Test func `every registered kind is served, without further code`() async throws {
        try await GatewayStage.runNode { address in
            let write = try await HTTPAnswer.to(
                "POST", "/v1/entities/note/n1/write", body: #"{"text": "häh"}"#, at: address)
            #expect(write.json["reply"]?.integer == 3, "\(write)")
            let clear = try await HTTPAnswer.to("POST", "/v1/entities/note/n1/clear", at: address)
            #expect(clear.status == 200, "a command without fields needs no body: \(clear)")
            let state = try await HTTPAnswer.to("GET", "/v1/entities/note/n1", at: address)
            #expect(state.body == #"{"state":{"text":"","writes":1},"revision":2}"#)
        }
    }

    @Test func `what the entity refuses is a 422 with its refusal`() async throws {
        try await GatewayStage.runNode { address in
            _ = try await increment("max", #"{"by": 9223372036854775807}"#, at: address)
            let refused = try await increment("max", #"{"by": 1}"#, ["Idempotency-Key: k-7"], at: address)
            #expect(refused.status == 422, "\(refused)")
            #expect(refused.errorCode == "refused")
            #expect(refused.json["error"]?["requestID"]?.string == "k-7")
            #expect(refused.json["error"]?["refusal"]?["by"]?.integer == 1)
            #expect(refused.message.contains("64-bit"))
        }
    }

    @Test func `a retry under its key gets the first answer, another payload a 409`() async throws {
        try await GatewayStage.runNode { address in
            let first = try await increment("alice", #"{"by": 5}"#, ["Idempotency-Key: one"], at: address)
            _ = try await increment("alice", #"{"by": 1}"#, at: address)
            let again = try await increment("alice", #"{"by": 5}"#, ["Idempotency-Key: one"], at: address)
            #expect(first.status == 200 && again.body == first.body, "\(again)")
            let other = try await increment("alice", #"{"by": 6}"#, ["Idempotency-Key: one"], at: address)
            #expect(other.status == 409 && other.errorCode == "request-id-conflict", "\(other)")
            let state = try await HTTPAnswer.to("GET", "/v1/entities/counter/alice", at: address)
            #expect(state.json["state"]?["balance"]?.integer == 6)
        }
    }

    @Test func `an entity that nobody has touched has its first state`() async throws {
        try await GatewayStage.runNode { address in
            for suffix in ["", "?consistency=local", "?revision=0"] {
                let state = try await HTTPAnswer.to("GET", "/v1/entities/counter/nobody\(suffix)", at: address)
                #expect(state.body == #"{"state":{"balance":0},"revision":0}"#, "\(state)")
            }
            let head = try await HTTPAnswer.to("HEAD", "/v1/entities/counter/nobody", at: address)
            #expect(head.status == 200 && head.body.isEmpty)
            #expect(head.fields["content-length"] == "\(#"{"state":{"balance":0},"revision":0}"#.utf8.count)")
        }
    }

    @Test func `the state as it was at every revision`() async throws {
        try await GatewayStage.runNode { address in
            for by in 1...5 { _ = try await increment("bob", "{\"by\": \(by)}", at: address) }
            for (revision, balance) in [(0, 0), (1, 1), (2, 3), (3, 6), (4, 10), (5, 15)] {
                let state = try await HTTPAnswer.to(
                    "GET", "/v1/entities/counter/bob?revision=\(revision)", at: address)
                #expect(state.body == "{\"state\":{\"balance\":\(balance)},\"revision\":\(revision)}")
            }
            let later = try await HTTPAnswer.to("GET", "/v1/entities/counter/bob?revision=6", at: address)
            #expect(later.status == 404 && later.errorCode == "unknown-revision", "\(later)")
        }
    }

    @Test func `events are there at once, oldest first, in pages`() async throws {
        try await GatewayStage.runNode { address in
            for by in 1...5 {
                _ = try await increment("carol", "{\"by\": \(by)}", ["Idempotency-Key: k\(by)"], at: address)
            }
            let all = try await HTTPAnswer.to("GET", "/v1/entities/counter/carol/events", at: address)
            #expect(all.json["events"]?.array?.map { $0["revision"]?.integer } == [1, 2, 3, 4, 5], "\(all)")
            #expect(all.json["more"]?.bool == false)
            let first = try #require(all.json["events"]?[0])
            #expect(first["type"]?.string == "incremented" && first["data"]?["by"]?.integer == 1)
            #expect(first["requestID"]?.string == "k1")
            #expect(first["recordedAt"]?.string?.hasPrefix("20") == true)
            let page = try await HTTPAnswer.to("GET", "/v1/entities/counter/carol/events?after=1&limit=2", at: address)
            #expect(page.json["events"]?.array?.map { $0["revision"]?.integer } == [2, 3], "\(page)")
            #expect(page.json["more"]?.bool == true)
            let none = try await HTTPAnswer.to("GET", "/v1/entities/counter/carol/events?after=99", at: address)
            #expect(none.body == #"{"events":[],"more":false}"#)
        }
    }

    @Test func `ids are any text, percent-encoded`() async throws {
        try await GatewayStage.runNode { address in
            let ids = ["a%2Fb", "%E2%82%AC%20uro", "..", "%00", "a+b", "a%3Fb%23c", String(repeating: "x", count: 512)]
            for (number, id) in ids.enumerated() {
                let answer = try await increment(id, "{\"by\": \(number + 1)}", at: address)
                #expect(answer.json["reply"]?.integer == Int64(number + 1), "\(id): \(answer)")
            }
        }
    }

    @Test func `a client that goes away cancels nothing`() async throws {
        try await GatewayStage.runNode { address in
            for _ in 0..<20 {
                try await HTTPConnection.with(address) { _, writer in
                    try await writer.send(
                        "POST /v1/entities/counter/gone/increment HTTP/1.1\r\nHost: h\r\n"
                            + "Content-Type: application/json\r\nContent-Length: 8\r\n\r\n{\"by\":1}")
                }
            }
            let state = try await eventually {
                try await HTTPAnswer.to("GET", "/v1/entities/counter/gone", at: address)
            } until: {
                $0.json["revision"]?.integer == 20
            }
            #expect(state.json["state"]?["balance"]?.integer == 20)
        }
    }
}

/// Asks again until the answer is the one wanted, or the test's time is over.
func eventually<Value>(_ ask: () async throws -> Value, until isWanted: (Value) -> Bool) async throws -> Value {
    var value = try await ask()
    for _ in 0..<2_000 where !isWanted(value) {
        await Task.yield()
        value = try await ask()
    }
    return value
}
