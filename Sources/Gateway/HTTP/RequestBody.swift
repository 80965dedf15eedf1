internal import HTTPTypes
internal import NIOCore

/// A request's body on its way in. Lives on its connection's event loop.
final class RequestBody {
    private var bytes: [UInt8] = []
    private var outcome: Result<[UInt8], GatewayError>?
    private var waiter: ((Result<[UInt8], GatewayError>) -> Void)?
    private var slowness: Scheduled<Void>?
    private let bytesMax: Int
    private let timeout: Duration

    /// - Parameter length: what the request says of it, if it does.
    init(length: Int?, bytesMax: Int, timeout: Duration) {
        self.bytesMax = bytesMax
        self.timeout = timeout
        if let length, length > bytesMax { outcome = .failure(tooLarge) }
    }

    func append(_ part: ByteBuffer) {
        // What nobody wants any more is not kept.
        guard outcome == nil else { return }
        guard bytes.count + part.readableBytes <= bytesMax else { return finish(.failure(tooLarge)) }
        bytes += part.readableBytesView
    }

    func end() { finish(.success(bytes)) }

    /// The rest is not going to come.
    func fail(_ error: GatewayError) { finish(.failure(error)) }

    /// Calls `body` once with the whole of it, at once if it is there.
    func whenWhole(on loop: any EventLoop, _ body: @escaping (Result<[UInt8], GatewayError>) -> Void) {
        if let outcome { return body(outcome) }
        waiter = body
        let bound = NIOLoopBound(self, eventLoop: loop)
        slowness = loop.scheduleTask(in: TimeAmount(timeout)) { bound.value.fail(bound.value.tooSlow) }
    }

    private func finish(_ outcome: Result<[UInt8], GatewayError>) {
        guard self.outcome == nil else { return }
        self.outcome = outcome
        bytes = []
        slowness?.cancel()
        let waiter = waiter
        self.waiter = nil
        waiter?(outcome)
    }

    private var tooLarge: GatewayError {
        var error = GatewayError(.contentTooLarge, "too-large", "the body has more than \(bytesMax) bytes")
        error.closesConnection = true
        return error
    }

    private var tooSlow: GatewayError {
        var error = GatewayError(
            .requestTimeout, "too-slow", "the body did not arrive within \(timeout.components.seconds) seconds")
        error.closesConnection = true
        return error
    }
}
