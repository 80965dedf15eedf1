internal import Consensus
internal import Directory
internal import Engine
internal import Entities
internal import JSON
internal import Journal
internal import Logging
internal import NIOCore
internal import Primitives
internal import Shards
internal import Transport

/// What a started node is made of.
struct NodeParts: Sendable {
    var node: NodeID
    var address: String
    var loop: any EventLoop
    var core: NIOLoopBound<NodeLoop>
    var journal: Journal
    var ready: Latch
    var ended: Latch
    var security: TransportSecurity?
}

/// The way from a folder to a running node.
struct NodeStarter: Sendable {
    let configuration: NodeConfiguration
    let kinds: [any Entity.Type]
    let loop: any EventLoop

    /// How this node comes into its cluster.
    private enum Place {
        /// It has been there before. Its members may be elsewhere now: `met` are those that its seeds turned out to be.
        case known(cluster: UniqueID, node: NodeID, met: [Identity])
        /// No seeds, an empty file: the first node of a new cluster.
        case founder(cluster: UniqueID)
        /// The directory has taken it in.
        case joined(ClusterMap, node: NodeID)
    }

    func start() async throws -> NodeParts {
        let listen = try address(configuration.listenAddress, "the address to listen on")
        let seeds = try configuration.seeds.map { try address($0, "a seed") }
        let security = try await loadSecurity(listen)
        var (journal, recovery) = try await openJournal()
        do {
            try await loadDirectory(journal, &recovery)
            return try await start(journal, recovery, listen, seeds, security)
        } catch {
            await Self.close(journal)
            throw error
        }
    }

    private func start(
        _ journal: Journal, _ recovery: Recovery, _ listen: NetworkAddress, _ seeds: [NetworkAddress],
        _ security: TransportSecurity?
    ) async throws -> NodeParts {
        // The port comes first: a node that cannot listen joins nothing. Port 0 becomes a real one here, so that it can be told to others
        // before the node listens.
        let reservation = try await reserve(listen)
        defer { reservation.end() }
        let reserved = NetworkAddress(host: listen.host, port: reservation.port)
        let advertised = configuration.advertisedAddress ?? reserved.description
        try check(security, names: advertised)
        let network = TransportSettings.under(security)
        let place = try await findPlace(
            recovery, seeds, advertised: advertised, listen: reserved, network)
        let loop = loop
        let configuration = configuration
        let runtimes = kinds.map { KindRuntime($0) }
        let (ready, ended) = (Latch(), Latch())
        let core = try await loop.submit {
            let core = try Self.makeCore(
                place, recovery, journal, runtimes, configuration, loop, address: NodeAddress(advertised))
            core.seeds = seeds.filter { $0.description != advertised }
            core.onReady = { ready.open() }
            core.onFault = { error in
                ready.open(.failure(error))
                ended.open(.failure(error))
            }
            return NIOLoopBound(core, eventLoop: loop)
        }.get()
        try await loop.flatSubmit {
            Self.listen(core.value, on: reserved, recovery, advertised, configuration, network)
        }.get()
        let node = try await loop.submit { core.value.engine.node }.get()
        return NodeParts(
            node: node, address: reserved.description, loop: loop, core: core, journal: journal,
            ready: ready, ended: ended, security: security)
    }

    // MARK: Steps

    private func loadSecurity(_ listen: NetworkAddress) async throws(NodeError) -> TransportSecurity? {
        guard let files = configuration.tls else {
            guard listen.isLoopback || configuration.isInsecureAllowed else {
                throw NodeError(
                    .configuration,
                    "\(listen) is beyond loopback, where without TLS whoever reaches the port can read and change everything. Name certificates "
                        + "with --tls-ca, --tls-certificate and --tls-key (`holdfast certificates` makes them), or say --insecure on a network "
                        + "that you trust as a whole")
            }
            return nil
        }
        do throws(TransportError) { return try await files.load() } catch {
            throw NodeError(.configuration, "the certificates cannot be used: \(error.message)")
        }
    }

