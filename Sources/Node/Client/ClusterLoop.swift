internal import Directory
internal import Engine
internal import Entities
internal import JSON
internal import Logging
internal import NIOCore
internal import Primitives
internal import Transport

/// A client's side of the cluster: connections to its nodes, the shard map, the calls under way. Confined to its event loop.
///
/// Requests of one turn to one node leave in one frame.
final class ClusterLoop {
    /// One node's address and the connection to it.
    private final class Line {
        let address: NetworkAddress
        var connection: ClientConnection?
        var isOpen = false
        var frame = ByteWriter(reserving: 0)
        /// Frames have been queued since the last flush.
        var hasQueued = false
        var correlations: Set<UInt64> = []
        /// Attempts on it have gone unanswered: other nodes are asked first.
        var isDoubtful = false
        var backoff: Backoff

        init(address: NetworkAddress, backoff: Backoff) {
            self.address = address
            self.backoff = backoff
        }
    }

    private let loop: any EventLoop
    private let clock = MonotonicClock()
    private let logger: Logger
    private let settings: TransportSettings
    private let seeds: [NetworkAddress]
    private var generator = RandomGenerator(seed: UInt64.random(in: .min ... .max))
    private var lines: [String: Line] = [:]
    private(set) var map: ClusterMap?
    private var kinds: [String: KindRecord] = [:]
    private var addresses: [NodeID: String] = [:]
    private var isFlushScheduled = false
    private var lastRefresh: Instant?
    private var isClosed = false
    private var refresher: RepeatedTask?
    let calls: CallTable
    /// Nodes that join are learned of this late, if nothing else asks for the map: in time for the day on which they are all
    /// that is left.
    private static let refreshInterval = TimeAmount.seconds(2)
    /// Connections kept, owners or not, so that the loss of one node is not the loss of the cluster.
    private static let linesMin = 3
    /// A frame leaves at this size, before the turn ends: callers that were answered together would otherwise go on together, and the node
    /// would wait for all of them.
    private static let frameBytes = 4 << 10
    /// The last thing that went wrong with a connection, for the message when nothing works.
    private var lastTrouble: String?
    private var nextSeed = 0

    init(loop: any EventLoop, seeds: [NetworkAddress], settings: TransportSettings, logger: Logger) {
        self.loop = loop
        self.seeds = seeds
        self.settings = settings
        self.logger = logger
        calls = CallTable(loop: loop, clock: clock, attemptTimeout: .milliseconds(1_500))
        calls.transmit = { [unowned self] request, correlation in transmit(request, correlation) }
        calls.onTrouble = { [unowned self] correlation in trouble(correlation) }
    }

    func start() {
        for seed in seeds { dial(line(for: seed.description)!) }
        let bound = NIOLoopBound(self, eventLoop: loop)
        refresher = loop.scheduleRepeatedTask(initialDelay: Self.refreshInterval, delay: Self.refreshInterval) { _ in
            if bound.value.map != nil { bound.value.refresh() }
        }
    }

    func close() {
        isClosed = true
        refresher?.cancel()
        calls.close()
        for key in lines.keys.sorted() { lines[key]!.connection?.close() }
        lines = [:]
    }

    // MARK: Lines

    private func line(for address: String) -> Line? {
        if let line = lines[address] { return line }
        guard let parsed = try? NetworkAddress(parsing: address) else { return nil }
        let line = Line(address: parsed, backoff: Backoff(settings.backoff))
        lines[address] = line
        return line
    }

    private func dial(_ line: Line) {
        guard line.connection == nil, !isClosed else { return }
        let connection = ClientConnection(
            to: line.address, hello: Hello(role: .client, identity: .client(of: map?.cluster)), loop: loop,
            settings: settings, logger: logger)
        line.connection = connection
        connection.onOpen = { [self] _ in
            line.isOpen = true
            line.isDoubtful = false
            line.backoff.reset()
            if map == nil { refresh() }
            flushSoon()
        }
        connection.onFrame = { [self] frame in received(frame, on: line) }
        connection.onReadCycleEnd = { [self] in flush() }
        connection.onClose = { [self] error in closed(line, error) }
        connection.connect()
    }

    private func closed(_ line: Line, _ error: TransportError) {
        if case .closed = error.code {} else { lastTrouble = error.message }
        line.connection = nil
        line.isOpen = false
        line.frame.removeAll()
        line.hasQueued = false
        let lost = line.correlations.sorted()
        line.correlations = []
        calls.lost(lost)
        guard !isClosed else { return }
        let isWanted = seeds.contains(line.address) || addresses.values.contains(line.address.description)
        guard isWanted else { return lines[line.address.description] = nil }
        let pause = line.backoff.next(using: &generator)
        loop.assumeIsolated().scheduleTask(in: .nanoseconds(pause.nanoseconds)) { [self] in dial(line) }
        if !lost.isEmpty { refreshIfStale() }
    }

    // MARK: Requests

    private func transmit(_ request: Request, _ correlation: UInt64) -> Bool {
        guard let line = choose(request) else { return false }
        // What is waiting and one more request of the largest size do not fit in one frame together.
        if line.frame.count + request.bytesMax > settings.clientFrameBytesMax { close(frameOf: line) }
        line.frame.write(correlation)
        line.frame.write(request)
        line.correlations.insert(correlation)
        if line.frame.count >= Self.frameBytes {
            send(frameOf: line)
        } else {
            flushSoon()
        }
        return true
    }

