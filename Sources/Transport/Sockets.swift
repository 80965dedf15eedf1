import NIOCore
import NIOPosix
import Primitives

#if canImport(Darwin)
import Darwin
#elseif canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

/// How sockets are opened and set.
enum Sockets {
    /// No delay for small writes; and a probe on an idle connection, so that one whose other side vanished without a word is
    /// noticed: after about 11 s.
    private static func options() -> [(ChannelOptions.Types.SocketOption, SocketOptionValue)] {
        var options: [(ChannelOptions.Types.SocketOption, SocketOptionValue)] = [
            (.init(level: .tcp, name: .tcp_nodelay), 1), (.init(level: .socket, name: .so_keepalive), 1),
        ]
        #if os(Linux)
        options.append((.init(level: .tcp, name: .init(rawValue: CInt(TCP_KEEPIDLE))), 5))
        #elseif canImport(Darwin)
        options.append((.init(level: .tcp, name: .init(rawValue: CInt(TCP_KEEPALIVE))), 5))
        #endif
        options.append((.init(level: .tcp, name: .init(rawValue: CInt(TCP_KEEPINTVL))), 2))
        options.append((.init(level: .tcp, name: .init(rawValue: CInt(TCP_KEEPCNT))), 3))
        return options
    }

    /// Milliseconds that written bytes may stay unacknowledged before the connection is given up (Linux). Without it a stream over
    /// a cut that lasted a while would wait out TCP's own growing pauses after the cut has healed.
    private static let unacknowledgedMilliseconds: SocketOptionValue = 10_000

    /// Dials `address`, and puts `connection` in the pipeline once the channel stands: a host with several addresses takes several
    /// channels, and all but one are thrown away.
    static func dial(
        _ address: NetworkAddress, on loop: any EventLoop, timeout: Span, _ security: TransportSecurity?, _ connection: Connection
    ) -> EventLoopFuture<Void> {
        var bootstrap = ClientBootstrap(group: loop).connectTimeout(.nanoseconds(timeout.nanoseconds))
        for (option, value) in options() { bootstrap = bootstrap.channelOption(option, value: value) }
        #if os(Linux)
        bootstrap = bootstrap.channelOption(
            .init(level: .tcp, name: .init(rawValue: CInt(TCP_USER_TIMEOUT))) as ChannelOptions.Types.SocketOption,
            value: unacknowledgedMilliseconds)
        #endif
        // A numeric address needs no resolver, whose thread is another one.
        let numeric = try? SocketAddress(ipAddress: address.host, port: address.port)
        let channel =
            numeric.map { bootstrap.connect(to: $0) } ?? bootstrap.connect(host: address.host, port: address.port)
        return channel.assumeIsolated()
            .flatMapThrowing { try enter($0, connection, try security?.dialing(address.host)) }.nonisolated()
    }

    /// Puts `connection` in the channel's pipeline, behind TLS if there is any. A channel that cannot take it is closed.
    static func enter(_ channel: any Channel, _ connection: Connection, _ tls: @autoclosure () throws -> TLSSession?) throws {
        do {
            if let tls = try tls() {
                connection.tls = tls
                try channel.pipeline.syncOperations.addHandler(tls.handler)
            }
            try channel.pipeline.syncOperations.addHandler(connection)
        } catch {
            channel.close(promise: nil)
            throw error
        }
    }

    /// Listens on `address`; `accept` puts a connection in each new channel's pipeline.
    static func listen(
        on address: NetworkAddress, loop: any EventLoop,
        accept: @escaping @Sendable (any Channel) -> EventLoopFuture<Void>
    ) -> EventLoopFuture<any Channel> {
        var bootstrap = ServerBootstrap(group: loop)
            .serverChannelOption(.backlog, value: 1_024)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelInitializer(accept)
        for (option, value) in options() { bootstrap = bootstrap.childChannelOption(option, value: value) }
        return bootstrap.bind(host: address.host, port: address.port).flatMapErrorThrowing { error in
            throw listenError(address, error)
        }
    }

    static func listenError(_ address: NetworkAddress, _ error: any Error) -> TransportError {
        if isUnknownHost(error) { return .unknownHost(address) }
        guard let error = error as? IOError else { return .cannotListen(address, "\(error)") }
        switch error.errnoCode {
        case EADDRINUSE: return .portInUse(address)
        case EACCES, EPERM: return .portForbidden(address)
        case EADDRNOTAVAIL: return .addressUnavailable(address)
        default: return .cannotListen(address, "\(error)")
        }
    }

    private static func isUnknownHost(_ error: any Error) -> Bool { error is SocketAddressError || error is SocketAddressError.UnknownHost }

    /// What a failed dial means.
    static func dialError(_ address: NetworkAddress, _ error: any Error) -> TransportError {
        if let error = error as? TransportError { return error }
        if let error = error as? NIOConnectionError {
            if let attempt = error.connectionErrors.first { return dialError(address, attempt.error) }
            return .unknownHost(address)
        }
        if let error = error as? IOError {
            return .cannotConnect(
                address,
                error.errnoCode == ECONNREFUSED ? "nothing listens there; is the node running?" : "\(error)")
        }
        if let error = error as? ChannelError, case .connectTimeout(let limit) = error {
            return .timedOut("connecting to \(address)", after: Span(nanoseconds: limit.nanoseconds))
        }
        return isUnknownHost(error) ? .unknownHost(address) : .cannotConnect(address, "\(error)")
    }
}
