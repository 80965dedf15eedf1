import Foundation
import Primitives
import Processes
import Testing

@testable import CrashTesting

/// The relay between two ends that speak as nodes do.
@Suite(.serialized) struct RelayTests {
    /// A relay in front of two listeners, and what a node would say first.
    private final class Bench {
        let ports: [Int]
        let known: [Int]
        let relay: Relay
        let listeners: [Int32]
        private var open: [Int32] = []

        init() throws {
            let all = try FreePorts.pick(4)
            (ports, known) = (Array(all[..<2]), Array(all[2...]))
            listeners = try ports.map { try Sockets.listen($0) }
            relay = try Relay(targets: ports, ports: known, seed: 1)
        }

        deinit {
            relay.end()
            for file in listeners + open { close(file) }
        }

        /// A connection from one node (nil: a client) to the other, past its hello.
        func connect(from: Int?, to: Int) async throws -> (dialer: Int32, node: Int32) {
            let dialer = try #require(Sockets.connect(known[to]))
            let address = Array((from.map { "127.0.0.1:\(known[$0])" } ?? "").utf8)
            let hello = [UInt8](repeating: 7, count: 66) + [UInt8(address.count), 0] + address
            try await RelayTests.write(hello, to: dialer)
            var node: Int32?
            _ = await waitUntil(within: .seconds(5)) {
                node = Sockets.accept(listeners[to])
                return node != nil
            }
            let accepted = try #require(node)
            open += [dialer, accepted]
            #expect(try await RelayTests.read(hello.count, from: accepted) == hello)
            return (dialer, accepted)
        }
    }

    private static func write(_ bytes: [UInt8], to file: Int32) async throws {
        let isWritten = await waitUntil(within: .seconds(5)) { Foundation.write(file, bytes, bytes.count) == bytes.count }
        #expect(isWritten)
    }

    /// Reads until there are `count` bytes, or no more come.
    private static func read(_ count: Int, from file: Int32, within limit: Duration = .seconds(5)) async throws -> [UInt8] {
        var found: [UInt8] = []
        _ = await waitUntil(within: limit) {
            var bytes = [UInt8](repeating: 0, count: 4_096)
            let size = Foundation.read(file, &bytes, bytes.count)
            if size > 0 { found += bytes[..<size] }
            return found.count >= count || size == 0
        }
        return found
    }

    private static func isClosed(_ file: Int32) async -> Bool {
        await waitUntil(within: .seconds(5)) {
            var byte: UInt8 = 0
            let size = Foundation.read(file, &byte, 1)
            return size == 0 || (size < 0 && errno == ECONNRESET)
        }
    }

    @Test func `a cut in one direction holds what goes there, and lets it go on when healed`() async throws {
        let bench = try Bench()
        let (dialer, node) = try await bench.connect(from: 0, to: 1)
        bench.relay.change { $0.cut = [Relay.Flow(from: 0, to: 1)] }
        try await Self.write([1, 2, 3], to: node)
        #expect(try await Self.read(3, from: dialer) == [1, 2, 3])
        try await Self.write([4, 5], to: dialer)
        #expect(try await Self.read(2, from: node, within: .milliseconds(150)) == [])
        bench.relay.heal()
        #expect(try await Self.read(2, from: node) == [4, 5])
    }

    @Test func `a cut between two nodes is none for a client`() async throws {
        let bench = try Bench()
        let (dialer, node) = try await bench.connect(from: nil, to: 1)
        bench.relay.change { $0.cut = [Relay.Flow(from: 0, to: 1), Relay.Flow(from: 1, to: 0)] }
        try await Self.write([9], to: dialer)
        #expect(try await Self.read(1, from: node) == [9])
    }

    @Test func `a connection that is to break does so, with a part of its bytes`() async throws {
        let bench = try Bench()
        let (dialer, node) = try await bench.connect(from: 0, to: 1)
        bench.relay.change { $0.breaking = [Relay.Flow(from: 0, to: 1)] }
        try await Task.sleep(for: .milliseconds(50))
        try await Self.write([UInt8](repeating: 1, count: 4_000), to: dialer)
        #expect(await Self.isClosed(dialer))
        #expect(try await Self.read(4_000, from: node).count < 4_000)
    }

    @Test func `late bytes come in their order`() async throws {
        let bench = try Bench()
        let (dialer, node) = try await bench.connect(from: 0, to: 1)
        bench.relay.change { $0.delay = 0...40 }
        var sent: [UInt8] = []
        for number in 0..<50 {
            try await Self.write([UInt8(number)], to: dialer)
            sent.append(UInt8(number))
        }
        #expect(try await Self.read(50, from: node) == sent)
    }
}
