import NIOCore
import NIOSSL
import Primitives

/// Whom a connection tells what happens on it. Called on the event loop.
protocol ConnectionOwner: AnyObject {
    var identity: Identity { get }
    func admit(_ hello: Hello, on connection: Connection) -> Admission
    /// The hello was accepted, and the welcome is on its way.
    func accepted(_ hello: Hello, on connection: Connection)
    /// The other side has accepted our hello.
    func opened(_ connection: Connection, _ welcome: Welcome)
    func received(_ frame: [UInt8], on connection: Connection)
    /// All that could be read at once was delivered, at least one frame.
    func readCompleted(on connection: Connection)
    /// A sender that was refused may go on.
    func drained(_ connection: Connection)
    /// The end; once for every connection that reached its channel's pipeline.
    func closed(_ connection: Connection, _ error: TransportError)
}

/// Counts what passes; shared by the connections of one transport.
final class Counters {
    var values = TransportStatistics()
}

/// The handler of one connection: a thin adapter that moves bytes between its channel, the frame decoder, the machine that knows
/// the handshake, and the outbound queue.
final class Connection: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    let id: ConnectionID
    /// In its owner's list of connections to flush.
    var isDirty = false
    /// What the owner knows about it once the handshake is done.
    var standing = Standing.handshaking
    /// Stop reading while more than this many bytes wait to be written; nil: never.
    var readPauseBytes: Int?

    /// Set before the connection is put in its channel's pipeline, if that has TLS.
    var tls: TLSSession?

    /// Those of the node at the other end, if it is one.
    var starts = StartHistory()

    enum Standing: Hashable {
        case handshaking
        case client
        case peer(NodeID, isBulk: Bool)
    }

    private let owner: any ConnectionOwner
    private let counters: Counters
    private let handshakeTimeout: Span
    private var machine: ConnectionMachine
    private var decoder = FrameDecoder(limit: Frame.handshakeBytesMax)
    private var queue: OutboundQueue
    private var context: ChannelHandlerContext?
    private var deadline: Scheduled<Void>?
    private var failure: TransportError?
    private var hasStarted = false
    private var hasFinished = false
    private var hasDelivered = false
    private var pauses: ReadPauses = []
    /// The decoder's frame count when a sweep last saw it in the middle of a frame.
    private var framesAtSweep: Int?

    init(
        id: ConnectionID, machine: ConnectionMachine, queueBytesMax: Int, owner: any ConnectionOwner,
        handshakeTimeout: Span, counters: Counters
    ) {
        self.id = id
        self.machine = machine
        self.owner = owner
        self.handshakeTimeout = handshakeTimeout
        self.counters = counters
        queue = OutboundQueue(limit: queueBytesMax)
    }

    var isOpen: Bool { machine.isOpen }
    var bytesWaiting: Int { queue.bytes }
    var channel: (any Channel)? { context?.channel }
    private(set) var remoteAddress = "unknown"

    /// Payload bytes of the largest frame that is accepted from now on.
    func acceptFrames(upTo limit: Int) { decoder.limit = limit }

    // MARK: - Life

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        if context.channel.isActive { start(context) }
    }

    func channelActive(context: ChannelHandlerContext) { start(context) }

    func channelInactive(context: ChannelHandlerContext) { finish() }

    func handlerRemoved(context: ChannelHandlerContext) {
        finish()
        self.context = nil
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        if let reason = tls?.explain(error) { return fail(reason) }
        let isCut = error as? NIOSSLError == .uncleanShutdown
        fail(.lost(isCut ? "the other side closed the connection" : "the connection broke: \(error)"))
    }

    private func start(_ context: ChannelHandlerContext) {
        guard !hasStarted else { return }
        hasStarted = true
        guard !machine.isEnded else {
            context.close(promise: nil)
            return
        }
        remoteAddress = context.remoteAddress.map(Self.text) ?? "unknown"
        let limit = handshakeTimeout
        deadline = context.eventLoop.assumeIsolated().scheduleTask(in: .nanoseconds(limit.nanoseconds)) { [self] in
            fail(.timedOut("the handshake", after: limit))
        }
        if let hello = machine.greeting { write(.hello(hello)) }
    }

    /// Ends the connection for `error`, with `answer` as its last frame.
    func fail(_ error: TransportError, answer: Rejection? = nil) {
        if failure == nil { failure = error }
        if let answer { write(.rejection(answer)) }
        _ = machine.end()
        context?.close(promise: nil)
    }

    /// Ends the connection after what is queued, as far as it can be written at once.
    func close() {
        flush()
        fail(.closedHere)
    }

    private func finish() {
        guard !hasFinished else { return }
        hasFinished = true
        _ = machine.end()
        deadline?.cancel()
        owner.closed(self, failure ?? quietEnd)
    }

    /// The other side ended the connection, and did not say why.
    private var quietEnd: TransportError {
        guard let tls, tls.dialed == nil, standing == .handshaking, let peer = tls.peer else {
            return .lost("the other side closed the connection")
        }
        return .untrusted(
            "the other side, with a certificate for \(peer.hosts.listedHosts), closed the connection after the TLS handshake without a word: "
                + "does this node's certificate name the host that was dialed?")
    }

    private static func text(_ address: SocketAddress) -> String {
        guard let host = address.ipAddress, let port = address.port else { return "\(address)" }
        return NetworkAddress(host: host, port: port).description
    }
}

