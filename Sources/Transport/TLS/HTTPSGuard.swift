public import Logging
public import NIOCore
internal import NIOSSL

extension TransportSecurity {
    /// Puts TLS at the head of an HTTP connection's pipeline: with this side's certificate, and without asking for the other's.
    public func secureHTTP(_ channel: any Channel, logger: Logger) throws {
        let session = TLSSession(handler: NIOSSLServerHandler(context: material.http), dialed: nil, caFile: caFile)
        try channel.pipeline.syncOperations.addHandlers([session.handler, HTTPSGuard(session, logger: logger)])
    }
}

/// Tells what went wrong with an HTTP connection's TLS, and answers who asks for `http://` in its own tongue.
private final class HTTPSGuard: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let session: TLSSession
    private let logger: Logger
    private var hasFailed = false

    init(_ session: TLSSession, logger: Logger) {
        self.session = session
        self.logger = logger
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        // A client that leaves without saying so has left; HTTP's own lengths tell whether something is missing.
        if error as? NIOSSLError == .uncleanShutdown || error is NIOSSLCloseTimedOutError { return }
        guard let reason = session.explain(error) else { return context.fireErrorCaught(error) }
        guard !hasFailed else { return }
        hasFailed = true
        logger.info(
            "closed an HTTP connection", metadata: ["remote.address": "\(context.remoteAddress?.description ?? "unknown")", "error": "\(reason)"])
        if "\(error)".contains("HTTP_REQUEST"), let below = try? context.pipeline.syncOperations.context(handler: session.handler) {
            below.writeAndFlush(NIOAny(ByteBuffer(bytes: Self.answer)), promise: nil)
        }
        context.close(promise: nil)
    }

    private static let answer: [UInt8] = {
        let body = #"{"error":{"code":"tls-required","message":"this port serves https only","requestID":""}}"#
        return Array(
            """
            HTTP/1.1 400 Bad Request\r
            Content-Type: application/json\r
            Content-Length: \(body.utf8.count)\r
            Connection: close\r
            \r
            \(body)
            """.utf8)
    }()
}
