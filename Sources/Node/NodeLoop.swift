internal import Consensus
internal import Directory
internal import Engine
internal import Entities
internal import Journal
internal import Logging
internal import NIOCore
internal import Primitives
internal import Shards
internal import Transport

/// One node's engine with its disk and its network, on one event loop.
///
/// A frame is stepped where it was read; at the end of each turn of the loop one batch goes to the journal's thread and one write
/// to each connection. A command crosses threads twice: to the journal and back.
final class NodeLoop {
    let loop: any EventLoop
    let engine: Engine
    let journal: Journal
    let logger: Logger
    let clock = MonotonicClock()
    var transport: Transport!
    let calls: CallTable

    private var outputs = EngineOutputs()
    private var isFlushScheduled = false
    private var ticker: RepeatedTask?
    /// Asked who they are until this node is ready: its members may all have come back at new addresses.
    var seeds: [NetworkAddress] = []
    private var seedsAsked: Instant?
    private static let seedInterval = Span.seconds(1)
    private var callOfToken: [UInt64: UInt64] = [:]
    /// Who is to be told of which entities' commits.
    private var watchers: [WatchedEntity: [UInt64: () -> Void]] = [:]
    private var nextWatcher: UInt64 = 1
    var keptCheckpoint: KeptCheckpoint?
    /// From a batch's hand-over to the journal to its word that it is durable, in nanoseconds.
    private(set) var journalLatency = Histogram.latencies
    private(set) var hasStopped = false

    /// Called once, when the node cannot go on.
    var onFault: (NodeError) -> Void = { _ in }
    /// Called once, when the node takes part in its cluster.
    var onReady: (() -> Void)?

    init(loop: any EventLoop, engine: Engine, journal: Journal, logger: Logger) {
        self.loop = loop
        self.engine = engine
        self.journal = journal
        self.logger = logger
        calls = CallTable(loop: loop, clock: clock, attemptTimeout: .seconds(6))
        calls.transmit = { [unowned self] request, correlation in
            beginTurn()
            engine.request(request, token: correlation)
            flushSoon()
            return true
        }
    }

    func start(transport: Transport, tickInterval: Span) {
        self.transport = transport
        let bound = NIOLoopBound(self, eventLoop: loop)
        ticker = loop.scheduleRepeatedTask(
            initialDelay: .zero, delay: .nanoseconds(tickInterval.nanoseconds)
        ) { _ in bound.value.tick() }
    }

    // MARK: Turns

    func beginTurn() { engine.beginTurn(now: clock.now, wall: clock.wall) }

    private func tick() {
        beginTurn()
        engine.diskReported(isFull: journal.health.isFull)
        engine.tick()
        flush()
        forgetCheckpoint()
        if let onReady {
            if engine.isReady {
                self.onReady = nil
                onReady()
            } else {
                askSeeds()
            }
        }
    }

    private func askSeeds() {
        let now = clock.now
        guard seedsAsked.map({ now - $0 >= Self.seedInterval }) ?? true else { return }
        seedsAsked = now
        for seed in seeds {
            SeedProbe.ask(seed, transport.settings, on: loop, logger).assumeIsolated().whenSuccess { [self] identity in
                guard let identity, !hasStopped, identity.cluster == engine.cluster else { return }
                beginTurn()
                engine.meet(identity)
                flushSoon()
            }
        }
    }

    /// Requests made in this process in one turn of the loop share a flush.
    func flushSoon() {
        guard !isFlushScheduled else { return }
        isFlushScheduled = true
        loop.assumeIsolated().execute { [self] in flush() }
    }

    func flush() {
        isFlushScheduled = false
        guard !hasStopped else { return }
        engine.flush(into: &outputs)
        perform()
    }

    // MARK: Outputs

    private func perform() {
        if let fault = outputs.fault {
            stop()
            return onFault(NodeError(.fault, fault))
        }
        if let batch = outputs.batch { write(batch) }
        if let peers = outputs.peers { connect(to: peers) }
        for frame in outputs.frames {
            send(frame)
        }
        for frame in outputs.clientFrames {
            _ = transport.send(frame.bytes, toClient: ConnectionID(rawValue: frame.to.rawValue))
        }
        transport.flush()
        for load in outputs.loads { self.load(load) }
        for load in outputs.entryLoads { self.load(load) }
        for load in outputs.checkpointLoads { self.load(load) }
        for load in outputs.historyLoads { self.load(load) }
        if let count = outputs.trial { rehearse(count) }
        for load in outputs.inquiries { inquire(load) }
        for change in outputs.changes {
            guard let watchers = watchers[change] else { continue }
            for key in watchers.keys.sorted() { watchers[key]?() }
        }
        for notice in outputs.notices { log(notice) }
        let responses = outputs.localResponses
        outputs = EngineOutputs()
        for item in responses { calls.answered(item.token, item.response) }
    }

