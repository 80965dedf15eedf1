internal import HTTPTypes
internal import NIOCore
internal import NIOHTTP1
internal import NIOHTTPTypesHTTP1
internal import Node

/// One connection: takes a request, has it answered by a task on the connection's own event loop, writes the answer, takes the next.
///
/// What is too much is refused here, where it is read: under overload a refusal must cost a small part of an answer, or the refusals take
/// the time of the answers. What a client sends behind a request is kept until that one is answered, and no more is read meanwhile. (NIO's
/// `HTTPServerPipelineHandler` stops reading with each request: two system calls more for every client that sends one at a time.)
final class ConnectionHandler: ChannelDuplexHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundIn = HTTPServerResponsePart
    typealias OutboundOut = HTTPServerResponsePart

    /// A request that was read, in whole or in part, and its answer if it was written.
    private struct Exchange {
        var body: RequestBody
        var isHead: Bool
        var keepsAlive: Bool
        var expectsContinue: Bool
        /// What the task that answers it starts from; nil once there is one.
        var waiting: HTTPRequest?
        /// Whether it counts among those under way.
        var isCounted: Bool
        var hasArrived = false
        var isAnswered = false
        /// The key of the event stream that answers it.
        var stream: UInt64?
    }

    private let responder: GatewayResponder
    private let lane: Lane
    private var tally: GatewayTally { responder.endpoints.tally }
    private var configuration: GatewayConfiguration { responder.configuration }
    private var connections: OpenConnections { responder.endpoints.connections }
    private var channel: ObjectIdentifier?
    private var context: ChannelHandlerContext?
    private var exchange: Exchange?
    /// Whether a task answers the exchange; it outlives the connection if that ends.
    private var isWorking = false
    /// What came behind the request under way.
    private var behind = CircularBuffer<HTTPServerRequestPart>()
    /// What came last, and is no HTTP.
    private var defect: HTTPParserError?
    private var isTaking = false
    private var holdsRead = false
    /// The client sends no more.
    private var isInputClosed = false
    /// The server shuts down.
    private var isQuiescing = false
    /// Nothing more is answered.
    private var isEnding = false
    /// Since when no request has been under way, or when the one that is arriving began to.
    private var quietSince = ContinuousClock.now
    private var idleness: Scheduled<Void>?

    /// An answer that is the last one while the request is still coming: a connection that is closed over unread bytes is reset, and the
    /// answer may be lost with it, so the client gets a moment to read it (RFC 9112 §9.6).
    private static let lingering = TimeAmount.seconds(1)

    init(_ responder: GatewayResponder, on lane: Lane) {
        self.responder = responder
        self.lane = lane
    }

    // MARK: The connection

    func handlerAdded(context: ChannelHandlerContext) {
        guard connections.add(context.channel) else { return context.close(promise: nil) }
        self.context = context
        channel = ObjectIdentifier(context.channel)
        watchIdleness(context, for: configuration.idleTimeout)
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        self.context = nil
        // It would keep all of this for minutes.
        idleness?.cancel()
        abandon()
        if !isWorking { leave() }
    }

    private func leave() {
        if let channel { connections.remove(channel) }
        channel = nil
    }

    func channelInactive(context: ChannelHandlerContext) {
        abandon()
        context.fireChannelInactive()
    }

    /// The client is gone. What it asked for is done all the same.
    private func abandon() {
        guard let exchange else { return }
        self.exchange = nil
        if exchange.isCounted { tally.end() }
        exchange.body.fail(.incomplete)
        if let stream = exchange.stream { responder.endpoints.streams.close(stream) }
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        switch event {
        case let event as ChannelEvent where event == .inputClosed:
            isInputClosed = true
            guard let exchange else { return context.close(promise: nil) }
            if !exchange.hasArrived { failBody(.incomplete) }
            if let stream = exchange.stream { responder.endpoints.streams.close(stream) }
        case is ChannelShouldQuiesceEvent:
            isQuiescing = true
            if exchange == nil { context.close(promise: nil) }
        default: context.fireUserInboundEventTriggered(event)
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        guard let error = error as? HTTPParserError, !isEnding else { return context.close(promise: nil) }
        if exchange?.hasArrived == true { defect = error } else { refuse(error) }
    }

    private func refuse(_ error: HTTPParserError) {
        var failure: GatewayError
        switch error {
        case .headerOverflow: failure = GatewayError(.requestHeaderFieldsTooLarge, "too-large", "the header of the request is too long")
        case .invalidEOFState: failure = .incomplete
        default: failure = .malformed("this is no HTTP/1.1 request: \(error)")
        }
        failure.closesConnection = true
        guard let exchange else { return refuse(failure) }
        // Among the parts of another answer there is no place for this one.
        guard !exchange.isAnswered else { return context?.close(promise: nil) ?? () }
        failBody(failure)
    }

    /// Closes the connection if nothing has been under way for so long, and looks again when that may be.
    private func watchIdleness(_ context: ChannelHandlerContext, for time: Duration) {
        let bound = NIOLoopBound(self, eventLoop: context.eventLoop)
        idleness = context.eventLoop.scheduleTask(in: TimeAmount(max(time, .milliseconds(1)))) {
            let handler = bound.value
            guard let context = handler.context else { return }
            let timeout = handler.configuration.idleTimeout
            let isBusy = handler.exchange.map { $0.hasArrived && !$0.isAnswered || $0.stream != nil } ?? false
            guard !isBusy else { return handler.watchIdleness(context, for: timeout) }
            let left = timeout - (ContinuousClock.now - handler.quietSince)
            guard left > .zero else { return context.close(promise: nil) }
            handler.watchIdleness(context, for: left)
        }
    }

    // MARK: Requests

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let part = unwrapInboundIn(data)
        // Behind a whole request comes another one.
        if exchange?.hasArrived == true { behind.append(part) } else { take(part) }
    }

    private func take(_ part: HTTPServerRequestPart) {
        guard !isEnding else { return }
        switch part {
        case .head(let head): begin(head)
        case .body(let part): exchange?.body.append(part)
        case .end:
            guard let exchange else { return }
            guard !exchange.isAnswered else { return rest() }
            self.exchange?.hasArrived = true
            exchange.body.end()
            start()
        }
    }

    /// What is read together is nearly always a whole request. If it is not, its head may be enough for an answer.
    func channelReadComplete(context: ChannelHandlerContext) {
        start()
        lane.goOn()
        context.fireChannelReadComplete()
    }

    func read(context: ChannelHandlerContext) {
        holdsRead = !behind.isEmpty
        if !holdsRead { context.read() }
    }

    /// Goes on with what came behind a request that is answered.
    private func takeNext() {
        guard !isTaking else { return }
        isTaking = true
        while exchange?.hasArrived != true, let part = behind.popFirst() { take(part) }
        isTaking = false
        start()
        guard behind.isEmpty, let context else { return }
        if exchange == nil, !isEnding {
            if let defect { return refuse(defect) }
            if isInputClosed || isQuiescing { return context.close(promise: nil) }
        }
        guard holdsRead else { return }
        holdsRead = false
        context.read()
    }

    private func begin(_ head: HTTPRequestHead) {
        quietSince = .now
        let isForEntity = head.uri.utf8.starts(with: RequestTarget.entities.utf8)
        let isAdmitted = tally.begin(limit: isForEntity ? configuration.requestsMax : .max)
        exchange = Exchange(
            body: RequestBody(
                length: head.headers.first(name: "Content-Length").flatMap(Int.init), bytesMax: configuration.bodyBytesMax,
                timeout: configuration.bodyTimeout),
            isHead: head.method == .HEAD, keepsAlive: head.isKeepAlive,
            expectsContinue: head.headers.first(name: "Expect")?.lowercased() == "100-continue", isCounted: isAdmitted)
        guard isAdmitted else {
            let error = GatewayError.overloaded(
                "the node answers \(configuration.requestsMax) requests already; nothing happened. Send it again a little later.")
            return refuse(error, key: head.headers.first(name: "Idempotency-Key"))
        }
        do {
            exchange?.waiting = try HTTPRequest(head, secure: false, splitCookie: false)
        } catch {
            refuse(.malformed("the request's head cannot be read: \(error)"))
        }
    }

    /// Has the request answered by a task of its own, if there is one that is not yet.
    private func start() {
        guard !isWorking, let request = exchange?.waiting, let context else { return }
        exchange?.waiting = nil
        isWorking = true
        let (bound, channel) = (NIOLoopBound(self, eventLoop: context.eventLoop), context.channel)
        lane.executor.run { [responder, lane] in await Self.work(on: request, responder, lane, bound, channel) }
    }

    private static func work(
        on request: HTTPRequest, _ responder: GatewayResponder, _ lane: Lane, _ bound: NIOLoopBound<ConnectionHandler>,
        _ channel: any Channel
    ) async {
        let answer = await responder.answer(request, on: lane) { () throws(GatewayError) in try await Self.body(bound, channel.eventLoop) }
        switch answer.body {
        case .bytes(let bytes): bound.value.write(answer, bytes)
        case .stream(let stream): await write(answer, stream, bound, channel)
        }
        bound.value.rested()
    }

    /// The task is over.
    private func rested() {
        isWorking = false
        guard context != nil else { return leave() }
        // What came meanwhile, if the answer was the last word on the request before it.
        start()
    }

    /// The whole body. Of a connection that has ended there is none.
    private static func body(
        _ bound: NIOLoopBound<ConnectionHandler>, _ loop: any EventLoop
    ) async throws(GatewayError) -> [UInt8] {
        let outcome: Result<[UInt8], GatewayError> = await withUnsafeContinuation { continuation in
            let handler = bound.value
            guard let exchange = handler.exchange else { return continuation.resume(returning: .failure(.incomplete)) }
            if exchange.expectsContinue, !exchange.hasArrived { handler.writeContinue() }
            exchange.body.whenWhole(on: loop) { continuation.resume(returning: $0) }
        }
        return try outcome.get()
    }

    private func failBody(_ error: GatewayError) {
        exchange?.body.fail(error)
        exchange?.keepsAlive = false
        start()
    }

    // MARK: Answers

    /// Answers what no task is to see.
    private func refuse(_ error: GatewayError, key: String? = nil) {
        exchange?.waiting = nil
        let answer = responder.refusal(error, key: key)
        if case .bytes(let bytes) = answer.body { write(answer, bytes) }
    }

    /// So the client need not wait before it sends a body (RFC 9110 §10.1.1).
    private func writeContinue() {
        exchange?.expectsContinue = false
        guard let context else { return }
        context.writeAndFlush(wrapOutboundOut(.head(HTTPResponseHead(version: .http1_1, status: .continue))), promise: nil)
    }

    private func write(_ answer: Answer, _ bytes: [UInt8]) {
        guard let context else { return }
        let isSized = answer.fields[.contentType] != EventStream.fields[.contentType]
        writeHead(answer, length: isSized ? bytes.count : nil)
        if exchange?.isHead != true, !bytes.isEmpty {
            context.write(wrapOutboundOut(.body(.byteBuffer(context.channel.allocator.buffer(bytes: bytes)))), promise: nil)
        }
        writeEnd(keepsAlive: !answer.closesConnection, isSized: isSized)
    }

    /// Whether no answer comes after this one, whatever it is.
    private var isLast: Bool {
        exchange?.keepsAlive != true || isQuiescing || isInputClosed && behind.isEmpty && defect == nil
    }

    private func writeHead(_ answer: Answer, length: Int?) {
        guard let context else { return }
        var headers = HTTPHeaders()
        headers.reserveCapacity(answer.fields.count + 3)
        for field in answer.fields { headers.add(name: field.name.rawName, value: field.value) }
        headers.add(name: "Date", value: tally.date.text)
        if let length { headers.add(name: "Content-Length", value: "\(length)") }
        if isLast, !answer.closesConnection { headers.add(name: "Connection", value: "close") }
        let status = HTTPResponseStatus(statusCode: answer.status.code, reasonPhrase: answer.status.reasonPhrase)
        context.write(wrapOutboundOut(.head(HTTPResponseHead(version: .http1_1, status: status, headers: headers))), promise: nil)
        if exchange?.isCounted == true { tally.end() }
        exchange?.isCounted = false
    }

    /// Ends the answer, and the connection if this is its last one.
    private func writeEnd(keepsAlive: Bool, isSized: Bool) {
        guard let context else { return }
        let hasArrived = exchange?.hasArrived ?? isInputClosed
        isEnding = !keepsAlive || isLast
        exchange?.isAnswered = true
        exchange?.stream = nil
        // The end of a body of unknown length is a chunk, and HEAD has no body.
        let hasEnd = isSized || exchange?.isHead != true
        guard isEnding else {
            if hasEnd { context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil) } else { context.flush() }
            return hasArrived ? rest() : ()
        }
        let sent = context.eventLoop.makePromise(of: Void.self)
        let channel = context.channel
        sent.futureResult.whenComplete { _ in
            guard !hasArrived else { return channel.close(promise: nil) }
            channel.close(mode: .output, promise: nil)
            channel.eventLoop.scheduleTask(in: Self.lingering) { channel.close(promise: nil) }
        }
        guard hasEnd else {
            context.flush()
            return sent.succeed()
        }
        context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: sent)
    }

    /// The request and its answer are done with.
    private func rest() {
        exchange = nil
        quietSince = .now
        takeNext()
    }

    // MARK: Event streams

    private static func write(
        _ answer: Answer, _ stream: EventStream, _ bound: NIOLoopBound<ConnectionHandler>, _ channel: any Channel
    ) async {
        guard let wakes = bound.value.open(answer) else { return }
        // It ends with the client, or with the gateway.
        try? await stream.write(
            { bytes in
                let part = HTTPServerResponsePart.body(.byteBuffer(ByteBuffer(bytes: bytes)))
                // Done when the socket has taken it: a client that does not read holds its own stream up.
                try await channel.writeAndFlush(part).get()
            }, wakes: wakes.wakes, key: wakes.key)
        stream.endpoints.streams.close(wakes.key)
        bound.value.writeEnd(keepsAlive: true, isSized: false)
    }

    private func open(_ answer: Answer) -> (key: UInt64, wakes: AsyncStream<StreamTable.Wake>)? {
        guard exchange != nil else { return nil }
        guard let opened = responder.endpoints.streams.open() else {
            refuse(
                .overloaded("the node has as many event streams open as it may have; try another node"), key: answer.fields[.requestID])
            return nil
        }
        exchange?.stream = opened.key
        writeHead(answer, length: nil)
        context?.flush()
        return opened
    }
}

extension GatewayError {
    fileprivate static let incomplete = GatewayError.malformed("the request did not arrive whole")
}