// MARK: - Reading

extension Connection {
    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        var piece = unwrapInboundIn(data)
        counters.values.bytesReceived += piece.readableBytes
        if !machine.isOpen, isStrange(piece) { return }
        do {
            while !machine.isEnded, let frame = try decoder.next(&piece) {
                counters.values.framesReceived += 1
                if machine.isOpen {
                    hasDelivered = true
                    owner.received(frame, on: self)
                } else {
                    shakeHands(frame)
                }
            }
        } catch {
            fail(.protocolViolation("\(error)"))
        }
    }

    /// Ends the connection if the other side speaks TLS, and this side does not.
    private func isStrange(_ first: ByteBuffer) -> Bool {
        guard tls == nil, !machine.isEnded, !decoder.isMidFrame, TLSRecord.begins(first.readableBytesView) else { return false }
        fail(
            .untrusted(
                machine.greeting == nil
                    ? "the other side speaks TLS, and this node was started without certificates"
                    : "the node speaks TLS: name certificates of its cluster with --tls-ca, --tls-certificate and --tls-key"))
        return true
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        guard hasDelivered else { return }
        hasDelivered = false
        owner.readCompleted(on: self)
    }

    private func shakeHands(_ frame: [UInt8]) {
        switch machine.received(frame, from: remoteAddress) {
        case .ask(let hello): answer(hello)
        case .opened(let welcome):
            deadline?.cancel()
            hasDelivered = true
            owner.opened(self, welcome)
        case .fail(let error, let answer): fail(error, answer: answer)
        case .deliver, .ignore: break
        }
    }

    private func answer(_ hello: Hello) {
        let admission = owner.admit(hello, on: self)
        // The owner may have closed everything while it was asked.
        guard !machine.isEnded else { return }
        let message = machine.decide(admission, as: owner.identity)
        if case .reject(let rejection) = admission {
            failure = .rejectedHere(rejection)
            write(message)
            context?.close(promise: nil)
            return
        }
        deadline?.cancel()
        write(message)
        hasDelivered = true
        owner.accepted(hello, on: self)
    }

    /// Ends the connection if the frame it was in the middle of at the last sweep has still not come to its end, although it was
    /// read from.
    func sweep(_ timeout: Span) {
        guard isReading else {
            framesAtSweep = nil
            return
        }
        let isStuck = decoder.isMidFrame && framesAtSweep == decoder.frames
        framesAtSweep = decoder.isMidFrame ? decoder.frames : nil
        if isStuck { fail(.timedOut("a frame", after: timeout)) }
    }

    /// Reasons not to read, any of which is enough.
    struct ReadPauses: OptionSet {
        let rawValue: UInt8
        /// Too much waits to be written to the same connection.
        static let queue = ReadPauses(rawValue: 1)
        /// The owner asked for it.
        static let owner = ReadPauses(rawValue: 2)
    }

    var isReading: Bool { pauses.isEmpty }

    func pauseReading(for reason: ReadPauses) {
        if pauses.isEmpty { setAutoRead(false) }
        pauses.insert(reason)
    }

    func resumeReading(for reason: ReadPauses) {
        guard pauses.remove(reason) != nil, pauses.isEmpty else { return }
        setAutoRead(true)
    }

    private func setAutoRead(_ value: Bool) {
        // Fails only on a channel that is closed already, and then there is nothing to read.
        try? context?.channel.syncOptions?.setOption(.autoRead, value: value)
    }
}

// MARK: - Writing

extension Connection {
    /// Queues a frame for the next `flush()`.
    ///
    /// - Returns: false, with nothing queued, if the connection is not open or its queue is full.
    func send(_ payload: [UInt8]) -> Bool {
        guard machine.isOpen else { return false }
        guard queue.append(payload) else {
            counters.values.refusedFull += 1
            return false
        }
        counters.values.framesSent += 1
        return true
    }

    /// Hands what is queued to the channel, as long as that can take it, and flushes once.
    func flush() {
        guard queue.bytes > 0, let context, machine.isOpen else { return }
        let channel = context.channel
        var last: ByteBuffer?
        while channel.isWritable, let chunk = queue.takeFirst() {
            counters.values.bytesSent += chunk.readableBytes
            context.write(wrapOutboundOut(chunk), promise: nil)
            last = chunk
        }
        if let last {
            context.flush()
            queue.recycle(last)
        }
        settle()
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        if context.channel.isWritable { flush() }
    }

    /// Tells a refused sender to go on, and reads or does not read by how much still waits.
    private func settle() {
        if queue.mayResume {
            queue.wasRefused = false
            owner.drained(self)
        }
        guard let readPauseBytes else { return }
        if queue.bytes > readPauseBytes {
            pauseReading(for: .queue)
        } else if queue.bytes <= readPauseBytes / 2 {
            resumeReading(for: .queue)
        }
    }

    private func write(_ message: HandshakeMessage) {
        guard let context else { return }
        var buffer = ByteBuffer()
        buffer.writeFrame(message.encoded())
        counters.values.framesSent += 1
        counters.values.bytesSent += buffer.readableBytes
        context.writeAndFlush(wrapOutboundOut(buffer), promise: nil)
    }
}