    /// A frame that is not taken is a message lost, as any message may be. But the first bulk frame always comes before its stream:
    /// a new member's first entries would be missed for as long as a bulk transfer may be silent. What is short delays nobody's
    /// heartbeat, and goes with the rest until the stream is up.
    private func send(_ frame: EngineOutputs.PeerFrame) {
        let isTaken = transport.send(frame.bytes, to: frame.to, bulk: frame.isBulk)
        guard !isTaken, frame.isBulk, frame.bytes.count <= Self.detourBytesMax, !transport.hasBulkStream(to: frame.to) else {
            return
        }
        _ = transport.send(frame.bytes, to: frame.to)
    }

    private static let detourBytesMax = 64 << 10

    private func write(_ batch: WriteBatch) {
        let bound = NIOLoopBound(self, eventLoop: loop)
        let begun = clock.now
        journal.write(batch) { result in
            let node = bound.value
            guard !node.hasStopped else { return }
            switch result {
            case .success:
                node.journalLatency.record((node.clock.now - begun).nanoseconds)
                node.beginTurn()
                node.engine.persisted()
                node.flush()
            case .failure(let error): node.failed(error)
            }
        }
    }

    private func failed(_ error: JournalError) {
        stop()
        onFault(NodeError(.journal, error.message))
    }

    /// - Parameter isRepeated: the last copy fell silent, which may be for a lock that another thread held when it was made.
    private func rehearse(_ count: Int, isRepeated: Bool = false) {
        let bound = NIOLoopBound(self, eventLoop: loop)
        Rehearsal.run(count, { [engine] number in engine.rehearse(number) }) { [loop] outcome in
            loop.execute {
                let node = bound.value
                guard !node.hasStopped else { return }
                switch outcome {
                case .ended(let done): node.tried(survivors: done)
                case .silent(let done):
                    if isRepeated { node.tried(survivors: done) } else { node.rehearse(count, isRepeated: true) }
                case .impossible(let code):
                    node.logger.warning("No copy of this process can be made to try commands in.", metadata: ["errno": "\(code)"])
                    node.tried(survivors: count)
                }
            }
        }
    }

    private func tried(survivors: Int) {
        beginTurn()
        engine.tried(survivors: survivors)
        flush()
    }

    private func load(_ load: EngineOutputs.StateLoad) {
        let bound = NIOLoopBound(self, eventLoop: loop)
        journal.load(load.group, load.requests) { result in
            let node = bound.value
            guard !node.hasStopped else { return }
            switch result {
            case .success(let results):
                node.beginTurn()
                node.engine.loaded(
                    load.group, load.requests, results, isCheckpoint: load.isCheckpoint)
                node.flush()
            case .failure(let error): node.failed(error)
            }
        }
    }

    private func load(_ load: EngineOutputs.EntryLoad) {
        let bound = NIOLoopBound(self, eventLoop: loop)
        journal.entries(load.group, from: load.from, through: load.through, bytesMax: load.bytesMax) { result in
            let node = bound.value
            guard !node.hasStopped else { return }
            switch result {
            case .success(let loaded):
                node.beginTurn()
                node.engine.entriesLoaded(
                    load.group, for: load.peer, loaded.previousTerm == nil ? [] : loaded.entries,
                    previousTerm: loaded.previousTerm ?? .zero)
                node.flush()
            case .failure(let error): node.failed(error)
            }
        }
    }

    private func load(_ load: EngineOutputs.CheckpointLoad) {
        let bound = NIOLoopBound(self, eventLoop: loop)
        journal.checkpoint(of: load.group) { result in
            let node = bound.value
            guard !node.hasStopped else { return }
            switch result {
            case .success(let found):
                node.beginTurn()
                node.engine.checkpointRead(load.group, for: load.peer, found.map { ($0.point, $0.bytes) })
                node.flush()
            case .failure(let error): node.failed(error)
            }
        }
    }

    private func load(_ load: EngineOutputs.HistoryLoad) {
        let bound = NIOLoopBound(self, eventLoop: loop)
        let (limit, through) = (Int(load.history.limit), load.through)
        journal.events(
            load.group, entity: load.history.entity, after: load.history.after, limit: limit, from: load.history.from,
            committed: through, bytesMax: EntityHistory.pageBytesMax
        ) { result in
            let node = bound.value
            guard !node.hasStopped else { return }
            switch result {
            case .success(let events):
                node.beginTurn()
                node.engine.historyLoaded(load.token, EventPage.response(events, limit: limit, through: through))
                node.flush()
            case .failure(let error): node.failed(error)
            }
        }
    }

