internal import Engine
internal import NIOCore
internal import Node
internal import Synchronization

/// One of HTTP's threads: answers the requests of the connections that it reads, so that they go on without a change of threads.
///
/// What its connections ask in one turn of its event loop goes to the node together, and what the node answers together comes back
/// together: each hand-over by itself may wake a thread.
final class Lane: Sendable {
    let executor: LoopExecutor
    private let loop: any EventLoop
    private let backend: any GatewayBackend
    private let timeout: Duration
    private let isTraced: Bool
    private static let togetherMax = 32
    private let asked = Mutex<[(request: Request, completion: @Sendable (Response) -> Void)]>([])

    init(_ loop: any EventLoop, _ endpoints: Endpoints) {
        self.loop = loop
        executor = LoopExecutor(loop)
        backend = endpoints.backend
        timeout = endpoints.configuration.requestTimeout
        isTraced = endpoints.configuration.tracer != nil
    }

    func perform(_ request: Request) async -> Response {
        // A span lives in the task that asks.
        guard !isTraced else { return await backend.perform(request, timeout: timeout) }
        // Not checked, as a call ends exactly once.
        return await withUnsafeContinuation { continuation in
            let isFirst = asked.withLock { asked in
                asked.append((request, { continuation.resume(returning: $0) }))
                return asked.count == 1
            }
            // After what the sockets have brought in this turn.
            if isFirst { loop.execute { self.handOver() } }
        }
    }

    /// Goes on with what has been answered meanwhile, between two connections that are read: under load a turn of the loop reads
    /// thousands, and what comes first should not wait for them all.
    func goOn() {
        executor.runReady()
        if asked.withLock({ $0.count >= Self.togetherMax }) { handOver() }
    }

    private func handOver() {
        let requests = asked.withLock { asked in
            defer { asked = [] }
            return asked
        }
        guard !requests.isEmpty else { return }
        backend.perform(together: requests, timeout: timeout)
    }
}
