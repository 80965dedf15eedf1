internal import Logging
internal import NIOCore
internal import Primitives
internal import Transport

/// Asks an address which node listens there: the handshake says it, and nothing else is sent.
enum SeedProbe {
    /// A seed that does not answer must not hold up a node that needs none.
    private static let patience = Span.milliseconds(300)

    /// Who answered; nil if nobody did, or no node of a cluster.
    static func ask(
        _ seed: NetworkAddress, _ network: TransportSettings, on loop: any EventLoop, _ logger: Logger
    ) -> EventLoopFuture<Identity?> {
        let promise = loop.makePromise(of: Identity?.self)
        loop.execute {
            var settings = network
            settings.connectTimeout = patience
            settings.handshakeTimeout = patience
            let connection = ClientConnection(
                to: seed, hello: Hello(role: .client, identity: .client(of: nil)), loop: loop, settings: settings,
                logger: logger)
            // The connection lets go of its closures at its end.
            connection.onOpen = { welcome in
                promise.succeed(welcome.identity)
                connection.close()
            }
            connection.onClose = { _ in promise.succeed(nil) }
            connection.connect()
        }
        return promise.futureResult
    }
}