    /// Calls `body` on this loop after each commit of the entity that a replica here applies.
    func watch(_ entity: WatchedEntity, _ body: @escaping () -> Void) -> UInt64 {
        let key = nextWatcher
        nextWatcher += 1
        watchers[entity, default: [:]][key] = body
        engine.watch(entity)
        return key
    }

    func unwatch(_ entity: WatchedEntity, _ key: UInt64) {
        watchers[entity]?[key] = nil
        guard watchers[entity]?.isEmpty ?? false else { return }
        watchers[entity] = nil
        engine.unwatch(entity)
    }

    private func connect(to peers: [EngineOutputs.PeerAddress]) {
        var known: [Peer] = []
        for peer in peers {
            guard let address = try? NetworkAddress(parsing: peer.address) else { continue }
            known.append(Peer(node: peer.node, address: address))
        }
        transport.setPeers(known)
    }

    private func log(_ notice: EngineOutputs.Notice) {
        var metadata: Logger.Metadata = [:]
        if let group = notice.group { metadata["group.id"] = "\(group)" }
        if let term = notice.term { metadata["raft.term"] = "\(term)" }
        if let node = notice.node { metadata["peer.id"] = "\(node)" }
        logger.info("\(notice.message)", metadata: metadata)
    }

    // MARK: Stopping

    func stop() {
        guard !hasStopped else { return }
        hasStopped = true
        ticker?.cancel()
        calls.close()
    }
}

extension NodeLoop: TransportDelegate {
    func admit(_ hello: Hello) -> Admission {
        guard hello.role == .peerMain || hello.role == .peerBulk else { return .welcome }
        guard let node = hello.identity.node, node != engine.node else {
            return .reject(Rejection(.malformed, "a node of the cluster must say which one it is"))
        }
        if let rejection = meet(hello.identity) { return .reject(rejection) }
        return .welcome
    }

    func meet(_ identity: Identity) -> Rejection? {
        guard let node = identity.node else { return nil }
        switch engine.doubt(node, file: identity.file, starts: identity.starts) {
        case nil:
            engine.meet(identity)
            return nil
        case .removed:
            return Rejection(.notMember, "node \(node) has been removed from the cluster; start it with an empty folder to join anew")
        case .otherFile:
            return Rejection(
                .otherFile,
                "node \(node) is known with another journal file: this folder is not the one that belongs to it. Start the one that "
                    + "does; if it is lost, `holdfast node repair` sets this one aside and joins anew")
        case .otherStart:
            return Rejection(
                .staleStart,
                "a start of node \(node) is known that this folder does not: it is an old copy, or a copy of one in use. "
                    + "Start the newest one; if it is lost, `holdfast node repair` sets this one aside and joins anew")
        }
    }

    func peerConnected(_ node: NodeID, startCounter: UInt64, direction: PeerDirection) {
        beginTurn()
        engine.peerConnected(node, startCounter: startCounter)
        flushSoon()
    }

    func peerDisconnected(_ node: NodeID) {
        beginTurn()
        engine.peerDisconnected(node)
        flushSoon()
    }

    func received(_ frame: [UInt8], from node: NodeID, isBulk: Bool) {
        beginTurn()
        do throws(MalformedBytes) { try engine.received(frame, from: node) } catch {
            logger.warning("a node sent what cannot be read", metadata: ["peer.id": "\(node)", "error": "\(error)"])
        }
    }

    func clientConnected(_ client: ConnectionID, hello: Hello) {}

    func received(_ frame: [UInt8], from client: ConnectionID) {
        beginTurn()
        do throws(MalformedBytes) { try engine.received(frame, from: ClientID(client.rawValue)) } catch {
            logger.warning("a client sent what cannot be read", metadata: ["error": "\(error)"])
            transport.disconnect(client)
        }
        // What came in one frame need not wait for the next one while the disk has nothing to do.
        if engine.isDiskIdle { flush() }
    }

    func clientDisconnected(_ client: ConnectionID) { engine.clientDisconnected(ClientID(client.rawValue)) }

    func rejected(by peer: Peer, _ rejection: Rejection) {
        // A single node may be behind on what it knows; but these say that our own file is in doubt, or that a committed entry of the
        // directory has removed this node, which is for ever. A node of another cluster may just have got a dead member's address.
        guard [.staleStart, .otherFile, .notMember].contains(rejection.code) else { return }
        stop()
        onFault(NodeError(.refused, "node \(peer.node) at \(peer.address) refuses this node: \(rejection.message)"))
    }

    func readCycleEnded() { flush() }
}

extension Engine {
    /// What a node said of itself in a handshake.
    func meet(_ identity: Identity) {
        guard identity.cluster == cluster, let peer = identity.node, !identity.address.isEmpty else { return }
        meet(peer, at: identity.address, starts: identity.starts)
    }
}
