import Engine
import Entities
import NIOCore
import Testing

@testable import Gateway

/// What a connection does with requests that come in parts, in a row, or not to their end.
@Suite(.timeLimit(.minutes(2))) struct ConnectionTests {
    private static let path = "/v1/entities/counter/alice/increment"
    private static let head = "POST \(path) HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n"
    private let backend = ScriptedBackend { _ in .failed(RequestFailure(.notCommitted, .unavailable, "at last")) }

    @Test func `a body in pieces is one body, and is asked for if the client waits for that`() async throws {
        try await GatewayStage.runNode { address in
            try await HTTPConnection.with(address) { reader, writer in
                try await writer.send(Self.head + "Expect: 100-continue\r\nContent-Length: 9\r\n\r\n")
                #expect(try await reader.read(until: "HTTP/1.1 100 Continue\r\n\r\n"))
                for piece in ["{\"b", "y\": ", "3}"] { try await writer.send(piece) }
                #expect(try await reader.read(until: #""reply":3"#))
            }
        }
    }

    @Test func `what needs no body is answered before it comes, and the body is not taken for a request`() async throws {
        try await GatewayStage.run(backend) { address in
            try await HTTPConnection.with(address) { reader, writer in
                try await writer.send("POST /nowhere HTTP/1.1\r\nHost: a\r\nContent-Length: 22\r\n\r\n")
                #expect(try await reader.read(until: "not-found"))
                try await writer.send("GET /readyz HTTP/1.1\r\n\r\nGET /healthz HTTP/1.1\r\nHost: a\r\n\r\n")
                #expect(try await reader.read(until: "alive"))
                #expect(!String(decoding: reader.received, as: UTF8.self).contains(#""status":"ready""#))
            }
        }
    }

    @Test func `a body that does not come is told so in the end`() async throws {
        try await GatewayStage.run(backend, change: { $0.bodyTimeout = .milliseconds(50) }) { address in
            let answer = try await HTTPAnswer.to(Array((Self.head + "Content-Length: 9\r\n\r\n{").utf8), at: address)
            #expect(answer.status == 408 && answer.errorCode == "too-slow" && answer.fields["connection"] == "close", "\(answer)")
        }
    }

    @Test func `a connection lasts as its client wants it to`() async throws {
        try await GatewayStage.run(backend) { address in
            for (version, field, isLast) in [
                ("1.1", "", false), ("1.1", "Connection: close\r\n", true), ("1.0", "", true), ("1.0", "Connection: keep-alive\r\n", false),
            ] {
                try await HTTPConnection.with(address) { reader, writer in
                    try await writer.send("GET /healthz HTTP/\(version)\r\nHost: a\r\n\(field)\r\n")
                    if isLast {
                        try await reader.readToEnd()
                        #expect(try HTTPAnswer(reader.received).fields["connection"] == "close")
                    } else {
                        #expect(try await reader.read(until: "alive"))
                        try await writer.send("GET /readyz HTTP/1.1\r\nHost: a\r\n\r\n")
                        #expect(try await reader.read(until: #""status":"ready""#))
                    }
                }
            }
        }
    }

    @Test func `a client that has said all is answered all`() async throws {
        try await GatewayStage.run(backend) { address in
            try await HTTPConnection.with(address) { reader, writer in
                let command = Self.head + "Content-Length: 2\r\n\r\n{}"
                try await writer.send(command + command + "GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n")
                writer.outbound.finish()
                try await reader.readToEnd()
                let text = String(decoding: reader.received, as: UTF8.self)
                #expect(text.ranges(of: "at last").count == 2 && text.contains("alive"), "\(text)")
                #expect(text.ranges(of: "Connection: close").count == 1, "only the last answer says so: \(text)")
            }
            // In the middle of a body, that body is none.
            try await HTTPConnection.with(address) { reader, writer in
                try await writer.send(Self.head + "Content-Length: 2\r\n\r\n{")
                writer.outbound.finish()
                try await reader.readToEnd()
                let answer = try HTTPAnswer(reader.received)
                #expect(answer.status == 400 && answer.message.contains("did not arrive whole"), "\(answer)")
            }
        }
    }

    @Test func `HEAD is answered without a body, that of an event stream as well`() async throws {
        try await GatewayStage.runNode { address in
            try await HTTPConnection.with(address) { reader, writer in
                let paths = ["/healthz", "/v1/entities/counter/alice/events"]
                for path in paths { try await writer.send("HEAD \(path) HTTP/1.1\r\nHost: a\r\nAccept: text/event-stream\r\n\r\n") }
                try await writer.send("GET /healthz HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
                try await reader.readToEnd()
                let answers = String(decoding: reader.received, as: UTF8.self).split(separator: "\r\n\r\n")
                #expect(answers.count == 4 && answers.dropLast().allSatisfy { $0.hasPrefix("HTTP/1.1 200 OK") }, "\(answers)")
                #expect(answers.count == 4 && answers[1].contains("text/event-stream") && answers[3] == #"{"status":"alive"}"#, "\(answers)")
            }
        }
    }

    @Test func `what is no HTTP behind a request is told after the request is answered`() async throws {
        try await GatewayStage.run(backend) { address in
            let answer = try await HTTPConnection.with(address) { reader, writer in
                try await writer.send("GET /healthz HTTP/1.1\r\nHost: a\r\n\r\nnonsense\r\n\r\n")
                try await reader.readToEnd()
                return String(decoding: reader.received, as: UTF8.self)
            }
            let told = try #require(answer.firstRange(of: "HTTP/1.1 400 Bad Request"), "\(answer)")
            #expect(answer.hasPrefix("HTTP/1.1 200 OK") && answer[..<told.lowerBound].hasSuffix(#"{"status":"alive"}"#), "\(answer)")
        }
    }

    @Test func `a request under way is answered when the gateway shuts down`() async throws {
        let (gate, opening) = AsyncStream.makeStream(of: Void.self)
        let (arrivals, arrival) = AsyncStream.makeStream(of: String.self)
        let held = ScriptedBackend { _ in
            arrival.yield("")
            for await _ in gate {}
            return .failed(RequestFailure(.notCommitted, .unavailable, "at last"))
        }
        try await withThrowingTaskGroup(of: HTTPAnswer.self) { group in
            let (addresses, address) = AsyncStream.makeStream(of: String.self)
            group.addTask {
                var there = addresses.makeAsyncIterator()
                return try await HTTPConnection.with(await there.next()!) { reader, writer in
                    try await writer.send(Self.head + "Content-Length: 2\r\n\r\n{}")
                    try await reader.readToEnd()
                    return try HTTPAnswer(reader.received)
                }
            }
            try await GatewayStage.run(held) { listening in
                address.yield(listening)
                for await _ in arrivals { break }
                // Opened while the gateway waits for its connections.
                Task {
                    while await Self.isServed(listening) {}
                    opening.finish()
                }
            }
            let answer = try #require(try await group.next())
            #expect(answer.message == "at last" && answer.fields["connection"] == "close", "\(answer)")
        }
    }

    private static func isServed(_ address: String) async -> Bool {
        let isServed = try? await HTTPConnection.with(address) { reader, writer in
            try await writer.send("GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n")
            return try await reader.read(until: "alive")
        }
        return isServed ?? false
    }

    @Test func `every answer has a date`() async throws {
        #expect(Timestamp.http(seconds: 784_111_777) == "Sun, 06 Nov 1994 08:49:37 GMT")
        #expect(Timestamp.http(seconds: -1) == "Wed, 31 Dec 1969 23:59:59 GMT")
        #expect(Timestamp.http(seconds: 1_709_164_800) == "Thu, 29 Feb 2024 00:00:00 GMT")
        try await GatewayStage.run(backend) { address in
            let answer = try await HTTPAnswer.to("GET", "/healthz", at: address)
            #expect(answer.fields["date"]?.hasSuffix(" GMT") == true, "\(answer)")
        }
    }
}
