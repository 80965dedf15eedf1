import Consensus
import Directory
import Engine
import Entities
import JSON
import Primitives
import Shards

/// Whole engines on one thread, with simulated disks, network and time: the same seed gives the same run.
final class SimulatedCluster {
    struct Faults {
        /// Of 1,000 frames so many are lost, doubled.
        var lost = 0
        var doubled = 0
        /// Milliseconds that a frame, a disk batch takes at most.
        var delay: Int64 = 3
        var diskDelay: Int64 = 3
    }

    final class Host {
        let number: Int
        var disk: SimulatedDisk
        var engine: Engine?
        /// The batch that the disk works on: lost at a crash.
        var writing: WriteBatch?
        var starts: UInt64 = 0
        var peers: [NodeID] = []
        /// Answers to requests made at this node, by token.
        var answers: [UInt64: Response] = [:]
        var isPaused = false

        init(number: Int, disk: SimulatedDisk) {
            self.number = number
            self.disk = disk
        }

        var node: NodeID { disk.identity.node ?? NodeID(0) }
    }

    enum Event {
        case frame(from: NodeID, to: NodeID, bytes: [UInt8], era: UInt64)
        case written(host: Int, start: UInt64)
        case loaded(host: Int, start: UInt64, EngineOutputs.StateLoad, [LoadResult])
        case entries(host: Int, start: UInt64, EngineOutputs.EntryLoad)
    }

    var generator: RandomGenerator
    var now = Instant(nanoseconds: 1_000_000_000)
    var hosts: [Host] = []
    var faults = Faults()
    private var events: [(at: Instant, order: UInt64, event: Event)] = []
    private var order: UInt64 = 0
    private var nextToken: UInt64 = 1
    let cluster: UniqueID
    var settings = EngineSettings()
    /// Pairs (from, to) whose frames are cut off.
    var cuts: Set<[UInt32]> = []
    var notices: [String] = []

    init(seed: UInt64) {
        generator = RandomGenerator(seed: seed)
        cluster = UniqueID(using: &generator)
        settings.checkpointEntries = 40
        settings.plan.aliveWithin = .milliseconds(800)
        settings.plan.downAfter = .seconds(3)
        settings.plan.steadyAfter = .milliseconds(500)
    }

    // MARK: Nodes

    /// Founds the cluster, then lets `count - 1` more nodes join.
    func start(nodes count: Int) {
        add()
        let founder = hosts[0]
        boot(founder, node: NodeID(1)) { engine in
            engine.found(name: "node-1", address: try! NodeAddress("host:7401"), process: UniqueID(using: &self.generator))
        }
        for _ in 1..<count { join() }
    }

    @discardableResult
    func join() -> Host {
        let host = add()
        let command = DirectoryCommand.join(
            file: host.disk.identity.file, name: "", address: try! NodeAddress("host:\(7401 + host.number)"),
            startCounter: 1, process: UniqueID(using: &generator))
        let body = try! JSON.encode(command)
        var map: ClusterMap?
        for _ in 0..<100 where map == nil {
            let response = ask(hosts[0], .cluster(.directory(body)), within: .seconds(5))
            if case .document(let answer)? = response {
                map = try! JSON.decode(ClusterMap.self, from: answer)
            } else if case .failed(let failure)? = response {
                precondition(failure.outcome != .invalid, "\(failure)")
            }
        }
        let member = map!.members.first { $0.file == host.disk.identity.file }!
        boot(host, node: member.id) { engine in
            engine.adopt(name: "")
            engine.learnPeers(map!.members.map { EngineOutputs.PeerAddress(node: $0.id, address: $0.address.description) })
        }
        return host
    }

    @discardableResult
    private func add() -> Host {
        let host = Host(number: hosts.count, disk: SimulatedDisk(file: UniqueID(using: &generator)))
        hosts.append(host)
        return host
    }

