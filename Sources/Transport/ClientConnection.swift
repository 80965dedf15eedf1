public import Logging
public import NIOCore

/// One connection dialed by a client, or by a node that wants to join: frames out, frames in.
///
/// Bound to its event loop: made, set up and used there. It lives once: to reconnect, make another (`Backoff` says when).
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
    /// The end, exactly once, also of a connection that was never opened.
    public var onClose: ((TransportError) -> Void)?

    public init(
        to address: NetworkAddress, hello: Hello, loop: any EventLoop, settings: TransportSettings, logger: Logger
    ) {
        self.loop = loop
        self.address = address
    }

    /// Dials. Call once, after the closures are set; they are called later, never from within.
    public func connect() { preconditionFailure() }

    /// Queues one frame; it leaves with the next `flush()`.
    ///
    /// - Parameter bytes: at most `TransportSettings.clientFrameBytesMax`.
    /// - Returns: false if the frame was dropped: not open, or the queue is full (`TransportSettings.clientQueueBytesMax`).
    public func send(_ bytes: [UInt8]) -> Bool { preconditionFailure() }

    /// Writes what was queued since the last flush, with one write.
    public func flush() { preconditionFailure() }

    /// Stops and resumes reading, for a receiver that cannot keep up.
    public func pauseReading() { preconditionFailure() }
    public func resumeReading() { preconditionFailure() }

    /// Closes after what has been flushed; `onClose` follows with `.closed`.
    public func close() { preconditionFailure() }
}

@available(*, unavailable) extension ClientConnection: Sendable {}
