import Logging
import NIOCore
import Primitives

extension Transport {
    /// Names every node to keep streams to; this one is passed over. Dials the new ones, drops those no longer named, and follows
    /// changed addresses.
    public func setPeers(_ peers: [Peer]) {
        loop.preconditionInEventLoop()
        precondition(!isClosed, "the transport is closed")
        let others = peers.filter { $0.node != identity.node }
        precondition(
            others.isEmpty || (identity.node != nil && identity.cluster != nil),
            "peers are dialed before this node has a number and a cluster")
        let named = Set(others.map(\.node))
        for node in links.keys.sorted() where !named.contains(node) {
            guard let link = links[node], link.isNamed else { continue }
            links[node] = nil
            link.stop()
        }
        for peer in others { name(peer) }
    }

    private func name(_ peer: Peer) {
        let link = link(peer.node)
        guard let main = link.main, let bulk = link.bulk else {
            let main = Dialer(to: peer, isBulk: false, transport: self)
            link.main = main
            link.bulk = Dialer(to: peer, isBulk: true, transport: self)
            main.want()
            return
        }
        main.follow(peer.address)
        bulk.follow(peer.address)
    }

    private func link(_ node: NodeID) -> PeerLink {
        if let link = links[node] { return link }
        let link = PeerLink(node: node)
        links[node] = link
        return link
    }
}

// MARK: - Streams that the peer dialed

extension Transport {
    func peerArrived(_ node: NodeID, _ hello: Hello, _ connection: Connection) {
        let link = link(node)
        connection.standing = .peer(node, isBulk: false)
        connection.starts = hello.identity.starts
        connection.acceptFrames(upTo: settings.frameBytesMax)
        let former = link.inboundMain
        link.inboundMain = connection
        former?.close()
        met(link, hello.identity.starts)
        link.main?.nudge()
        logger.info("a node has connected", metadata: ["peer.id": "\(node)"])
        deliverNotices()
        delegate?.peerConnected(node, startCounter: hello.identity.starts.count, direction: .inbound)
    }

    func bulkArrived(_ node: NodeID, _ hello: Hello, _ connection: Connection) {
        let link = link(node)
        connection.standing = .peer(node, isBulk: true)
        connection.starts = hello.identity.starts
        connection.acceptFrames(upTo: settings.frameBytesMax)
        let former = link.inboundBulk
        link.inboundBulk = connection
        former?.close()
    }

    func inboundLost(_ node: NodeID, isBulk: Bool, _ connection: Connection) {
        guard let link = links[node] else { return }
        if isBulk {
            if link.inboundBulk === connection { link.inboundBulk = nil }
        } else if link.inboundMain === connection {
            link.inboundMain = nil
            if link.liveness.lost() { notify(.lost(node)) }
        }
        if link.isEmpty { links[node] = nil }
    }

    /// A main stream with the newest process of `starts` is up: what belongs to an earlier one is closed, and its loss told.
    private func met(_ link: PeerLink, _ starts: StartHistory) {
        let (isAnotherProcess, wasUp) = link.liveness.connected(starts)
        if wasUp { notify(.lost(link.node)) }
        guard isAnotherProcess else { return }
        for dialer in [link.main, link.bulk] {
            if let dialer, let connection = dialer.connection, connection.starts.count < starts.count { dialer.redial() }
        }
        if let main = link.inboundMain, main.starts.count < starts.count {
            link.inboundMain = nil
            main.close()
        }
        if let bulk = link.inboundBulk, bulk.starts.count < starts.count {
            link.inboundBulk = nil
            bulk.close()
        }
    }
}

// MARK: - Streams that this node dials

extension Transport {
    /// Why the process that answered `dialer` is not the one that was meant.
    func doubts(_ welcome: Welcome, from dialer: Dialer) -> Rejection? {
        if links[dialer.node]?.liveness.isStale(welcome.identity.starts) == true {
            return Rejection(
                .staleStart, "an older start of node \(dialer.node) answers at \(dialer.address) than was seen before, or one on a copy of its folder")
        }
        return delegate?.meet(welcome.identity)
    }

    func opened(_ dialer: Dialer) {
        guard let link = links[dialer.node], let connection = dialer.connection else { return }
        if dialer.isBulk {
            notify(.writable(dialer.node, isBulk: true))
            return
        }
        met(link, connection.starts)
        logger.info("connected to a node", metadata: ["peer.id": "\(dialer.node)"])
        deliverNotices()
        delegate?.peerConnected(dialer.node, startCounter: connection.starts.count, direction: .outbound)
    }

    func lost(_ dialer: Dialer, _ error: TransportError) {
        count(error)
        guard let link = links[dialer.node], !isClosed else { return }
        logger.log(
            level: error.code == .protocolViolation ? .warning : .info, "lost a stream to a node",
            metadata: ["peer.id": "\(dialer.node)", "bulk": "\(dialer.isBulk)", "error": "\(error)"])
        if !dialer.isBulk && link.liveness.lost() { notify(.lost(dialer.node)) }
    }

    /// - Parameter isNew: the attempt before did not fail in the same way, so that a peer that stays away is one line, not one
    ///   per attempt.
    func failed(_ dialer: Dialer, _ error: TransportError, isNew: Bool) {
        count(error)
        counters.values.dialsFailed += 1
        guard !isClosed else { return }
        if isNew {
            logger.log(
                level: error.code == .cannotConnect ? .info : .warning, "cannot reach a node",
                metadata: [
                    "peer.id": "\(dialer.node)", "peer.address": "\(dialer.address)", "bulk": "\(dialer.isBulk)",
                    "error": "\(error)",
                ])
        }
        if let rejection = error.rejection {
            notify(.rejected(Peer(node: dialer.node, address: dialer.address), rejection))
        }
    }
}
