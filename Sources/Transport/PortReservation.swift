internal import NIOCore

#if canImport(Darwin)
internal import Darwin
#elseif canImport(Musl)
internal import Musl
#else
internal import Glibc
#endif

/// Keeps a port from before it is told to others until somebody listens on it.
///
/// A socket that is bound and does not listen: on Linux another one may be bound beside it (SO_REUSEADDR) and listen, and no outgoing
/// connection is given its port. Elsewhere the port is only found, and somebody else may take it meanwhile.
public struct PortReservation: Sendable {
    /// The port, a real one where 0 was asked for.
    public let port: Int
    private let file: CInt

    /// Blocks while a host's name is looked up.
    /// - Throws: as `Transport.listen`.
    public init(_ address: NetworkAddress) throws(TransportError) {
        do {
            let place = try SocketAddress.makeAddressResolvingHost(address.host, port: address.port)
            file = try Self.check(socket(place.protocol.rawValue, Self.stream, 0), "socket")
            do {
                port = try Self.bind(file, to: place)
            } catch {
                close(file)
                throw error
            }
        } catch {
            throw Sockets.listenError(address, error)
        }
        #if canImport(Darwin)
        close(file)
        #endif
    }

    /// Lets go of the port. Once.
    public func end() {
        #if !canImport(Darwin)
        close(file)
        #endif
    }

    #if canImport(Darwin)
    private static let stream = SOCK_STREAM
    #elseif canImport(Musl)
    private static let stream = SOCK_STREAM | SOCK_CLOEXEC
    #else
    private static let stream = CInt(SOCK_STREAM.rawValue) | CInt(SOCK_CLOEXEC.rawValue)
    #endif

    private static func bind(_ file: CInt, to place: SocketAddress) throws -> Int {
        var isReused: CInt = 1
        try check(setsockopt(file, SOL_SOCKET, SO_REUSEADDR, &isReused, socklen_t(MemoryLayout<CInt>.size)), "setsockopt")
        _ = try place.withSockAddr { address, size in
            #if canImport(Darwin)
            try check(Darwin.bind(file, address, socklen_t(size)), "bind")
            #elseif canImport(Musl)
            try check(Musl.bind(file, address, socklen_t(size)), "bind")
            #else
            try check(Glibc.bind(file, address, socklen_t(size)), "bind")
            #endif
        }
        var bound = sockaddr_storage()
        var size = socklen_t(MemoryLayout<sockaddr_storage>.size)
        try withUnsafeMutablePointer(to: &bound) { storage in
            _ = try storage.withMemoryRebound(to: sockaddr.self, capacity: 1) { try check(getsockname(file, $0, &size), "getsockname") }
        }
        // The third and fourth byte, in the network's order, in the addresses of both families.
        return withUnsafeBytes(of: bound) { Int($0[2]) << 8 | Int($0[3]) }
    }

    @discardableResult
    private static func check(_ result: CInt, _ call: String) throws -> CInt {
        guard result >= 0 else { throw IOError(errnoCode: errno, reason: call) }
        return result
    }
}
