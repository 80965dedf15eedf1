internal import HummingbirdCore
internal import Logging
internal import NIOCore
internal import NIOHTTP1
internal import Node
internal import Transport

/// A connection's pipeline: TLS if there is any, HTTP/1.1, `ConnectionHandler`.
struct GatewayChannel: ServerChildChannel {
    struct Value: ServerChildChannelValue {
        let channel: any Channel
    }

    private let responder: GatewayResponder
    /// The certificate is looked up for each connection, so that a new one is used without a restart. Nil: no TLS.
    private let security: TransportSecurity?
    private let lanes: [ObjectIdentifier: Lane]
    private let logger: Logger

    init(_ responder: GatewayResponder, security: TransportSecurity?, on group: any EventLoopGroup, logger: Logger) {
        self.responder = responder
        self.security = security
        self.logger = logger
        lanes = Dictionary(
            uniqueKeysWithValues: group.makeIterator().map { (ObjectIdentifier($0), Lane($0, responder.endpoints)) })
    }

    func setup(channel: any Channel, logger _: Logger) -> EventLoopFuture<Value> {
        channel.eventLoop.makeCompletedFuture {
            try security?.secureHTTP(channel, logger: logger)
            var limits = NIOHTTPDecoderLimitConfiguration()
            limits.maxHeaderFieldSize = responder.configuration.headerBytesMax
            limits.maxHeaderListSize = responder.configuration.headerBytesMax
            limits.maxHeaderFieldCount = responder.configuration.headerFieldsMax
            let pipeline = channel.pipeline.syncOperations
            // Fields of answers are checked when they are made; errors are answered in our own words.
            try pipeline.configureHTTPServerPipeline(
                withPipeliningAssistance: false, withErrorHandling: false, withOutboundHeaderValidation: false,
                withEncoderConfiguration: .init(), withDecoderLimitConfiguration: limits)
            // The server's channels are made on the group's own loops.
            let lane = lanes[ObjectIdentifier(channel.eventLoop)]!
            try pipeline.addHandler(ConnectionHandler(responder, on: lane))
            return Value(channel: channel)
        }
    }

    /// Nothing is left to do: its handler does it (`OpenConnections`).
    func handle(value _: Value, logger _: Logger) async {}
}
