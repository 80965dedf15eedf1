public import Logging
public import NIOCore
public import Primitives

/// A node's network: streams to and from every other node, and connections of clients, all on one event loop.
public final class Transport {
    public let loop: any EventLoop

    /// Who this node is in handshakes, its own and those it answers. Set again when a joining node learns its number; what is
    /// connected already stays.
    public var identity: Identity

    /// - Parameter delegate: held strongly until `close()` has completed.
    public init(
        loop: any EventLoop, identity: Identity, settings: TransportSettings, delegate: any TransportDelegate,
        logger: Logger
    ) {
        self.loop = loop
        self.identity = identity
    }

    /// Listens, and completes with the port that was bound (of use when `address.port` is 0).
    ///
    /// - Throws: the future fails with a `TransportError`: `.portInUse`, `.portForbidden`, `.addressUnavailable`, `.unknownHost` or
    ///   `.cannotListen`.
    public func listen(on address: NetworkAddress) -> EventLoopFuture<Int> { preconditionFailure() }

    /// Names every node to keep streams to, this one left out. Dials the new ones, drops those no longer named, follows
    /// changed addresses.
    public func setPeers(_ peers: [Peer]) { preconditionFailure() }

    /// Queues one frame for `node`; it leaves with the next `flush()`.
    ///
    /// - Parameter bytes: at most `TransportSettings.frameBytesMax`.
    /// - Returns: false if the frame was dropped: the stream is not up, or its queue is full. Then `peerConnected` or
    ///   `peerWritable` says when to go on. The first bulk frame for a peer only makes the transport dial the bulk stream.
    public func send(_ bytes: [UInt8], to node: NodeID, bulk: Bool = false) -> Bool { preconditionFailure() }

    /// Queues one frame for a client; it leaves with the next `flush()`.
    ///
    /// - Returns: false if the client is gone. A client that lets its queue run full is disconnected.
    public func send(_ bytes: [UInt8], toClient client: ConnectionID) -> Bool { preconditionFailure() }

    /// Writes what was queued since the last flush: one write per connection.
    public func flush() { preconditionFailure() }

    /// Closes one client's connection, after what is queued for it.
    public func disconnect(_ client: ConnectionID) { preconditionFailure() }

    /// Stops reading from all clients (nodes go on), so that their requests wait in their own sockets.
    public func pauseClients() { preconditionFailure() }

    public func resumeClients() { preconditionFailure() }

    /// Stops listening, flushes what can be written at once, and closes every connection. No call of the delegate follows.
    public func close() -> EventLoopFuture<Void> { preconditionFailure() }

    /// What has passed and what has been refused since the start.
    public var statistics: TransportStatistics { preconditionFailure() }
}

@available(*, unavailable) extension Transport: Sendable {}
