public import Primitives

/// Sizes and times of the transport. Every queue's limit stands here.
public struct TransportSettings: Sendable {
    /// Payload bytes of one frame between nodes, and of one frame that a client receives.
    public var frameBytesMax = 8 << 20
    /// Payload bytes of one frame that a client may send: a command of `Limits.payloadBytesMax` and its envelope fit.
    public var clientFrameBytesMax = 2 << 20
    /// Bytes that wait for one peer on the main stream; past it `send` is refused.
    public var mainQueueBytesMax = 64 << 20
    /// Bytes that wait for one peer on the bulk stream; past it `send` is refused until `peerWritable`.
    public var bulkQueueBytesMax = 16 << 20
    /// Bytes that wait for one client before nothing more is read from it.
    public var clientQueueBytesHigh = 1 << 20
    /// Bytes that wait for one client before its connection is closed: it does not read its answers.
    public var clientQueueBytesMax = 32 << 20
    /// Connections accepted at the same time, those in the middle of their handshake included.
    public var connectionsMax = 10_000
    /// From the accepted or established connection to the end of its handshake.
    public var handshakeTimeout = Span.seconds(5)
    public var connectTimeout = Span.seconds(2)
    /// A frame that has begun must make its end within one to two of these.
    public var frameTimeout = Span.seconds(30)
    /// The first and the longest pause between two attempts to reach a peer.
    public var backoff = Backoff.Limits(first: .milliseconds(50), longest: .seconds(2))
    /// Every connection, of nodes and of clients, is under TLS with it; nil: none is.
    public var security: TransportSecurity?
    /// Seeds the jitter.
    public var seed: UInt64

    public init(seed: UInt64 = UInt64.random(in: .min ... .max)) { self.seed = seed }
}

extension TransportSettings {
    /// Trap: sizes that could never work together.
    func check() {
        precondition(frameBytesMax > 0 && clientFrameBytesMax > 0, "frames of no bytes")
        precondition(
            frameBytesMax <= 1 << 30 && clientFrameBytesMax <= frameBytesMax,
            "a frame limit over 1 GiB, or a client's over a node's")
        let largest = Frame.size(ofPayload: frameBytesMax)
        precondition(
            min(mainQueueBytesMax, bulkQueueBytesMax, clientQueueBytesMax) >= largest,
            "a queue that the largest frame (\(largest) bytes) does not fit in")
        precondition(connectionsMax > 0 && frameTimeout > .zero, "no connection, or no time for a frame")
    }
}
