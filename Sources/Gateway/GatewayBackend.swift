internal import Engine
internal import Node
internal import Shards

/// What a gateway asks of the node that it belongs to.
protocol GatewayBackend: ClusterAccess {
    /// Asks requests that came together; each one's `completion` is called once, on any thread.
    func perform(together requests: [(request: Request, completion: @Sendable (Response) -> Void)], timeout: Duration)
    /// Why the node should be sent no requests now; empty if it serves.
    func obstacles() async -> [String]
    /// The kinds that the node's process runs, by name.
    func runningKinds() async -> [KindRuntime]
    /// The node in numbers; nil if it has stopped.
    func measurements() async -> NodeMeasurements?
    /// Calls `body` after each commit of the entity that the node learns of at once; what is returned ends the watch.
    func watch(_ entity: WatchedEntity, _ body: @escaping @Sendable () -> Void) async -> @Sendable () -> Void
}

extension Node: GatewayBackend {}
