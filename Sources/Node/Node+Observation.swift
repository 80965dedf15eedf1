public import Engine
internal import Journal
internal import NIOCore
public import Primitives
public import Shards
public import Transport

/// What a gateway in the same process needs beside requests.
extension Node {
    /// Why this node should be sent no requests now, in words for a person; empty if it serves.
    public func obstacles() async -> [String] {
        do {
            return try await onLoop { $0.hasStopped ? ["the node has stopped"] : $0.engine.obstacles }
        } catch {
            return ["the node has stopped"]
        }
    }

    /// The kinds that this process runs, by name.
    public func runningKinds() async -> [KindRuntime] { (try? await onLoop { $0.engine.runningKinds }) ?? [] }

    /// Calls `body` after each commit of the entity that a replica on this node applies; on the node's event loop, so it must be short.
    ///
    /// Nothing is told where the node has no replica of the entity's shard, nor of what came with a checkpoint.
    /// - Returns: ends the watch.
    public func watch(
        _ entity: WatchedEntity, _ body: @escaping @Sendable () -> Void
    ) async -> @Sendable () -> Void {
        guard let key = try? await onLoop({ $0.watch(entity, body) }) else { return {} }
        return { [loop, core] in loop.execute { core.value.unwatch(entity, key) } }
    }

    /// The node in numbers, as they are now; nil if it has stopped.
    public func measurements() async -> NodeMeasurements? {
        let health = journal.health
        return try? await onLoop { core in
            NodeMeasurements(
                node: core.engine.node, engine: core.engine.standing, transport: core.transport.statistics,
                clients: core.transport.clientsConnected, journalLatency: core.journalLatency,
                walBytes: health.walBytes, freeBytes: health.freeBytes)
        }
    }

    func onLoop<Value: Sendable>(_ body: @escaping @Sendable (NodeLoop) -> Value) async throws -> Value {
        try await loop.submit { [core] in body(core.value) }.get()
    }
}

/// What a node counts and measures. Counts grow from its start on.
public struct NodeMeasurements: Sendable {
    /// Which node.
    public var node: NodeID
    /// Its groups, callers and peers.
    public var engine: EngineStanding
    /// Its connections.
    public var transport: TransportStatistics
    /// Clients connected on the cluster's own protocol.
    public var clients: Int
    /// From a batch's hand-over to the journal to its word that it is durable, in nanoseconds.
    public var journalLatency: Histogram
    /// Of SQLite's write-ahead log.
    public var walBytes: Int
    /// Free space on the journal's disk; `.max` if it is not known yet.
    public var freeBytes: UInt64
}