    /// No other node would believe a node whose certificate is for another host.
    private func check(_ security: TransportSecurity?, names advertised: String) throws(NodeError) {
        guard let own = security?.certificate, let files = configuration.tls else { return }
        let host = try address(advertised, "the address to advertise").host
        guard own.names(host: host) else {
            let hosts = own.hosts.isEmpty ? "no host, as a client's does" : own.hosts.joined(separator: ", ")
            throw NodeError(
                .configuration,
                "the certificate \(files.certificate) names \(hosts), and others are to reach this node at \(host): give --advertise with a "
                    + "host that it names, or make one with `holdfast certificates node --host \(host)`")
        }
    }

    private func address(_ text: String, _ what: String) throws(NodeError) -> NetworkAddress {
        do throws(TransportError) { return try NetworkAddress(parsing: text) } catch {
            throw NodeError(.configuration, "\(what) cannot be used: \(error.message)")
        }
    }

    private func openJournal() async throws -> (Journal, Recovery) {
        let (loop, configuration) = (loop, configuration)
        return try await withCheckedThrowingContinuation { continuation in
            BlockingThread.run("holdfast-open") {
                do throws(JournalError) {
                    let opened = try Journal.open(
                        directory: configuration.dataDirectory, logger: configuration.logger,
                        hop: { body in loop.execute(body) })
                    continuation.resume(returning: (opened.journal, opened.recovery))
                } catch {
                    continuation.resume(throwing: NodeError(.journal, error.message))
                }
            }
        }
    }

    /// The directory's state is small and needed at once; entities' states come in on demand.
    private func loadDirectory(_ journal: Journal, _ recovery: inout Recovery) async throws {
        guard let position = recovery.groups.firstIndex(where: { $0.descriptor.group == .directory }),
            recovery.groups[position].log.base.index > .zero
        else { return }
        let request = LoadRequest(
            entity: Array("directory".utf8), wantsState: true, key: nil,
            checkpoint: recovery.groups[position].log.base.index)
        let results = try await withCheckedThrowingContinuation { continuation in
            journal.load(.directory, [request]) { continuation.resume(with: $0.mapError { NodeError(.journal, $0.message) }) }
        }
        recovery.groups[position].directoryState = results.first?.state?.state
    }

    private static func close(_ journal: Journal) async {
        await withCheckedContinuation { (continuation: CheckedContinuation<Void, Never>) in
            BlockingThread.run("holdfast-close") {
                journal.close()
                continuation.resume()
            }
        }
    }

    private func reserve(_ listen: NetworkAddress) async throws -> PortReservation {
        do {
            return try await loop.submit { try PortReservation(listen) }.get()
        } catch let error as TransportError {
            throw NodeError(.listen, error.message)
        }
    }

    private func findPlace(
        _ recovery: Recovery, _ seeds: [NetworkAddress], advertised: String, listen: NetworkAddress,
        _ network: TransportSettings
    ) async throws -> Place {
        if let cluster = recovery.identity.cluster, let node = recovery.identity.node {
            let met = try await checkSeeds(seeds.filter { $0.description != advertised }, belongTo: cluster, network)
            return .known(cluster: cluster, node: node, met: met)
        }
        guard !seeds.isEmpty else { return .founder(cluster: UniqueID.random()) }
        let blank = try await BlankListener.start(
            on: listen,
            as: Identity(
                cluster: nil, node: nil, file: recovery.identity.file, starts: recovery.identity.starts,
                address: advertised),
            network, loop: loop, configuration.logger)
        do {
            let place = try await join(recovery, seeds, advertised: advertised, network)
            await BlankListener.end(blank, loop: loop)
            return place
        } catch {
            await BlankListener.end(blank, loop: loop)
            throw error
        }
    }

    private func join(
        _ recovery: Recovery, _ seeds: [NetworkAddress], advertised: String, _ network: TransportSettings
    ) async throws -> Place {
        if configuration.foundsAsFirstSeed, seeds[0].description == advertised,
            try await FirstSeed(configuration: configuration, seeds: seeds, network: network, loop: loop).mayFound(own: recovery.identity.file)
        {
            return .founder(cluster: UniqueID.random())
        }
        let map = try await Joiner(configuration: configuration, seeds: seeds, network: network, loop: loop).join(
            identity: recovery.identity, advertised: advertised)
        guard let member = map.members.first(where: { $0.file == recovery.identity.file }) else {
            throw NodeError(.join, "the cluster took this node in, but does not list it; try again")
        }
        return .joined(map, node: member.id)
    }

