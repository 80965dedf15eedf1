public import Logging
public import NIOCore
public import Primitives

/// A node's network: streams to and from every other node, and connections of clients, all on one event loop.
///
/// Made and used on that loop only. It calls its delegate from the loop, never from within a call that the delegate's side
/// makes: what such a call brings about is told later in the same turn of the loop.
///
/// A node sends to another only on streams that it dialed itself: one for the messages of all groups, and one, dialed when first
/// used, for what must not delay them. Clients' connections go both ways. The formats are those of `WireProtocol.md`.
public final class Transport {
    public let loop: any EventLoop
    public let settings: TransportSettings

    /// Who this node is in handshakes, its own and those it answers. Set again when a joining node learns its number; what is
    /// connected already stays.
    public var identity: Identity

    var delegate: (any TransportDelegate)?
    let logger: Logger
    let counters = Counters()
    var links: [NodeID: PeerLink] = [:]
    /// Every accepted connection.
    var connections: [ConnectionID: Connection] = [:]
    var clientCount = 0
    var areClientsPaused = false
    var notices: [Notice] = []
    private(set) var isClosed = false
    private var dirty: [Connection] = []
    private var listeners: [any Channel] = []
    private var isTurnScheduled = false
    private var lastConnection: UInt64 = 0
    private var generator: RandomGenerator
    private var sweeper: Scheduled<Void>?

    /// - Parameter delegate: held until `close()`.
    public init(
        loop: any EventLoop, identity: Identity, settings: TransportSettings, delegate: any TransportDelegate,
        logger: Logger
    ) {
        settings.check()
        self.loop = loop
        self.identity = identity
        self.settings = settings
        self.delegate = delegate
        self.logger = logger
        generator = RandomGenerator(seed: settings.seed)
    }

    /// Clients with an open connection.
    public var clientsConnected: Int { clientCount }

    /// What has passed and what has been refused since the start.
    public var statistics: TransportStatistics { counters.values }

    /// Listens, and completes with the port that was bound (of use when `address.port` is 0).
    ///
    /// - Throws: the future fails with a `TransportError`: `.portInUse`, `.portForbidden`, `.addressUnavailable`, `.unknownHost` or
    ///   `.cannotListen`.
    public func listen(on address: NetworkAddress) -> EventLoopFuture<Int> {
        loop.preconditionInEventLoop()
        precondition(!isClosed, "the transport is closed")
        if sweeper == nil { sweepLater() }
        let bound = NIOLoopBound(self, eventLoop: loop)
        return Sockets.listen(on: address, loop: loop) { channel in
            channel.eventLoop.makeCompletedFuture { try bound.value.accept(channel) }
        }.flatMapThrowing { channel in
            guard let port = channel.localAddress?.port else {
                throw TransportError.cannotListen(address, "the system does not say which port it gave")
            }
            bound.value.listening(channel)
            return port
        }
    }

    private func listening(_ channel: any Channel) {
        if isClosed { channel.close(promise: nil) } else { listeners.append(channel) }
    }

    /// Closes one client's connection, after what is queued for it. `clientDisconnected` follows.
    public func disconnect(_ client: ConnectionID) {
        loop.preconditionInEventLoop()
        self.client(client)?.close()
    }

    /// Stops listening, writes what is queued as far as that can be done at once, and closes every connection. The delegate is not
    /// called any more.
    public func close() -> EventLoopFuture<Void> {
        loop.preconditionInEventLoop()
        guard !isClosed else { return loop.makeSucceededVoidFuture() }
        flush()
        isClosed = true
        delegate = nil
        sweeper?.cancel()
        var channels = listeners
        channels += connections.values.compactMap(\.channel)
        for link in links.values {
            channels += [link.main, link.bulk].compactMap { $0?.connection?.channel }
            link.stop()
        }
        for listener in listeners { listener.close(promise: nil) }
        for connection in connections.values { connection.close() }
        links = [:]
        listeners = []
        dirty = []
        notices = []
        return .andAllComplete(channels.map(\.closeFuture), on: loop)
    }
}

@available(*, unavailable) extension Transport: Sendable {}

// MARK: - Sending

