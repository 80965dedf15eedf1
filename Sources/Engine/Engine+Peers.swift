internal import Consensus
internal import Directory
internal import Entities
public import Primitives
import Shards

/// What passes between this node's engine and another's.
extension Engine {
    // MARK: Sending

    /// History for a follower far behind goes in bulk: it must not delay anyone's heartbeat.
    func send(_ message: Message, of group: GroupID, to peer: NodeID, isBulk: Bool = false) {
        post(.raft(group, message), to: peer, isBulk: isBulk)
    }

    func post(_ message: PeerMessage, to peer: NodeID, isBulk: Bool = false) {
        guard peers[peer]?.isConnected ?? false else { return }
        peers[peer]!.write(message, isBulk: isBulk, frameBytesMax: settings.frameBytesMax)
    }

    func closeFrames() {
        for peer in peerOrder {
            guard var link = peers[peer] else { continue }
            link.closeFrame(isBulk: false)
            link.closeFrame(isBulk: true)
            guard !link.closed.isEmpty else { continue }
            for frame in link.closed {
                outputs.frames.append(EngineOutputs.PeerFrame(to: peer, bytes: frame.bytes, isBulk: frame.isBulk))
            }
            link.closed.removeAll(keepingCapacity: true)
            link.lastSent = now
            peers[peer] = link
        }
        for client in clientOrder {
            guard let writer = clientWriters.removeValue(forKey: client) else { continue }
            outputs.clientFrames.append(EngineOutputs.ClientFrame(to: client, bytes: writer.bytes))
        }
        clientOrder.removeAll(keepingCapacity: true)
    }

    // MARK: Connections

    /// A stream to `peer` is up: what was sent on an earlier one may be lost.
    public func peerConnected(_ peer: NodeID, startCounter: UInt64) {
        if peers[peer] == nil { addPeer(peer) }
        let isOther = peers[peer]!.startCounter != 0 && peers[peer]!.startCounter != startCounter
        peers[peer]!.startCounter = max(startCounter, peers[peer]!.startCounter)
        peers[peer]!.isConnected = true
        hear(peer)
        if isOther { loseForwarded(to: peer) }
        for replica in replicas {
            // A process that started anew does not lead what its predecessor led.
            if isOther, replica.raft.leader == peer {
                step(replica) { raft, outputs in raft.peerLost(peer, now: now, into: &outputs) }
            }
            step(replica) { raft, outputs in raft.peerReached(peer, now: now, into: &outputs) }
            tellCheckpoint(of: replica)
        }
        coordinatorChanged()
    }

    /// The connection to `peer`'s process broke: a hint that it is gone. Its groups stand for election at once.
    public func peerDisconnected(_ peer: NodeID) {
        guard peers[peer] != nil else { return }
        peers[peer]!.isConnected = false
        peers[peer]!.main.removeAll()
        peers[peer]!.bulk.removeAll()
        peers[peer]!.closed = []
        peers[peer]!.heardSince = nil
        loseForwarded(to: peer)
        for replica in replicas {
            abandonSending(of: replica, to: peer)
            step(replica) { raft, outputs in raft.peerLost(peer, now: now, into: &outputs) }
        }
    }

    func addPeer(_ peer: NodeID) {
        peers[peer] = PeerLink()
        peerOrder = peers.keys.sorted()
    }

    func hear(_ peer: NodeID) {
        guard peers[peer] != nil else { return }
        peers[peer]!.lastHeard = now
        // One of the two streams may have broken and come back unnoticed: what is heard is there.
        peers[peer]!.isConnected = true
        if peers[peer]!.heardSince == nil { peers[peer]!.heardSince = now }
        guard peers[peer]!.isSuspected else { return }
        peers[peer]!.isSuspected = false
        for replica in replicas {
            step(replica) { raft, outputs in raft.peerReached(peer, now: now, into: &outputs) }
        }
    }

    // MARK: Receiving

    /// A frame from another node.
    /// - Throws: bytes that are no frame of ours; what stood before the damage has been taken.
    public func received(_ frame: [UInt8], from peer: NodeID) throws(MalformedBytes) {
        if peers[peer] == nil { addPeer(peer) }
        hear(peer)
        var reader = ByteReader(frame)
        while !reader.isAtEnd { take(try reader.readPeerMessage(), from: peer) }
    }

    private func take(_ message: PeerMessage, from peer: NodeID) {
        switch message {
        case .raft(let group, let message):
            guard let replica = replica(group) else { return }
            if case .snapshot(let offer) = message, !isStaged(offer, in: replica) { return }
            step(replica) { raft, outputs in raft.receive(message, from: peer, now: now, into: &outputs) }
        case .pulse(let isImpaired): heardOfDisk(of: peer, isImpaired: isImpaired)
        case .forward(let id, let hops, let request):
            admit(Pending(request: request, origin: .peer(peer, id: id), hops: hops, arrived: now))
        case .reply(let id, let response): forwardedReply(id, response, from: peer)
        case .report(let standings): coordinator.heard(standings)
        case .order(let order): obey(order)
        case .checkpointPiece(let group, let piece): received(piece, of: group, from: peer)
        case .checkpointProgress(let group, let index, let bytes):
            checkpointProgressed(group, at: peer, index: index, bytes: bytes)
        case .checkpointHeld(let group, let index): checkpointHeld(group, by: peer, index)
        }
    }