    /// The owner's line if there is one; else any open line, those without trouble first.
    private func choose(_ request: Request) -> Line? {
        // What one node has, no other can say.
        if case .cluster(.replica(let inquiry)) = request {
            guard let address = addresses[inquiry.node], let line = line(for: address) else { return nil }
            if line.isOpen { return line }
            dial(line)
            return nil
        }
        if let address = owner(of: request), let line = line(for: address) {
            if line.isOpen, !line.isDoubtful { return line }
            dial(line)
        }
        let open = lines.keys.sorted().compactMap { lines[$0] }.filter(\.isOpen)
        guard !open.isEmpty else {
            dialEveryone()
            return nil
        }
        nextSeed &+= 1
        let trusted = open.filter { !$0.isDoubtful }
        return trusted.isEmpty ? open[nextSeed % open.count] : trusted[nextSeed % trusted.count]
    }

    /// Whoever still answers will know the rest.
    private func dialEveryone() {
        for address in Set(addresses.values).sorted() {
            if let line = line(for: address) { dial(line) }
        }
    }

    private func owner(of request: Request) -> String? {
        let (kind, entity): (String, [UInt8])
        switch request {
        case .command(let command): (kind, entity) = (command.kind, command.entity)
        case .query(let query): (kind, entity) = (query.kind, query.entity)
        case .history(let history): (kind, entity) = (history.kind, history.entity)
        case .cluster: return nil
        }
        guard let map, let record = kinds[kind] else { return nil }
        let position = Int(record.group(of: entity).rawValue) - 1
        guard map.owners.indices.contains(position), map.owners[position] != 0 else { return nil }
        return addresses[NodeID(map.owners[position])]
    }

    private func flushSoon() {
        guard !isFlushScheduled else { return }
        isFlushScheduled = true
        loop.assumeIsolated().execute { [self] in flush() }
    }

    private func flush() {
        isFlushScheduled = false
        for key in lines.keys.sorted() {
            guard let line = lines[key], line.isOpen else { continue }
            send(frameOf: line)
        }
    }

    private func send(frameOf line: Line) {
        close(frameOf: line)
        guard line.hasQueued else { return }
        line.hasQueued = false
        line.connection?.flush()
    }

    private func close(frameOf line: Line) {
        guard line.frame.count > 0 else { return }
        let bytes = line.frame.bytes
        line.frame = ByteWriter(reserving: min(bytes.count, 64 << 10))
        line.hasQueued = true
        guard line.connection?.send(bytes) ?? false else {
            // The queue is full: what was in the frame was not sent, and may be tried elsewhere.
            let lost = line.correlations.sorted()
            line.correlations = []
            return calls.lost(lost)
        }
    }

    private func received(_ frame: [UInt8], on line: Line) {
        var reader = ByteReader(frame)
        do throws(MalformedBytes) {
            while !reader.isAtEnd {
                let correlation: UInt64 = try reader.read()
                let response = try reader.readResponse()
                line.correlations.remove(correlation)
                line.isDoubtful = false
                calls.answered(correlation, response)
            }
        } catch {
            logger.warning("a node sent what is no answer", metadata: ["error": "\(error)"])
            line.connection?.close()
        }
    }

    private func trouble(_ correlation: UInt64) {
        for line in lines.values where line.correlations.remove(correlation) != nil { line.isDoubtful = true }
        refreshIfStale()
    }

    // MARK: The map

    private func refreshIfStale() {
        if let last = lastRefresh, clock.now - last < .milliseconds(50) { return }
        refresh()
    }

    /// Asks for the map; the answer is taken whenever it comes.
    private func refresh() {
        lastRefresh = clock.now
        calls.begin(.cluster(.shardMap), timeout: .seconds(5)) { [self] response in
            guard case .document(let body) = response, let new = try? JSON.decode(ClusterMap.self, from: body) else {
                return
            }
            adopt(new)
        }
    }

    func adopt(_ new: ClusterMap) {
        map = new
        kinds = [:]
        for kind in new.kinds { kinds[kind.name] = kind }
        addresses = [:]
        for member in new.members where member.status != .removed {
            addresses[member.id] = member.address.description
        }
        for owner in Set(new.owners).sorted() where owner != 0 {
            if let address = addresses[NodeID(owner)], let line = line(for: address) { dial(line) }
        }
        for node in addresses.keys.sorted() where lines.count < Self.linesMin {
            if let line = line(for: addresses[node]!) { dial(line) }
        }
        let waiting = mapWaiters
        mapWaiters = []
        for waiter in waiting { waiter(new) }
    }

    private var mapWaiters: [(ClusterMap) -> Void] = []

    /// Calls back with the first map that comes.
    func whenMapped(_ body: @escaping (ClusterMap) -> Void) {
        if let map { body(map) } else { mapWaiters.append(body) }
    }

    var trouble: String? { lastTrouble }
}

extension Request {
    /// The bytes that its entity's code would read.
    var payloadBytes: Int {
        switch self {
        case .command(let command): command.payload.count
        case .query(let query): query.payload.count
        case .cluster(.directory(let body)): body.count
        case .cluster, .history: 0
        }
    }

    /// Bytes of its encoding at most.
    fileprivate var bytesMax: Int {
        switch self {
        case .command(let command): command.payload.count + command.entity.count + command.name.utf8.count + 1_024
        case .query(let query): query.payload.count + query.entity.count + query.name.utf8.count + 1_024
        case .cluster(.directory(let body)): body.count + 1_024
        case .cluster, .history: 1_024
        }
    }
}