extension Transport {
    /// Queues one frame for `node`; it leaves with the next `flush()`.
    ///
    /// - Parameter bytes: 1 byte to `TransportSettings.frameBytesMax`.
    /// - Returns: false if the frame was dropped: the stream is not up, or its queue is full. Then `peerConnected` or
    ///   `peerWritable` says when to go on. The first bulk frame for a peer only makes the transport dial the bulk stream.
    /// - Complexity: one copy of the bytes; no system call.
    public func send(_ bytes: [UInt8], to node: NodeID, bulk: Bool = false) -> Bool {
        loop.assertInEventLoop()
        precondition(bytes.count <= settings.frameBytesMax, "a frame of \(bytes.count) bytes")
        guard let link = links[node], let dialer = bulk ? link.bulk : link.main else { return false }
        guard let connection = dialer.connection else {
            // Bulk never comes before the main stream, so that the receiver knows the process behind it.
            if bulk, link.main?.connection != nil { dialer.want() }
            return false
        }
        return queue(bytes, on: connection)
    }

    /// Whether the bulk stream to `node` is up. It is dialed by the first bulk frame.
    public func hasBulkStream(to node: NodeID) -> Bool { links[node]?.bulk?.connection != nil }

    /// Queues one frame for a client; it leaves with the next `flush()`.
    ///
    /// - Returns: false if the client is gone. One that lets its queue run full is disconnected: a lost answer would be a lie, a
    ///   lost connection is an unknown outcome, which clients know how to resolve.
    public func send(_ bytes: [UInt8], toClient client: ConnectionID) -> Bool {
        loop.assertInEventLoop()
        precondition(bytes.count <= settings.frameBytesMax, "a frame of \(bytes.count) bytes")
        guard let connection = self.client(client) else { return false }
        if queue(bytes, on: connection) { return true }
        if connection.isOpen { connection.fail(.tooSlow(connection.bytesWaiting)) }
        return false
    }

    /// Writes what was queued since the last flush: one write per connection.
    public func flush() {
        loop.assertInEventLoop()
        for index in dirty.indices {
            dirty[index].isDirty = false
            dirty[index].flush()
        }
        dirty.removeAll(keepingCapacity: true)
    }

    private func queue(_ bytes: [UInt8], on connection: Connection) -> Bool {
        guard connection.send(bytes) else { return false }
        if !connection.isDirty {
            connection.isDirty = true
            dirty.append(connection)
        }
        return true
    }
}

// MARK: - Turns of the loop

extension Transport {
    /// What happened outside of the reading of a frame; told at the end of the turn, or before the next frame.
    enum Notice {
        case lost(NodeID)
        case writable(NodeID, isBulk: Bool)
        case clientGone(ConnectionID)
        case rejected(Peer, Rejection)
    }

    func notify(_ notice: Notice) {
        guard !isClosed else { return }
        notices.append(notice)
        scheduleTurn()
    }

    /// Makes `readCycleEnded` follow once everything that is readable now has been read: the loop runs its tasks after its sockets.
    func scheduleTurn() {
        guard !isTurnScheduled, !isClosed else { return }
        isTurnScheduled = true
        loop.assumeIsolated().execute { [self] in
            isTurnScheduled = false
            deliverNotices()
            delegate?.readCycleEnded()
        }
    }

    /// Keeps the order of what happened: comes before every direct call of the delegate.
    func deliverNotices() {
        while !notices.isEmpty {
            let told = notices
            notices = []
            for notice in told { deliver(notice) }
        }
    }

    private func deliver(_ notice: Notice) {
        switch notice {
        case .lost(let node): delegate?.peerDisconnected(node)
        case .writable(let node, let isBulk): delegate?.peerWritable(node, isBulk: isBulk)
        case .clientGone(let client): delegate?.clientDisconnected(client)
        case .rejected(let peer, let rejection): delegate?.rejected(by: peer, rejection)
        }
    }

    func nextConnectionID() -> ConnectionID {
        lastConnection += 1
        return ConnectionID(rawValue: lastConnection)
    }

    func nextPause(_ backoff: inout Backoff) -> Span { backoff.next(using: &generator) }

    /// Closes connections that have been in the middle of one frame for too long; again and again until the end.
    private func sweepLater() {
        sweeper = loop.assumeIsolated().scheduleTask(in: .nanoseconds(settings.frameTimeout.nanoseconds)) { [self] in
            guard !isClosed else { return }
            for connection in connections.values { connection.sweep(settings.frameTimeout) }
            sweepLater()
        }
    }
}
