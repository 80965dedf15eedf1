internal import HTTPTypes
internal import NIOCore
internal import NIOHTTP1
internal import NIOHTTPTypes

/// Answers what is no HTTP with the reason and closes, in the same form as every other error. Counts connections.
final class MalformedRequestHandler: ChannelDuplexHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPRequestPart
    typealias InboundOut = HTTPRequestPart
    typealias OutboundIn = HTTPResponsePart
    typealias OutboundOut = HTTPResponsePart

    private let tally: GatewayTally
    private var isCounted = false
    /// Requests read and not yet answered to the end.
    private var underWay = 0
    private var hasFailed = false

    init(tally: GatewayTally) { self.tally = tally }

    func handlerAdded(context: ChannelHandlerContext) {
        isCounted = true
        tally.connected()
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        if isCounted { tally.disconnected() }
        isCounted = false
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        if case .head = unwrapInboundIn(data) { underWay += 1 }
        context.fireChannelRead(data)
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        if case .end = unwrapOutboundIn(data) { underWay -= 1 }
        context.write(data, promise: promise)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        guard let error = error as? HTTPParserError else { return context.fireErrorCaught(error) }
        guard !hasFailed else { return }
        hasFailed = true
        // Among the parts of another answer there is no place for this one.
        guard underWay == 0 else { return context.close(promise: nil) }
        let answer = answer(error)
        guard case .bytes(let bytes) = answer.body else { return context.close(promise: nil) }
        var fields = answer.fields
        fields[.contentLength] = "\(bytes.count)"
        context.write(wrapOutboundOut(.head(HTTPResponse(status: answer.status, headerFields: fields))), promise: nil)
        context.write(wrapOutboundOut(.body(ByteBuffer(bytes: bytes))), promise: nil)
        underWay += 1
        let channel = context.channel
        context.writeAndFlush(wrapOutboundOut(.end(nil))).whenComplete { _ in channel.close(promise: nil) }
    }

    private func answer(_ error: HTTPParserError) -> Answer {
        var failure: GatewayError
        switch error {
        case .headerOverflow:
            failure = GatewayError(.requestHeaderFieldsTooLarge, "too-large", "the header of the request is too long")
        default: failure = .malformed("this is no HTTP/1.1 request: \(error)")
        }
        failure.closesConnection = true
        return failure.answer(requestID: tally.names.next())
    }
}
