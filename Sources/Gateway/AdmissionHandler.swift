internal import HTTPTypes
internal import NIOCore
internal import NIOHTTPTypes

/// Refuses requests for entities beyond what the node answers at once, where they are read: under overload a refusal must cost a small
/// part of an answer, or the refusals take the time of the answers. Health, metrics and the rest are always answered.
///
/// A connection's requests are answered one after the other, so each connection has at most one under way.
final class AdmissionHandler: ChannelDuplexHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPRequestPart
    typealias InboundOut = HTTPRequestPart
    typealias OutboundIn = HTTPResponsePart
    typealias OutboundOut = HTTPResponsePart

    private let tally: GatewayTally
    private let limit: Int
    /// From a request's head to its answer's; an event stream is answered when it begins.
    private var isUnderWay = false
    /// Sent behind the one under way, without waiting for its answer.
    private var pipelined = 0
    /// The rest of a refused request is dropped.
    private var isRefusing = false

    init(tally: GatewayTally, limit: Int) {
        self.tally = tally
        self.limit = limit
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        if isUnderWay { tally.end() }
        isUnderWay = false
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        // Its answer has to come after another one's.
        case .head where isUnderWay: pipelined += 1
        case .head(let head):
            let isForEntity = head.path?.utf8.starts(with: "/v1/entities/".utf8) ?? false
            guard tally.begin(limit: isForEntity ? limit : .max) else {
                isRefusing = true
                return refuse(head, context)
            }
            isUnderWay = true
        case .body where isRefusing: return
        case .end where isRefusing:
            isRefusing = false
            return
        default: break
        }
        context.fireChannelRead(data)
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        if case .head(let head) = unwrapOutboundIn(data), head.status.kind != .informational, isUnderWay {
            if pipelined > 0 {
                pipelined -= 1
            } else {
                isUnderWay = false
                tally.end()
            }
        }
        context.write(data, promise: promise)
    }

    private func refuse(_ head: HTTPRequest, _ context: ChannelHandlerContext) {
        let error = GatewayError.overloaded(
            "the node answers \(limit) requests already; nothing happened. Send it again a little later.")
        var answer = error.answer(requestID: Inquiry.key(in: head.headerFields) ?? tally.names.next())
        tally.answered("refused", answer.status, after: .zero)
        answer.fields[.contentTypeOptions] = "nosniff"
        var bytes: [UInt8] = []
        if case .bytes(let body) = answer.body { bytes = body }
        answer.fields[.contentLength] = "\(bytes.count)"
        context.write(wrapOutboundOut(.head(HTTPResponse(status: answer.status, headerFields: answer.fields))), promise: nil)
        if head.method != .head { context.write(wrapOutboundOut(.body(ByteBuffer(bytes: bytes))), promise: nil) }
        let sent = context.eventLoop.makePromise(of: Void.self)
        if head.headerFields[.connection] == "close" {
            let channel = context.channel
            sent.futureResult.whenComplete { _ in channel.close(promise: nil) }
        }
        context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: sent)
    }
}
