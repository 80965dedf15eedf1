import NIOCore
import NIOPosix
import Testing

@testable import Transport

@Suite struct PortReservationTests {
    private func listen(_ port: Int) async throws -> any Channel {
        try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1).bind(host: "127.0.0.1", port: port).get()
    }

    @Test func `a port that is kept can be listened on, and is kept no longer than wanted`() async throws {
        let kept = try PortReservation(NetworkAddress(host: "127.0.0.1", port: 0))
        #expect(kept.port > 0)
        let channel = try await listen(kept.port)
        kept.end()
        // Who listens has the port to himself.
        #expect(throws: TransportError.portInUse(NetworkAddress(host: "127.0.0.1", port: kept.port))) {
            try PortReservation(NetworkAddress(host: "127.0.0.1", port: kept.port))
        }
        try await channel.close()
        let again = try PortReservation(NetworkAddress(host: "127.0.0.1", port: kept.port))
        #expect(again.port == kept.port)
        again.end()
    }

    #if os(Linux)
    /// A node's port, told to its cluster, and then taken by any connection of the machine: once in some thousand starts with port 0.
    @Test func `no outgoing connection takes a port that is kept`() async throws {
        let server = try await listen(0)
        let target = try #require(server.localAddress)
        var kept: [PortReservation] = []
        for _ in 0..<400 { kept.append(try PortReservation(NetworkAddress(host: "127.0.0.1", port: 0))) }
        let ports = Set(kept.map(\.port))
        #expect(ports.count == kept.count)
        for _ in 0..<400 {
            let channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton).connect(to: target).get()
            #expect(!ports.contains(channel.localAddress?.port ?? 0))
            try await channel.close()
        }
        for reservation in kept { reservation.end() }
        try await server.close()
    }
    #endif

    @Test func `a host without an address is told`() {
        #expect(throws: TransportError.unknownHost(NetworkAddress(host: "no-such-host.invalid", port: 0))) {
            try PortReservation(NetworkAddress(host: "no-such-host.invalid", port: 0))
        }
    }
}
