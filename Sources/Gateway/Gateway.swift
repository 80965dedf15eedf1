internal import Engine
internal import HummingbirdCore
internal import Logging
internal import NIOCore
internal import NIOPosix
public import Node
public import ServiceLifecycle
internal import Synchronization
internal import Transport

/// A node's HTTP side: every registered kind, the cluster, health.
///
/// ```swift
/// let gateway = try Gateway(node: node, configuration: GatewayConfiguration(address: "127.0.0.1:7480"))
/// // Both are services: run them in one group, the gateway after the node, so that it ends first.
/// ```
public final class Gateway: Service {
    private let endpoints: Endpoints
    /// Threads that read, answer and write; a request stays on the one that its connection came to.
    private static let threadsMax = 4
    /// How often the file of tokens is looked at.
    private static let tokensSeconds = 5
    private let listen: NetworkAddress
    /// Nil: HTTP without TLS.
    private let security: TransportSecurity?
    private let listening = AsyncStream.makeStream(of: String.self)

    /// Serves with TLS, under the node's own certificate, if the node has one.
    ///
    /// - Throws: `NodeError.configuration` for an address that is none.
    public convenience init(node: Node, configuration: GatewayConfiguration) throws(NodeError) {
        try self.init(backend: node, configuration: configuration, security: node.security)
    }

    init(
        backend: any GatewayBackend, configuration: GatewayConfiguration, security: TransportSecurity? = nil
    ) throws(NodeError) {
        self.security = security
        let access: AccessList?
        do throws(AccessFileError) {
            access = try configuration.tokensFile.map { (file) throws(AccessFileError) in
                try AccessList(file: file, logger: configuration.logger)
            }
        } catch {
            throw NodeError(.configuration, error.description)
        }
        do throws(TransportError) { listen = try NetworkAddress(parsing: configuration.address) } catch {
            throw NodeError(.configuration, "the address for HTTP cannot be used: \(error.message)")
        }
        endpoints = Endpoints(
            backend: backend, streams: StreamTable(limit: configuration.streamsMax), tally: GatewayTally(),
            configuration: configuration, access: access, security: security)
    }

    /// Reads the file of tokens again now, instead of within seconds of a change.
    public func reloadTokens() { endpoints.access?.reload() }

    /// Waits until connections are accepted. Once.
    /// - Returns: `host:port`, with the real port; nil if the gateway ended before.
    public func waitUntilListening() async -> String? {
        for await address in listening.stream { return address }
        return nil
    }

    /// Serves until the service group shuts down; requests under way are answered first, event streams end.
    /// - Throws: `NodeError.listen` if the address cannot be listened on.
    public func run() async throws {
        let (connections, streams, access, date) = (endpoints.connections, endpoints.streams, endpoints.access, endpoints.tally.date)
        defer { listening.continuation.finish() }
        let threads = MultiThreadedEventLoopGroup(numberOfThreads: min(System.coreCount, Self.threadsMax))
        let result: Result<Void, any Error>
        do {
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask {
                    for second in 1... {
                        try await Task.sleep(for: .seconds(1))
                        streams.tick()
                        date.tick()
                        if second % Self.tokensSeconds == 0 { access?.reload() }
                    }
                }
                group.addTask { [server = server(on: threads)] in
                    try await withGracefulShutdownHandler {
                        try await withTaskCancellationHandler {
                            try await server.run()
                            await connections.waitForLast()
                        } onCancel: {
                            connections.close()
                        }
                    } onGracefulShutdown: {
                        streams.end()
                    }
                    throw CancellationError()
                }
                defer { group.cancelAll() }
                try await group.next()
            }
            result = .success(())
        } catch is CancellationError {
            result = .success(())
        } catch {
            result = .failure(NodeError(.listen, "HTTP cannot be served on \(listen): \(error)"))
        }
        try? await threads.shutdownGracefully()
        try result.get()
    }

    private func server(on threads: any EventLoopGroup) -> any Service {
        let configuration = endpoints.configuration
        let (host, continuation) = (listen.host, listening.continuation)
        let channel = GatewayChannel(
            GatewayResponder(endpoints: endpoints), security: security, on: threads, logger: configuration.logger)
        return channel.server(
            configuration: ServerConfiguration(
                address: .hostname(listen.host, port: listen.port), backlog: 1_024,
                availableConnectionsDelegate: .maximum(configuration.connectionsMax, logger: configuration.logger)),
            onServerRunning: { channel in
                let port = channel.localAddress?.port ?? 0
                continuation.yield(NetworkAddress(host: host, port: port).description)
            },
            eventLoopGroup: threads,
            logger: configuration.quietLogger)
    }
}

extension GatewayConfiguration {
    /// Hummingbird's own lines about starting and stopping say what the node says already.
    fileprivate var quietLogger: Logger {
        var logger = logger
        logger.logLevel = max(logger.logLevel, .warning)
        return logger
    }
}
