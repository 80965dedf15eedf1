/// What has passed through a transport since its start.
public struct TransportStatistics: Hashable, Sendable {
    public var framesReceived = 0
    public var framesSent = 0
    /// Bytes of frames, headers included.
    public var bytesReceived = 0
    public var bytesSent = 0
    public var connectionsAccepted = 0
    /// Attempts to reach a node that did not lead to an open stream.
    public var dialsFailed = 0
    /// Closed because the other side broke the protocol: garbage, an oversized, damaged or unfinished frame.
    public var violations = 0
    /// Handshakes refused, by either side, those of TLS included.
    public var rejections = 0
    /// Connections that did not finish their handshake, or a frame, in time.
    public var timeouts = 0
    /// Frames not taken because a queue was full.
    public var refusedFull = 0
    /// Clients disconnected because they did not read their answers.
    public var slowClients = 0

    public init() {}
}