    func boot(_ host: Host, node: NodeID, _ place: (Engine) -> Void) {
        host.starts += 1
        host.disk.identity.startCounter += 1
        let engine = Engine(
            identity: host.disk.identity, cluster: cluster, node: node, recovered: host.disk.recovered(),
            tombstones: host.disk.tombstones.keys.sorted().map { host.disk.tombstones[$0]! },
            runtimes: [KindRuntime(Counter.self)], settings: settings, seed: generator.next(), now: now, wall: wall)
        host.engine = engine
        place(engine)
        flush(host)
    }

    /// kill -9: what was not yet durable is gone; connections break.
    func crash(_ host: Host) {
        guard host.engine != nil else { return }
        let node = host.node
        // The disk may have finished what it was given, or not.
        if let writing = host.writing, Bool.random(using: &generator) { host.disk.perform(writing) }
        host.writing = nil
        host.engine = nil
        host.peers = []
        host.answers = [:]
        for other in hosts where other.engine != nil && other.node != node {
            turn(other) { $0.peerDisconnected(node) }
        }
    }

    func restart(_ host: Host) {
        guard host.engine == nil else { return }
        let address = try! NodeAddress("host:\(7401 + host.number)")
        let process = UniqueID(using: &generator)
        if let node = host.disk.identity.node {
            boot(host, node: node) { $0.announceStart(address: address, process: process) }
        }
    }

    var wall: WallTime { WallTime(milliseconds: 1_700_000_000_000 + now.nanoseconds / 1_000_000) }

    func host(_ node: NodeID) -> Host? { hosts.first { $0.node == node && $0.engine != nil } }

    // MARK: Turns

    func turn(_ host: Host, _ body: (Engine) -> Void) {
        guard let engine = host.engine else { return }
        engine.beginTurn(now: now, wall: wall)
        body(engine)
        flush(host)
    }

    private func flush(_ host: Host) {
        guard let engine = host.engine else { return }
        var outputs = EngineOutputs()
        engine.flush(into: &outputs)
        if let fault = outputs.fault { preconditionFailure("node \(host.node): \(fault)") }
        if let batch = outputs.batch {
            precondition(host.writing == nil, "two batches at once")
            host.writing = batch
            post(after: faults.diskDelay, .written(host: host.number, start: host.starts))
        }
        for frame in outputs.frames { send(frame, from: host) }
        for load in outputs.loads {
            let results = host.disk.load(load.group, load.requests)
            post(after: faults.diskDelay, .loaded(host: host.number, start: host.starts, load, results))
        }
        for load in outputs.entryLoads { post(after: faults.diskDelay, .entries(host: host.number, start: host.starts, load)) }
        for item in outputs.localResponses { host.answers[item.token] = item.response }
        for notice in outputs.notices {
            notices.append("\(now.nanoseconds / 1_000_000) node \(engine.node) group \(notice.group?.description ?? "-") \(notice.message)")
        }
        if let peers = outputs.peers { host.peers = peers.map(\.node) }
    }

    private func send(_ frame: EngineOutputs.PeerFrame, from host: Host) {
        let sender = host.engine!.node
        guard !cuts.contains([sender.rawValue, frame.to.rawValue]) else { return }
        guard Int.random(in: 0..<1_000, using: &generator) >= faults.lost else { return }
        let copies = Int.random(in: 0..<1_000, using: &generator) < faults.doubled ? 2 : 1
        for _ in 0..<copies {
            post(
                after: faults.delay,
                .frame(from: sender, to: frame.to, bytes: frame.bytes, era: era(sender, frame.to)))
        }
    }

    /// Frames of a connection that has broken since do not arrive.
    private func era(_ one: NodeID, _ other: NodeID) -> UInt64 {
        (host(one)?.starts ?? 0) << 32 | (host(other)?.starts ?? 0)
    }

    private func post(after milliseconds: Int64, _ event: Event) {
        order += 1
        let at = now + Span(nanoseconds: Int64.random(in: 20_000...max(21_000, milliseconds * 1_000_000), using: &generator))
        events.append((at, order, event))
    }

    // MARK: Time

    private var nextTick: Instant = .zero

    func run(for span: Span) { run(until: now + span) { false } }

