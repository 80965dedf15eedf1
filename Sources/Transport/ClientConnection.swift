public import Logging
public import NIOCore

/// One connection dialed by a client, or by a node that wants to join: frames out, frames in.
///
/// Bound to its event loop: made, set up and used there. It lives once: to reconnect, make another (`Backoff` says when).
/// The closures are called from the loop, never from within a call to this object, and are let go after `onClose`.
public final class ClientConnection {
    public let loop: any EventLoop
    public let address: NetworkAddress

    /// The handshake succeeded; frames may be sent.
    public var onOpen: ((Welcome) -> Void)?
    /// A frame's payload, the receiver's alone.
    public var onFrame: (([UInt8]) -> Void)?
    /// All that could be read in this turn has been handed out.
    public var onReadCycleEnd: (() -> Void)?
    /// After `send` was refused: the queue has emptied to half of its limit.
    public var onWritable: (() -> Void)?
    /// The end, exactly once, also of a connection that was never opened. `.closed` if this side asked for it.
    public var onClose: ((TransportError) -> Void)?

    private let settings: TransportSettings
    private let logger: Logger
    private let hello: Hello
    private var connection: Connection?
    private var hasEnded = false
    private var isClosing = false

    /// - Parameter hello: of the role `.client` or `.joiner`.
    public init(
        to address: NetworkAddress, hello: Hello, loop: any EventLoop, settings: TransportSettings, logger: Logger
    ) {
        precondition(hello.role == .client || hello.role == .joiner, "a connection of the role \(hello.role)")
        settings.check()
        self.address = address
        self.hello = hello
        self.loop = loop
        self.settings = settings
        self.logger = logger
    }

    public var isOpen: Bool { connection?.isOpen ?? false }
    /// Bytes of frames that wait to be written.
    public var bytesWaiting: Int { connection?.bytesWaiting ?? 0 }

    /// Dials. Call once, after the closures are set.
    ///
    /// What can go wrong comes to `onClose`: `.cannotConnect`, `.unknownHost`, `.timedOut`, `.rejected` (with the rejection), or
    /// `.protocolViolation` if what answers is no node.
    public func connect() {
        loop.preconditionInEventLoop()
        precondition(connection == nil && !hasEnded, "a connection lives once")
        let connection = Connection(
            id: ConnectionID(rawValue: 0), machine: .dialing(hello), queueBytesMax: settings.clientQueueBytesMax,
            owner: self, handshakeTimeout: settings.handshakeTimeout, counters: Counters())
        self.connection = connection
        Sockets.dial(address, on: loop, timeout: settings.connectTimeout, settings.security, connection)
            .assumeIsolated().whenFailure { [self] error in endLater(Sockets.dialError(address, error)) }
    }

    /// Queues one frame; it leaves with the next `flush()`.
    ///
    /// - Parameter bytes: 1 byte to `TransportSettings.clientFrameBytesMax`.
    /// - Returns: false if the frame was dropped: not open, or the queue is full (`TransportSettings.clientQueueBytesMax`).
    public func send(_ bytes: [UInt8]) -> Bool {
        loop.assertInEventLoop()
        precondition(bytes.count <= settings.clientFrameBytesMax, "a frame of \(bytes.count) bytes")
        return connection?.send(bytes) ?? false
    }

    /// Writes what was queued since the last flush, with one write.
    public func flush() {
        loop.assertInEventLoop()
        connection?.flush()
    }

    /// Stops reading, for a receiver that cannot keep up.
    public func pauseReading() { connection?.pauseReading(for: .owner) }

    public func resumeReading() { connection?.resumeReading(for: .owner) }

    /// Closes after what is queued, as far as it can be written at once; `onClose` follows.
    public func close() {
        loop.preconditionInEventLoop()
        guard !isClosing, !hasEnded else { return }
        isClosing = true
        connection?.close()
        endLater(.closedHere)
    }

    /// Never from within a call to this object, as the caller may not expect to be called.
    private func endLater(_ error: TransportError) {
        loop.assumeIsolated().execute { [self] in end(error) }
    }

    private func end(_ error: TransportError) {
        guard !hasEnded else { return }
        hasEnded = true
        logger.debug(
            "a connection to a node has ended", metadata: ["remote.address": "\(address)", "error": "\(error)"])
        let tell = onClose
        onOpen = nil
        onFrame = nil
        onReadCycleEnd = nil
        onWritable = nil
        onClose = nil
        tell?(isClosing ? .closedHere : error)
    }
}

@available(*, unavailable) extension ClientConnection: Sendable {}

extension ClientConnection: ConnectionOwner {
    var identity: Identity { hello.identity }

    func opened(_ connection: Connection, _ welcome: Welcome) {
        connection.acceptFrames(upTo: settings.frameBytesMax)
        onOpen?(welcome)
    }

    func received(_ frame: [UInt8], on connection: Connection) { onFrame?(frame) }

    func readCompleted(on connection: Connection) { onReadCycleEnd?() }

    func drained(_ connection: Connection) {
        loop.assumeIsolated().execute { [self] in onWritable?() }
    }

    func closed(_ connection: Connection, _ error: TransportError) {
        endLater(error)
    }

    func admit(_ hello: Hello, on connection: Connection) -> Admission {
        preconditionFailure("a hello was answered on a dialed connection")
    }

    func accepted(_ hello: Hello, on connection: Connection) {
        preconditionFailure("a hello was accepted on a dialed connection")
    }
}
