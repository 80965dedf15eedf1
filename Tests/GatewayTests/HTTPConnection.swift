import JSON
import NIOCore
import NIOPosix
import Testing

/// A connection that sends exactly the bytes it is told to, and keeps what comes.
final class HTTPConnection {
    private let channel: NIOAsyncChannel<ByteBuffer, ByteBuffer>

    private init(_ channel: NIOAsyncChannel<ByteBuffer, ByteBuffer>) { self.channel = channel }

    static func with<Value>(
        _ address: String, _ body: (inout Reader, Writer) async throws -> Value
    ) async throws -> Value {
        let port = Int(address.split(separator: ":").last!)!
        let channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton).connect(
            host: "127.0.0.1", port: port
        ) { channel in
            channel.eventLoop.makeCompletedFuture {
                try NIOAsyncChannel<ByteBuffer, ByteBuffer>(
                    wrappingChannelSynchronously: channel, configuration: .init(isOutboundHalfClosureEnabled: true))
            }
        }
        return try await channel.executeThenClose { inbound, outbound in
            var reader = Reader(inbound.makeAsyncIterator())
            return try await body(&reader, Writer(outbound: outbound))
        }
    }

    struct Writer {
        let outbound: NIOAsyncChannelOutboundWriter<ByteBuffer>
        func send(_ text: String) async throws { try await outbound.write(ByteBuffer(string: text)) }
        func send(_ bytes: [UInt8]) async throws { try await outbound.write(ByteBuffer(bytes: bytes)) }
    }

    struct Reader {
        private var iterator: NIOAsyncChannelInboundStream<ByteBuffer>.AsyncIterator
        var received: [UInt8] = []

        init(_ iterator: NIOAsyncChannelInboundStream<ByteBuffer>.AsyncIterator) { self.iterator = iterator }

        /// Reads on until `text` has come; false if the connection ended before.
        mutating func read(until text: String) async throws -> Bool { try await read { $0.contains(text) } }

        /// Reads on until what has come is enough.
        mutating func read(until isEnough: (String) -> Bool) async throws -> Bool {
            while !isEnough(String(decoding: received, as: UTF8.self)) {
                guard let part = try await iterator.next() else { return false }
                received += part.readableBytesView
            }
            return true
        }

        mutating func readToEnd() async throws {
            while let part = try? await iterator.next() { received += part.readableBytesView }
        }
    }
}

/// An answer as it came over the wire.
struct HTTPAnswer: CustomStringConvertible {
    var status: Int
    var fields: [String: String] = [:]
    var body: String

    init(_ bytes: [UInt8]) throws {
        let text = String(decoding: bytes, as: UTF8.self)
        let end = try #require(text.firstRange(of: "\r\n\r\n"), "no answer: \(text)")
        let lines = text[..<end.lowerBound].split(separator: "\r\n")
        status = try #require(Int(lines[0].split(separator: " ")[1]))
        for line in lines.dropFirst() {
            let parts = line.split(separator: ":", maxSplits: 1)
            fields[parts[0].lowercased()] = parts[1].drop { $0 == " " }.description
        }
        body = String(text[end.upperBound...])
    }

    var description: String { "\(status) \(fields) \(body)" }

    var json: JSONValue { (try? JSONValue.parse(body)) ?? .null }
    var errorCode: String? { json["error"]?["code"]?.string }
    var message: String { json["error"]?["message"]?.string ?? "" }

    /// Sends `bytes` and reads until the server closes.
    static func to(_ bytes: [UInt8], at address: String) async throws -> HTTPAnswer {
        try await HTTPConnection.with(address) { reader, writer in
            // The server may close while the request is still on its way; what it said counts.
            try? await writer.send(bytes)
            try await reader.readToEnd()
            return try HTTPAnswer(reader.received)
        }
    }

    static func to(
        _ method: String, _ path: String, _ fields: [String] = [], body: String? = nil, at address: String
    ) async throws -> HTTPAnswer {
        var text = "\(method) \(path) HTTP/1.1\r\nHost: \(address)\r\nConnection: close\r\n"
        for field in fields { text += field + "\r\n" }
        if let body { text += "Content-Type: application/json\r\nContent-Length: \(body.utf8.count)\r\n" }
        return try await to(Array((text + "\r\n" + (body ?? "")).utf8), at: address)
    }
}