    /// Goes on until `condition` holds or the time is over.
    @discardableResult
    func run(until end: Instant, _ condition: () -> Bool) -> Bool {
        while now < end {
            if condition() { return true }
            if nextTick <= now { nextTick = now + settings.tickInterval }
            var position: Int?
            for offset in events.indices {
                guard let best = position else { position = offset; continue }
                if (events[offset].at, events[offset].order) < (events[best].at, events[best].order) { position = offset }
            }
            if let position, events[position].at <= nextTick {
                let item = events.remove(at: position)
                now = max(now, item.at)
                deliver(item.event)
            } else {
                now = nextTick
                tick()
            }
        }
        return condition()
    }

    private func tick() {
        for host in hosts where host.engine != nil && !host.isPaused {
            let missing = host.peers.filter { peer in self.host(peer) != nil }
            for peer in missing where !isConnected(host, peer) { connect(host, peer) }
            turn(host) { $0.tick() }
        }
    }

    private var connected: [[UInt64]: UInt64] = [:]

    private func isConnected(_ host: Host, _ peer: NodeID) -> Bool {
        connected[[UInt64(host.node.rawValue), UInt64(peer.rawValue)]] == era(host.node, peer)
    }

    private func connect(_ host: Host, _ peer: NodeID) {
        connected[[UInt64(host.node.rawValue), UInt64(peer.rawValue)]] = era(host.node, peer)
        let other = self.host(peer)!
        turn(host) { $0.peerConnected(peer, startCounter: other.disk.identity.startCounter) }
    }

    private func deliver(_ event: Event) {
        switch event {
        case .frame(let from, let to, let bytes, let era):
            guard let host = host(to), era == self.era(from, to) else { return }
            guard !host.isPaused else { return post(after: 50, event) }
            turn(host) { try! $0.received(bytes, from: from) }
        case .written(let number, let start):
            let host = hosts[number]
            guard host.starts == start, let batch = host.writing else { return }
            host.disk.perform(batch)
            host.writing = nil
            turn(host) { $0.persisted() }
        case .loaded(let number, let start, let load, let results):
            let host = hosts[number]
            guard host.starts == start else { return }
            turn(host) { $0.loaded(load.group, load.requests, results, isCheckpoint: load.isCheckpoint) }
        case .entries(let number, let start, let load):
            let host = hosts[number]
            guard host.starts == start, let group = host.disk.groups[load.group] else { return }
            let first = Int(load.from.rawValue) - 1
            let entries = Array(group.entries[first..<min(group.entries.count, Int(load.through.rawValue), first + 64)])
            let previous = first == 0 ? Term.zero : group.entries[first - 1].term
            turn(host) { $0.entriesLoaded(load.group, for: load.peer, entries, previousTerm: previous) }
        }
    }

    // MARK: Requests

    func post(_ request: Request, at host: Host) -> UInt64 {
        let token = nextToken
        nextToken += 1
        turn(host) { $0.request(request, token: token) }
        return token
    }

    /// One attempt; nil if no answer came in time or the node crashed.
    func ask(_ host: Host, _ request: Request, within span: Span) -> Response? {
        let token = post(request, at: host)
        run(until: now + span) { host.answers[token] != nil || host.engine == nil }
        return host.answers.removeValue(forKey: token)
    }

    func status(at host: Host) -> ClusterStatus? {
        guard case .document(let body)? = ask(host, .cluster(.status), within: .seconds(2)) else { return nil }
        return try? JSON.decode(ClusterStatus.self, from: body)
    }

    func register(shards: Int) {
        let body = try! JSON.encode(DirectoryCommand.registerKind(name: "counter", shards: shards, replication: nil))
        for _ in 0..<20 {
            if case .document? = ask(hosts[0], .cluster(.directory(body)), within: .seconds(5)) { return }
        }
        preconditionFailure("the kind could not be registered")
    }

    @discardableResult
    func settle(within span: Span = .seconds(60)) -> Bool {
        let end = now + span
        while now < end {
            for host in hosts where host.engine != nil {
                if let status = status(at: host), status.isSettled,
                    status.members.allSatisfy({ $0.status == .up || $0.status == .removed })
                {
                    return true
                }
                break
            }
            run(for: .milliseconds(100))
        }
        return false
    }
}
