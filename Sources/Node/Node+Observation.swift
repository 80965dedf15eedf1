public import Engine
internal import NIOCore
public import Shards

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

    func onLoop<Value: Sendable>(_ body: @escaping @Sendable (NodeLoop) -> Value) async throws -> Value {
        try await loop.submit { [core] in body(core.value) }.get()
    }
}
