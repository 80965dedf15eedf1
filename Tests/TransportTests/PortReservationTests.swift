#if os(Linux)
import Glibc
#endif
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
        let kept = try PortReservation(NetworkAddress(host: "127.0.0.1", port: 0))
        // A connection that may have this port and no other (IP_LOCAL_PORT_RANGE, Linux 6.3). Zero, or why there is none.
        func connect() -> CInt {
            let file = socket(AF_INET, CInt(SOCK_STREAM.rawValue) | CInt(SOCK_CLOEXEC.rawValue), 0)
            defer { close(file) }
            var range = UInt32(kept.port << 16 | kept.port)
            guard setsockopt(file, CInt(IPPROTO_IP), 51, &range, socklen_t(MemoryLayout<UInt32>.size)) == 0 else { return errno }
            let result = target.withSockAddr { Glibc.connect(file, $0, socklen_t($1)) }
            return result == 0 ? 0 : errno
        }
        let refused = connect()
        kept.end()
        // An older system cannot be asked.
        if refused != ENOPROTOOPT { #expect(refused == EADDRNOTAVAIL && connect() == 0, "\(refused)") }
        try await server.close()
    }
    #endif

    @Test func `a host without an address is told`() {
        #expect(throws: TransportError.unknownHost(NetworkAddress(host: "no-such-host.invalid", port: 0))) {
            try PortReservation(NetworkAddress(host: "no-such-host.invalid", port: 0))
        }
    }
}
