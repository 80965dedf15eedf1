internal import Consensus
internal import Directory
public import Engine
public import Entities
internal import Journal
internal import Logging
internal import NIOCore
internal import NIOPosix
public import Primitives
public import ServiceLifecycle
internal import Shards
internal import Synchronization
public import Transport

/// One node of a cluster, in this process.
///
/// ```swift
/// let node = try await Node.start(NodeConfiguration(dataDirectory: "data"))
/// try await node.waitFor(members: 2)
/// let counters = try await node.entities(Counter.self, shards: 10)
/// ```
public final class Node: ClusterAccess, RequestChannel, Service {
    /// The node's number in its cluster.
    public let id: NodeID
    /// `host:port` that it listens on.
    public let address: String

    private let group: MultiThreadedEventLoopGroup
    let loop: any EventLoop
    let core: NIOLoopBound<NodeLoop>
    let journal: Journal
    private let configuration: NodeConfiguration
    /// Nil: the node's connections have no TLS.
    public let security: TransportSecurity?
    private let certificates: CertificateWatch?
    private let ready: Latch
    private let ended: Latch
    private let isStopped = Mutex(false)

    init(
        parts: NodeParts, group: MultiThreadedEventLoopGroup, configuration: NodeConfiguration
    ) {
        id = parts.node
        address = parts.address
        self.group = group
        loop = parts.loop
        core = parts.core
        journal = parts.journal
        ready = parts.ready
        ended = parts.ended
        self.configuration = configuration
        security = parts.security
        certificates = parts.security.map { CertificateWatch($0, logger: configuration.logger) }
        certificates?.start(on: loop)
    }

    /// Opens the journal, recovers, listens, and finds the cluster: founds it, joins it, or comes back to it.
    ///
    /// Returns once the node listens and knows its place; `waitUntilReady` says when it serves.
    /// - Throws: `NodeError`; every message says what is wrong and what to do. The file of a node that did not start is as it was.
    public static func start(_ configuration: NodeConfiguration, kinds: [any Entity.Type] = []) async throws -> Node {
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        do {
            let parts = try await NodeStarter(configuration: configuration, kinds: kinds, loop: group.next()).start()
            return Node(parts: parts, group: group, configuration: configuration)
        } catch {
            try? await group.shutdownGracefully()
            throw error
        }
    }

    /// Waits until the node has its place in the cluster and answers requests.
    public func waitUntilReady() async throws { try await ready.wait() }

    /// Reads the certificates again now, instead of within seconds of a change; what cannot be used is logged, and the old ones stay.
    public func reloadCertificates() {
        guard let certificates else { return }
        BlockingThread.run("holdfast-certificates") { certificates.look(isForced: true) }
    }

    /// Runs until the node fails or its service group shuts down; then hands over, flushes and closes.
    public func run() async throws {
        try await withGracefulShutdownHandler {
            try await ended.wait()
        } onGracefulShutdown: { [self] in
            Task { await stop() }  // The bridge from a signal to async code; `run` waits for its end.
        }
    }

    /// Hands over what this node leads, flushes, closes. Idempotent.
    public func stop() async {
        guard isStopped.withLock({ stopped in defer { stopped = true }; return !stopped }) else { return }
        let core = core
        try? await loop.submit { [core] in
            core.value.beginTurn()
            core.value.engine.handOver()
            core.value.flush()
        }.get()
        let clock = ContinuousClock()
        let end = clock.now + configuration.handOverTimeout
        while clock.now < end {
            let isBusy = try? await loop.submit { core.value.engine.isHandingOver || core.value.engine.isWriting }.get()
            guard isBusy ?? false else { break }
            try? await clock.sleep(for: .milliseconds(10))
        }
        await close()
        ready.open(.failure(NodeError(.fault, "the node was stopped before it was ready")))
        ended.open()
    }

    /// Closes without handing over what this node leads, as the end of its process would: for tests.
    package func abandon() async {
        guard isStopped.withLock({ stopped in defer { stopped = true }; return !stopped }) else { return }
        await close()
        ready.open(.failure(NodeError(.fault, "the node was abandoned before it was ready")))
        ended.open()
    }

    private func close() async {
        let core = core
        certificates?.stop()
        try? await loop.flatSubmit {
            core.value.stop()
            return core.value.transport.close()
        }.get()
        let journal = journal
        await withCheckedContinuation { (continuation: CheckedContinuation<Void, Never>) in
            BlockingThread.run("holdfast-close") {
                journal.close()
                continuation.resume()
            }
        }
        try? await group.shutdownGracefully()
    }

    // MARK: Requests

    /// The entities of one kind, which this node runs from now on; registers it with this number of shards if the cluster does not have it.
    public func entities<E: Entity>(_ kind: E.Type, shards: Int) async throws(Failure) -> EntityCollection<E> {
        let runtime = KindRuntime(kind)
        let core = core
        try? await loop.submit {
            core.value.beginTurn()
            core.value.engine.register(runtime)
            core.value.flush()
        }.get()
        _ = try await change(.registerKind(name: E.kind, shards: shards, replication: nil))
        return EntityCollection(channel: self, timeout: .seconds(10))
    }

    public func perform(_ request: Request, timeout: Duration) async -> Response {
        await call(request, timeout: timeout)
    }

    /// Takes requests that came together to the node's loop together: each hand-over by itself may wake a thread. Not traced.
    ///
    /// - Parameter requests: each with what is called with its answer, once, on the node's loop.
    package func perform(together requests: [(request: Request, completion: @Sendable (Response) -> Void)], timeout: Duration) {
        let span = timeout.span
        loop.execute { [core] in
            for (request, completion) in requests { core.value.calls.begin(request, timeout: span, completion: completion) }
        }
    }

    func call(_ request: Request, timeout: Duration) async -> Response {
        guard let tracer = configuration.tracer else { return await untraced(request, timeout: timeout) }
        return await RequestTrace.span(request, tracer) { await untraced(request, timeout: timeout) }
    }

    private func untraced(_ request: Request, timeout: Duration) async -> Response {
        let span = timeout.span
        // Not checked, as a call ends exactly once: `CallTable.finish` takes it out of the table first.
        return await withUnsafeContinuation { continuation in
            loop.execute { [core] in
                core.value.calls.begin(request, timeout: span) { continuation.resume(returning: $0) }
            }
        }
    }
}
