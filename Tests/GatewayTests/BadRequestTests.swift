import JSON
import Testing

@testable import Gateway

/// Whatever comes gets an answer that says what is wrong with it, and the gateway goes on.
@Suite(.timeLimit(.minutes(2))) struct BadRequestTests {
    private static let path = "/v1/entities/counter/alice/increment"

    @Test func `each kind of malformed request has its status and its words`() async throws {
        try await GatewayStage.runNode(change: { $0.bodyBytesMax = 2_000 }) { address in
            let cases: [(String, String, [String], String?, Int, String)] = [
                ("POST", Self.path, [], "{", 400, "malformed"),
                ("POST", Self.path, [], "", 400, "malformed"),
                ("POST", Self.path, [], #"{"by": "ten"}"#, 400, "malformed"),
                ("POST", Self.path, [], #"{"by": 1e400}"#, 400, "malformed"),
                ("POST", Self.path, [], #"{"by": 9223372036854775808}"#, 400, "malformed"),
                ("POST", Self.path, [], #"{"by": 1, "by": 2}"#, 400, "malformed"),
                ("POST", Self.path, [], "{\"by\": \"\u{1}\"}", 400, "malformed"),
                ("POST", Self.path + "?x=1", [], "{}", 400, "malformed"),
                ("POST", Self.path, ["Idempotency-Key: " + String(repeating: "k", count: 256)], "{}", 400, "malformed"),
                ("POST", Self.path, ["Idempotency-Key: a b"], "{}", 400, "malformed"),
                ("POST", Self.path, ["Idempotency-Key: é"], "{}", 400, "malformed"),
                ("POST", Self.path, ["Idempotency-Key: "], "{}", 400, "malformed"),
                ("POST", "/v1/entities/counter/alice/events", [], "{}", 405, "method-not-allowed"),
                ("POST", Self.path, [], "{\"by\": \(String(repeating: " ", count: 3_000))1}", 413, "too-large"),
                ("POST", "/v1/entities/nothing/alice/increment", [], #"{"by": 1}"#, 404, "unknown-kind"),
                ("POST", "/v1/entities/counter/alice/multiply", [], #"{"by": 1}"#, 404, "unknown-command"),
                ("POST", "/v1/entities/counter//increment", [], #"{"by": 1}"#, 400, "malformed"),
                ("POST", "/v1/entities/counter/%ff/increment", [], #"{"by": 1}"#, 400, "malformed"),
                ("POST", "/v1/entities/counter/%zz/increment", [], #"{"by": 1}"#, 400, "malformed"),
                ("POST", "/v1/entities/counter/%f", [], nil, 400, "malformed"),
                (
                    "POST", "/v1/entities/counter/\(String(repeating: "x", count: 513))/increment", [], #"{"by": 1}"#,
                    400, "malformed"
                ),
                ("POST", "/v1/entities/note/n/break", [], "{}", 500, "unstorable"),
                ("GET", Self.path, [], nil, 405, "method-not-allowed"),
                ("POST", "/v1/entities/counter/alice", [], "{}", 405, "method-not-allowed"),
                ("DELETE", "/v1/entities/counter/alice", [], nil, 405, "method-not-allowed"),
                ("TRACE", "/v1/cluster", [], nil, 405, "method-not-allowed"),
                ("GET", "/v1/entities/counter/alice?revision=-1", [], nil, 400, "malformed"),
                ("GET", "/v1/entities/counter/alice?revision=18446744073709551616", [], nil, 400, "malformed"),
                ("GET", "/v1/entities/counter/alice/events?after=9223372036854775808", [], nil, 400, "malformed"),
                ("GET", "/v1/entities/counter/alice?revision=1&revision=2", [], nil, 400, "malformed"),
                ("GET", "/v1/entities/counter/alice?revison=1", [], nil, 400, "malformed"),
                ("GET", "/v1/entities/counter/alice?consistency=strong", [], nil, 400, "malformed"),
                ("GET", "/v1/entities/counter/alice/events?limit=0", [], nil, 400, "malformed"),
                ("GET", "/v1/entities/counter/alice/events?limit=1025", [], nil, 400, "malformed"),
                ("GET", "/v1/entities/counter/alice/events?after=x", [], nil, 400, "malformed"),
                ("GET", "/v1/entities/nothing/alice/events", [], nil, 404, "unknown-kind"),
                ("GET", "/v1/entities/nothing/alice", [], nil, 404, "unknown-kind"),
                (
                    "GET", "/v1/entities/counter/alice/events", ["Accept: text/event-stream", "Last-Event-ID: x"], nil,
                    400, "malformed"
                ),
                ("GET", "/v1/entities", [], nil, 404, "not-found"),
                ("GET", "/favicon.ico", [], nil, 404, "not-found"),
                ("GET", "//", [], nil, 404, "not-found"),
            ]
            for (method, path, fields, body, status, code) in cases {
                let answer = try await HTTPAnswer.to(method, path, fields, body: body, at: address)
                #expect(answer.status == status && answer.errorCode == code, "\(method) \(path) \(body ?? ""): \(answer)")
                #expect(!answer.message.isEmpty)
                #expect(answer.json["error"]?["requestID"]?.string?.isEmpty == false)
            }
            let alive = try await HTTPAnswer.to("GET", "/healthz", at: address)
            #expect(alive.status == 200)
            let state = try await HTTPAnswer.to("GET", "/v1/entities/counter/alice", at: address)
            #expect(state.json["revision"]?.integer == 0, "nothing of this took effect")
        }
    }

    @Test func `a 405 says which methods there are`() async throws {
        try await GatewayStage.runNode { address in
            let command = try await HTTPAnswer.to("PUT", Self.path, body: "{}", at: address)
            #expect(command.fields["allow"] == "POST")
            let cluster = try await HTTPAnswer.to("PUT", "/v1/cluster", at: address)
            #expect(cluster.fields["allow"] == "GET, HEAD")
        }
    }

    @Test func `a body that is no JSON by its own word is a 415`() async throws {
        try await GatewayStage.runNode { address in
            let types = [
                "Content-Type: text/plain", "Content-Type: application/x-www-form-urlencoded",
                "Content-Type: application/json; charset=latin1", "Content-Encoding: gzip\r\nContent-Type: application/json",
                "X-Nothing: 1",
            ]
            for type in types {
                let text = "POST \(Self.path) HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\(type)\r\nContent-Length: 8\r\n\r\n{\"by\":1}"
                let answer = try await HTTPAnswer.to(Array(text.utf8), at: address)
                #expect(answer.status == 415 && answer.errorCode == "unsupported-media-type", "\(type): \(answer)")
            }
            let text =
                "POST \(Self.path) HTTP/1.1\r\nHost: h\r\nConnection: close\r\n"
                + "Content-Type: Application/JSON; charset=\"UTF-8\"\r\nTransfer-Encoding: chunked\r\n\r\n8\r\n{\"by\":1}\r\n0\r\n\r\n"
            let answer = try await HTTPAnswer.to(Array(text.utf8), at: address)
            #expect(answer.status == 200, "\(answer)")
        }
    }

    @Test func `a page of another site may not send commands`() async throws {
        try await GatewayStage.runNode { address in
            for field in ["Origin: http://evil.example", "Sec-Fetch-Site: cross-site", "Origin: null"] {
                let answer = try await HTTPAnswer.to("POST", Self.path, [field], body: #"{"by":1}"#, at: address)
                #expect(answer.status == 403 && answer.errorCode == "foreign-origin", "\(field): \(answer)")
            }
            let own = ["Origin: http://\(address)", "Sec-Fetch-Site: same-origin"]
            for field in own {
                let answer = try await HTTPAnswer.to("POST", Self.path, [field], body: #"{"by":1}"#, at: address)
                #expect(answer.status == 200, "\(field): \(answer)")
            }
        }
    }

    @Test func `a body too large is refused before it has come, whether or not its length is told`() async throws {
        try await GatewayStage.runNode { address in
            let head = "POST \(Self.path) HTTP/1.1\r\nHost: h\r\nContent-Type: application/json\r\n"
            let told = try await HTTPAnswer.to(
                Array((head + "Content-Length: 99999999999\r\n\r\n{").utf8), at: address)
            #expect(told.status == 413 && told.fields["connection"] == "close", "\(told)")
            let chunk = "10000\r\n" + String(repeating: " ", count: 65_536) + "\r\n"
            let untold = try await HTTPAnswer.to(
                Array((head + "Transfer-Encoding: chunked\r\n\r\n" + String(repeating: chunk, count: 20)).utf8), at: address)
            #expect(untold.status == 413, "\(untold)")
        }
    }

    @Test func `what is no HTTP is told so, and the connection closed`() async throws {
        try await GatewayStage.runNode { address in
            let requests: [(String, Int)] = [
                ("hello\r\n\r\n", 400),
                ("GET / HTTP/9.9\r\n\r\n", 400),
                ("\u{0}\u{1}\u{2}\u{3}\r\n\r\n", 400),
                ("GET /healthz HTTP/1.1\r\nNo colon here\r\n\r\n", 400),
                ("POST / HTTP/1.1\r\nContent-Length: -5\r\n\r\n", 400),
                ("POST / HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n", 400),
                ("GET /healthz HTTP/1.1\r\nX: \(String(repeating: "x", count: 20_000))\r\n\r\n", 431),
                ("GET /\(String(repeating: "x", count: 90_000)) HTTP/1.1\r\n\r\n", 431),
                ("GET /healthz HTTP/1.1\r\n\(String(repeating: "A: b\r\n", count: 200))\r\n", 431),
            ]
            for (text, status) in requests {
                let answer = try await HTTPAnswer.to(Array(text.utf8), at: address)
                #expect(answer.status == status && answer.errorCode != nil, "\(text.prefix(60)): \(answer)")
            }
            #expect(try await HTTPAnswer.to("GET", "/healthz", at: address).status == 200)
        }
    }

    @Test func `a connection on which nothing comes is closed`() async throws {
        try await GatewayStage.runNode(change: { $0.idleTimeout = .milliseconds(50) }) { address in
            for start in ["", "POST \(Self.path) HTTP/1.1\r\nHost", "POST \(Self.path) HTTP/1.1\r\nContent-Length: 5\r\n\r\n{"] {
                try await HTTPConnection.with(address) { reader, writer in
                    // It may be closed before this is sent.
                    try? await writer.send(start)
                    try await reader.readToEnd()
                }
            }
        }
    }
}
