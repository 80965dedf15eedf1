internal import Directory
public import Engine
public import Entities
public import Logging
internal import NIOCore
internal import NIOPosix
internal import Primitives
internal import Tracing
internal import Transport

/// A cluster, seen from outside: learns the shard map, sends to owners, follows moves, retries under one request id.
///
/// ```swift
/// let cluster = try await Cluster.connect(to: ["127.0.0.1:7400"])
/// let counters = try await cluster.entities(Counter.self)
/// try await counters["alice"].send(Counter.Increment(by: 10))
/// await cluster.close()
/// ```
public final class Cluster: ClusterAccess, RequestChannel {
    private let loop: any EventLoop
    private let core: NIOLoopBound<ClusterLoop>
    /// That which was bootstrapped when the connection was made.
    private let tracer = bootstrappedTracer()

    /// The thread that the connections live on. Tasks that prefer it (`withTaskExecutorPreference`) ask the cluster without a hop between
    /// threads, which is half of what a call costs here. While one of them computes, nothing is sent or received.
    public let executor: any TaskExecutor

    private init(loop: any EventLoop, core: NIOLoopBound<ClusterLoop>) {
        self.loop = loop
        self.core = core
        executor = LoopExecutor(loop)
    }

    /// Connects to a cluster through any of its nodes.
    ///
    /// - Parameters:
    ///   - addresses: `host:port` of one or more nodes; one that answers is enough.
    ///   - timeout: how long to try.
    ///   - tls: needed where the nodes serve with TLS.
    /// - Throws: `.malformed` for an address that is none, and for certificates that cannot be used; `.unavailable` if no node answers, with the reason.
    public static func connect(
        to addresses: [String], timeout: Duration = .seconds(10), tls: TLSFiles? = nil,
        logger: Logger = Logger(label: "holdfast.client")
    ) async throws(Failure) -> Cluster {
        var seeds: [NetworkAddress] = []
        var network = TransportSettings()
        do throws(TransportError) {
            network.security = try await tls?.load()
            for address in addresses { seeds.append(try NetworkAddress(parsing: address)) }
        } catch {
            throw Failure(.malformed, error.message)
        }
        guard !seeds.isEmpty else { throw Failure(.malformed, "no address is given; name a node as HOST:PORT") }
        return try await connect(to: seeds, timeout: timeout, network, logger: logger)
    }

    static func connect(
        to seeds: [NetworkAddress], timeout: Duration, _ network: TransportSettings, logger: Logger
    ) async throws(Failure) -> Cluster {
        let loop = MultiThreadedEventLoopGroup.singleton.next()
        let targets = seeds
        let mapped = loop.makePromise(of: Void.self)
        let start = loop.submit {
            let core = ClusterLoop(loop: loop, seeds: targets, settings: network, logger: logger)
            core.whenMapped { _ in mapped.succeed() }
            core.start()
            let bound = NIOLoopBound(core, eventLoop: loop)
            loop.assumeIsolated().scheduleTask(in: .nanoseconds(timeout.span.nanoseconds)) {
                mapped.fail(Failure(.unavailable, Self.explain(targets, core.trouble)))
            }
            return bound
        }
        do {
            let core = try await start.get()
            let cluster = Cluster(loop: loop, core: core)
            do { try await mapped.futureResult.get() } catch {
                await cluster.close()
                throw error
            }
            return cluster
        } catch let failure as Failure {
            throw failure
        } catch {
            throw Failure(.unavailable, "\(error)")
        }
    }

    private static func explain(_ seeds: [NetworkAddress], _ trouble: String?) -> String {
        let list = seeds.map(\.description).joined(separator: ", ")
        return "no node of a cluster answers at \(list)" + (trouble.map { " (\($0))" } ?? "")
            + ". `holdfast node` starts one; --connect names another address."
    }

    /// The entities of one kind that the cluster has already.
    public func entities<E: Entity>(
        _ kind: E.Type, timeout: Duration = .seconds(10)
    ) async throws(Failure) -> EntityCollection<E> {
        // A node that has not heard of it is not the last word: that is the coordinator's.
        var isKnown = try await clusterMap().kinds.contains { $0.name == E.kind }
        if !isKnown { isKnown = try await status().shards.contains { $0.shard.hasPrefix(E.kind + "/") } }
        guard isKnown else {
            throw Failure(
                .unknownKind, "the cluster has no entity kind named “\(E.kind)”; a node that runs it registers it")
        }
        return EntityCollection(channel: self, timeout: timeout)
    }

    /// The entities of one kind; registers it with this number of shards if the cluster does not have it.
    /// - Throws: a refusal if the kind exists with another number of shards.
    public func entities<E: Entity>(_ kind: E.Type, shards: Int) async throws(Failure) -> EntityCollection<E> {
        _ = try await change(.registerKind(name: E.kind, shards: shards, replication: nil))
        return EntityCollection(channel: self, timeout: .seconds(10))
    }

    public func perform(_ request: Request, timeout: Duration) async -> Response {
        await call(request, timeout: timeout)
    }

    func call(_ request: Request, timeout: Duration) async -> Response {
        guard let tracer else { return await untraced(request, timeout: timeout) }
        return await RequestTrace.span(request, tracer) { await untraced(request, timeout: timeout) }
    }

    private func untraced(_ request: Request, timeout: Duration) async -> Response {
        // A node would close the connection on a frame over its limit, and with it the answers of others.
        guard request.payloadBytes <= Limits.payloadBytesMax else {
            return .failed(
                RequestFailure(
                    .invalid, .tooLarge,
                    "the request has \(request.payloadBytes) bytes; at most \(Limits.payloadBytesMax) fit"))
        }
        let span = timeout.span
        // Not checked, as a call ends exactly once: `CallTable.finish` takes it out of the table first. The check is a tenth of a call.
        return await withUnsafeContinuation { continuation in
            guard !loop.inEventLoop else {
                return core.value.calls.begin(request, timeout: span) { continuation.resume(returning: $0) }
            }
            loop.execute { [core] in
                core.value.calls.begin(request, timeout: span) { continuation.resume(returning: $0) }
            }
        }
    }

    /// Closes every connection. Calls under way end as *not committed* or *outcome unknown*.
    public func close() async {
        try? await loop.submit { [core] in core.value.close() }.get()
    }
}
