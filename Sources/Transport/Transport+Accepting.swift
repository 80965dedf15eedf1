import Logging
import NIOCore
import Primitives

extension Transport: ConnectionOwner {
    /// Connections above `TransportSettings.connectionsMax` that may still shake hands: to be told that there are too many, or
    /// to turn out to be a node, which is always let in.
    private static let sparesMax = 256

    /// Gives a new connection its handler; throws, which closes it, if there is no room even for a refusal.
    func accept(_ channel: any Channel) throws {
        guard !isClosed, connections.count < settings.connectionsMax + Self.sparesMax else {
            throw TransportError.lost("there are \(connections.count) connections already")
        }
        let connection = Connection(
            id: nextConnectionID(), machine: .accepting(), queueBytesMax: settings.clientQueueBytesMax, owner: self,
            handshakeTimeout: settings.handshakeTimeout, counters: counters)
        connections[connection.id] = connection
        counters.values.connectionsAccepted += 1
        try Sockets.enter(channel, connection, settings.security?.accepting())
    }

    func admit(_ hello: Hello, on connection: Connection) -> Admission {
        guard let delegate else { return .reject(Rejection(.notReady, "this node is stopping")) }
        if let refusal = identity.refusal(of: hello) { return .reject(refusal) }
        switch hello.role {
        case .client, .joiner:
            if clientCount >= settings.connectionsMax {
                return .reject(Rejection(.overloaded, "this node has \(clientCount) connections; try another node"))
            }
        case .peerMain, .peerBulk:
            if let refusal = impostor(hello, on: connection) { return .reject(refusal) }
            if let node = hello.identity.node, let link = links[node],
                link.liveness.isStale(hello.identity.starts)
            {
                return .reject(
                    Rejection(
                        .staleStart,
                        "start \(hello.identity.starts.count) of node \(node) is over: start "
                            + "\(link.liveness.starts.count) has been seen; is an old copy of its folder running? Start the newest one; if it is lost, `holdfast node repair` "
                            + "sets this one aside and joins anew"))
            }
        }
        deliverNotices()
        return delegate.admit(hello)
    }

    /// Why a node's hello is not believed: its certificate is not one for the host at which it says it is. A client's is for none.
    private func impostor(_ hello: Hello, on connection: Connection) -> Rejection? {
        guard let peer = connection.tls?.peer else { return nil }
        let host = (try? NetworkAddress(parsing: hello.identity.address))?.host ?? hello.identity.address
        guard !peer.names(host: host) else { return nil }
        return Rejection(
            .untrusted,
            "a node at \(hello.identity.address) needs a certificate that names \(host); this one names \(peer.hosts.listedHosts)")
    }

    func accepted(_ hello: Hello, on connection: Connection) {
        switch (hello.role, hello.identity.node) {
        case (.peerMain, let node?): peerArrived(node, hello, connection)
        case (.peerBulk, let node?): bulkArrived(node, hello, connection)
        default: clientArrived(hello, connection)
        }
        scheduleTurn()
    }

    private func clientArrived(_ hello: Hello, _ connection: Connection) {
        connection.standing = .client
        connection.acceptFrames(upTo: settings.clientFrameBytesMax)
        connection.readPauseBytes = settings.clientQueueBytesHigh
        clientCount += 1
        if areClientsPaused { connection.pauseReading(for: .owner) }
        deliverNotices()
        delegate?.clientConnected(connection.id, hello: hello)
    }

    func received(_ frame: [UInt8], on connection: Connection) {
        if !notices.isEmpty { deliverNotices() }
        switch connection.standing {
        case .client: delegate?.received(frame, from: connection.id)
        case .peer(let node, let isBulk): delegate?.received(frame, from: node, isBulk: isBulk)
        case .handshaking: preconditionFailure("a frame was delivered before the end of the handshake")
        }
    }

    func readCompleted(on connection: Connection) { scheduleTurn() }

    func opened(_ connection: Connection, _ welcome: Welcome) {
        preconditionFailure("a welcome was accepted on an accepted connection")
    }

    /// A client whose queue was full has been disconnected, and nothing is sent to a node on what it dialed.
    func drained(_ connection: Connection) {}

    func closed(_ connection: Connection, _ error: TransportError) {
        connections[connection.id] = nil
        count(error)
        logEnd(of: connection, error)
        switch connection.standing {
        case .handshaking: break
        case .client:
            clientCount -= 1
            notify(.clientGone(connection.id))
        case .peer(let node, let isBulk): inboundLost(node, isBulk: isBulk, connection)
        }
    }

    func count(_ error: TransportError) {
        switch error.code {
        case .protocolViolation: counters.values.violations += 1
        case .rejected, .untrusted: counters.values.rejections += 1
        case .timedOut: counters.values.timeouts += 1
        case .tooSlow: counters.values.slowClients += 1
        default: break
        }
    }

    /// The one line about a connection that did not end well.
    private func logEnd(of connection: Connection, _ error: TransportError) {
        guard !isClosed else { return }
        let level: Logger.Level =
            switch error.code {
            case .protocolViolation, .rejected, .timedOut, .tooSlow, .untrusted: .warning
            default: .debug
            }
        logger.log(
            level: level, "closed an accepted connection",
            metadata: ["remote.address": "\(connection.remoteAddress)", "error": "\(error)"])
    }
}

// MARK: - Clients

extension Transport {
    func client(_ id: ConnectionID) -> Connection? {
        guard let connection = connections[id], connection.standing == .client else { return nil }
        return connection
    }

    /// Stops reading from all clients (nodes go on), so that their requests wait in their own sockets.
    public func pauseClients() {
        loop.preconditionInEventLoop()
        guard !areClientsPaused else { return }
        areClientsPaused = true
        for connection in connections.values where connection.standing == .client {
            connection.pauseReading(for: .owner)
        }
    }

    public func resumeClients() {
        loop.preconditionInEventLoop()
        guard areClientsPaused else { return }
        areClientsPaused = false
        for connection in connections.values where connection.standing == .client {
            connection.resumeReading(for: .owner)
        }
    }
}