    /// A node that has data finds its cluster without seeds, and waits for none. But one that answers and is of another cluster shows
    /// that folder and command line do not belong together.
    private func checkSeeds(
        _ seeds: [NetworkAddress], belongTo cluster: UniqueID, _ network: TransportSettings
    ) async throws -> [Identity] {
        let answers = try await EventLoopFuture.whenAllSucceed(
            seeds.map { SeedProbe.ask($0, network, on: loop, configuration.logger) }, on: loop
        ).get()
        for (seed, identity) in zip(seeds, answers) {
            guard let other = identity?.cluster, other != cluster else { continue }
            throw NodeError(
                .refused,
                "the folder \(configuration.dataDirectory) belongs to cluster \(cluster), and the seed \(seed) is a node of "
                    + "another cluster, \(other). Start the node without that seed, or with the folder of a node of that cluster")
        }
        return answers.compactMap { $0 }
    }

    private static func makeCore(
        _ place: Place, _ recovery: Recovery, _ journal: Journal, _ runtimes: [KindRuntime],
        _ configuration: NodeConfiguration, _ loop: any EventLoop, address: NodeAddress
    ) throws -> NodeLoop {
        let clock = MonotonicClock()
        let (cluster, node): (UniqueID, NodeID) =
            switch place {
            case .known(let cluster, let node, _): (cluster, node)
            case .founder(let cluster): (cluster, NodeID(1))
            case .joined(let map, let node): (map.cluster, node)
            }
        let engine = Engine(
            recovery: recovery, cluster: cluster, node: node, runtimes: runtimes, settings: configuration.engine,
            seed: UInt64.random(in: .min ... .max), now: clock.now, wall: clock.wall)
        switch place {
        case .known(_, _, let met):
            engine.announceStart(address: address)
            for identity in met { engine.meet(identity) }
        case .founder: engine.found(name: configuration.name, address: address)
        case .joined(let map, _):
            engine.adopt(name: configuration.name)
            engine.learnPeers(
                map.members.filter { $0.status != .removed }.map {
                    EngineOutputs.PeerAddress(node: $0.id, address: $0.address.description)
                })
        }
        let core = NodeLoop(loop: loop, engine: engine, journal: journal, logger: configuration.logger)
        noteDecisions(of: core, configuration)
        return core
    }

    /// From now on the folder tells which command is being decided; what the last process was at when it ended is tried with care.
    private static func noteDecisions(of core: NodeLoop, _ configuration: NodeConfiguration) {
        guard let (mark, found) = DecisionMark.take(from: configuration.dataDirectory) else {
            configuration.logger.warning("The folder takes no mark of the command being decided.")
            return
        }
        core.engine.onDecision = { kind, command in
            if let command { mark.begin(kind, command) } else { mark.end() }
        }
        guard let found else { return }
        if let request = found.request { core.engine.suspects.insert(request) }
        configuration.logger.warning(
            "The last process of this node ended while it decided a command.",
            metadata: [
                "entity": "\(found.kind)/\(String(decoding: found.entity, as: UTF8.self))", "command": "\(found.command)",
                "request": "\(found.request.map(String.init(describing:)) ?? "none")",
            ])
    }

    private static func listen(
        _ core: NodeLoop, on address: NetworkAddress, _ recovery: Recovery, _ advertised: String,
        _ configuration: NodeConfiguration, _ network: TransportSettings
    ) -> EventLoopFuture<Void> {
        let identity = Identity(
            cluster: core.engine.cluster, node: core.engine.node, file: recovery.identity.file,
            starts: recovery.identity.starts, address: advertised)
        let transport = Transport(
            loop: core.loop, identity: identity, settings: network, delegate: core,
            logger: configuration.logger)
        core.transport = transport
        return transport.listen(on: address).flatMapErrorThrowing { error in
            throw NodeError(.listen, (error as? TransportError)?.message ?? "\(error)")
        }.assumeIsolated().map { _ in
            core.start(transport: transport, tickInterval: configuration.engine.tickInterval)
        }.nonisolated()
    }
}

extension TransportSettings {
    static func under(_ security: TransportSecurity?) -> TransportSettings {
        var settings = TransportSettings()
        settings.security = security
        return settings
    }
}