    /// A frame from a client: requests, each with a correlation number.
    /// - Throws: bytes that are no frame of ours; the requests before the damage have been taken.
    public func received(_ frame: [UInt8], from client: ClientID) throws(MalformedBytes) {
        var reader = ByteReader(frame)
        while !reader.isAtEnd {
            let correlation: UInt64 = try reader.read()
            let request = try reader.readRequest()
            admit(
                Pending(
                    request: request, origin: .client(client, correlation: correlation), hops: 0, arrived: now))
        }
    }

    // MARK: Answering

    func respond(to origin: Origin, _ response: Response) {
        if case .failed(let failure) = response { count(failure) }
        switch origin {
        case .none: return
        case .announcement: return announced(response)
        case .client(let client, let correlation):
            // Looked up once: this is done for every answer.
            let isFirst = clientWriters[client, default: ByteWriter(reserving: 256)].write(correlation, response)
            if isFirst { clientOrder.append(client) }
        case .peer(let peer, let id): post(.reply(id: id, response), to: peer)
        case .local(let token):
            outputs.localResponses.append(EngineOutputs.LocalResponse(token: token, response: response))
        }
        pendingCount -= 1
    }

    private func count(_ failure: RequestFailure) {
        switch failure.outcome {
        case .notCommitted:
            tally.notCommitted += 1
            if failure.failure.code == .overloaded { tally.overloaded += 1 }
        case .unknown: tally.unknown += 1
        case .invalid: tally.invalid += 1
        }
    }

    // MARK: Forwarding

    /// Hops that a request may take between nodes: one to a member of the group, one more to its leader.
    private static let hopsMax: UInt8 = 2

    func forward(_ pending: Pending, to group: GroupID) {
        guard pending.hops < Self.hopsMax, let target = target(for: group) else {
            return respond(to: pending.origin, .failed(.noOwner))
        }
        forward(pending, to: target)
    }

    func forward(_ pending: Pending, to target: NodeID) {
        let id = nextForward
        nextForward += 1
        tally.forwarded += 1
        var item = Forwarded(origin: pending.origin, to: target, isCommand: true, sent: now)
        var request = pending.request
        switch pending.request {
        case .command(var command):
            if case .key? = command.request { item.key = command.request }
            if suspects.contains(command.request) {
                command.attempt = .afterLoss
                request = .command(command)
            }
        case .cluster: break
        case .query, .history: item.isCommand = false
        }
        forwarded[id] = item
        post(.forward(id: id, hops: pending.hops + 1, request), to: target)
    }

    private func target(for group: GroupID) -> NodeID? {
        func isReachable(_ peer: NodeID) -> Bool { peer != node && (peers[peer]?.isConnected ?? false) }
        if let leader = replica(group)?.raft.leader, isReachable(leader) { return leader }
        if replica(group) != nil { return nil }
        if let hint = router.hints[group], isReachable(hint) { return hint }
        return router.replicas[group]?.first(where: isReachable)
    }

    private func forwardedReply(_ id: UInt64, _ response: Response, from peer: NodeID) {
        guard let item = forwarded.removeValue(forKey: id), item.to == peer else { return }
        if case .committed(let committed) = response { router.hints[committed.group] = peer }
        respond(to: item.origin, response)
    }

    private func loseForwarded(to peer: NodeID) {
        for id in forwarded.keys.sorted() where forwarded[id]!.to == peer {
            let item = forwarded.removeValue(forKey: id)!
            // It may be what the peer's process ended of (HAZARDS 31).
            if let key = item.key { suspects.insert(key) }
            respond(to: item.origin, .failed(item.isCommand ? .lostForwarded : .noOwner))
        }
    }

    /// A client is gone. What it proposed goes on; nobody is told.
    public func clientDisconnected(_ client: ClientID) {
        clientWriters[client] = nil
        clientOrder.removeAll { $0 == client }
    }
}

extension PeerLink {
    mutating func write(_ message: PeerMessage, isBulk: Bool, frameBytesMax: Int) {
        if isBulk { bulk.write(message) } else { main.write(message) }
        if (isBulk ? bulk : main).count >= frameBytesMax { closeFrame(isBulk: isBulk) }
    }

    mutating func closeFrame(isBulk: Bool) {
        if isBulk {
            guard bulk.count > 0 else { return }
            closed.append((bulk.bytes, true))
            bulk = ByteWriter(reserving: 0)
        } else {
            guard main.count > 0 else { return }
            closed.append((main.bytes, false))
            main = ByteWriter(reserving: 1_024)
        }
    }
}

extension ByteWriter {
    /// Adds an answer to a client's frame; true if it is the frame's first.
    fileprivate mutating func write(_ correlation: UInt64, _ response: Response) -> Bool {
        let isFirst = count == 0
        write(correlation)
        write(response)
        return isFirst
    }
}
