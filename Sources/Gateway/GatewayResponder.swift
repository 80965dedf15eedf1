internal import HTTPTypes
internal import Hummingbird
internal import HummingbirdCore
internal import Logging
internal import NIOCore
internal import ServiceLifecycle

/// Between Hummingbird's requests and the endpoints: limits, bodies, answers.
struct GatewayResponder: HTTPResponder {
    typealias Context = GatewayContext

    let endpoints: Endpoints
    private var configuration: GatewayConfiguration { endpoints.configuration }

    func respond(to request: Request, context: GatewayContext) async throws -> Response {
        let tally = endpoints.tally
        let requestID = Inquiry.key(in: request.headers) ?? tally.names.next()
        let begun = ContinuousClock.now
        var (answer, route) = await traced(request, requestID)
        tally.answered(route, answer.status, after: .now - begun)
        answer.fields[.requestID] = requestID
        answer.fields[.contentTypeOptions] = "nosniff"
        return response(answer, to: request, context)
    }

    private func traced(_ request: Request, _ requestID: String) async -> (Answer, String) {
        guard let tracer = configuration.tracer else { return await answer(request, requestID) }
        return await HTTPTrace.span(request.head, tracer) { await answer(request, requestID) }
    }

    /// The answer, and the route under which it counts.
    private func answer(_ request: Request, _ requestID: String) async -> (Answer, String) {
        var route = "none"
        do throws(GatewayError) {
            let target = try RequestTarget(request.head.path ?? "/")
            route = target.place.route
            let inquiry = Inquiry(
                method: request.method, target: target, fields: Self.fields(of: request.head), requestID: requestID,
                body: { () throws(GatewayError) in try await self.body(of: request) })
            return (try await endpoints.answer(inquiry), route)
        } catch {
            return (error.answer(requestID: requestID), route)
        }
    }

    /// The host stands apart from the other fields.
    private static func fields(of head: HTTPRequest) -> HTTPFields {
        var fields = head.headerFields
        if let authority = head.authority { fields[.host] = authority }
        return fields
    }

    // MARK: Bodies

    private func body(of request: Request) async throws(GatewayError) -> [UInt8] {
        if let length = request.headers[.contentLength].flatMap(Int.init), length > configuration.bodyBytesMax {
            throw tooLarge
        }
        let clock = ContinuousClock()
        let end = clock.now + configuration.bodyTimeout
        var bytes: [UInt8] = []
        do {
            for try await part in request.body {
                guard bytes.count + part.readableBytes <= configuration.bodyBytesMax else { throw tooLarge }
                // A body that stands still is ended by the connection's own time-out.
                guard clock.now < end else { throw tooSlow }
                bytes += part.readableBytesView
            }
        } catch let error as GatewayError {
            throw error
        } catch {
            throw .malformed("the body did not arrive whole")
        }
        return bytes
    }

    private var tooLarge: GatewayError {
        var error = GatewayError(
            .contentTooLarge, "too-large", "the body has more than \(configuration.bodyBytesMax) bytes")
        error.closesConnection = true
        return error
    }

    private var tooSlow: GatewayError {
        var error = GatewayError(
            .requestTimeout, "too-slow", "the body did not arrive within \(configuration.bodyTimeout.components.seconds) seconds")
        error.closesConnection = true
        return error
    }

    // MARK: Answers

    private func response(_ answer: Answer, to request: Request, _ context: GatewayContext) -> Response {
        switch answer.body {
        case .stream(let stream): return response(answer, stream, request)
        case .bytes(let bytes):
            var fields = answer.fields
            if fields[.contentType] != EventStream.fields[.contentType] { fields[.contentLength] = "\(bytes.count)" }
            guard request.method != .head else { return Response(status: answer.status, headers: fields) }
            let buffer = ByteBuffer(bytes: bytes)
            guard answer.closesConnection else {
                return Response(status: answer.status, headers: fields, body: ResponseBody(byteBuffer: buffer))
            }
            let channel = context.channel
            return Response(
                status: answer.status, headers: fields,
                body: ResponseBody(contentLength: bytes.count) { writer in
                    try await writer.write(buffer)
                    try await writer.finish(nil)
                    // A connection that is closed over unread bytes is reset, and the answer may be lost with it: the client
                    // gets a moment to read it (RFC 9112 §9.6).
                    channel.eventLoop.scheduleTask(in: .seconds(1)) { channel.close(promise: nil) }
                })
        }
    }

    private func response(_ answer: Answer, _ stream: EventStream, _ request: Request) -> Response {
        let table = endpoints.streams
        guard let (key, wakes) = table.open() else {
            let error = GatewayError.overloaded("the node has as many event streams open as it may have; try another node")
            let refusal = error.answer(requestID: answer.fields[.requestID] ?? "")
            return Response(status: refusal.status, headers: refusal.fields, body: ResponseBody(refusal))
        }
        return Response(
            status: answer.status, headers: answer.fields,
            body: ResponseBody { writer in
                defer { table.close(key) }
                try await request.body.consumeWithInboundCloseHandler { _ in
                    try await stream.write({ try await writer.write(ByteBuffer(bytes: $0)) }, wakes: wakes, key: key)
                } onInboundClosed: {
                    table.close(key)
                }
                try await writer.finish(nil)
            })
    }
}

extension ResponseBody {
    fileprivate init(_ answer: Answer) {
        if case .bytes(let bytes) = answer.body { self.init(byteBuffer: ByteBuffer(bytes: bytes)) } else { self.init() }
    }
}

extension HTTPField.Name {
    static let host = HTTPField.Name("Host")!
    static let contentTypeOptions = HTTPField.Name("X-Content-Type-Options")!
}

/// What a request carries through Hummingbird: its connection.
struct GatewayContext: InitializableFromSource {
    let channel: any Channel

    init(source: ApplicationRequestContextSource) { channel = source.channel }
}
