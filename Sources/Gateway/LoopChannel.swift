internal import HummingbirdCore
internal import Logging
internal import NIOCore
internal import Node

/// Handles each connection on the event loop that reads it, so that a request suspends and goes on without a change of threads.
struct LoopChannel<Base: ServerChildChannel>: ServerChildChannel {
    let base: Base
    private let executors: [ObjectIdentifier: LoopExecutor]

    init(_ base: Base, on group: any EventLoopGroup) {
        self.base = base
        executors = Dictionary(uniqueKeysWithValues: group.makeIterator().map { (ObjectIdentifier($0), LoopExecutor($0)) })
    }

    func setup(channel: any Channel, logger: Logger) -> EventLoopFuture<Base.Value> { base.setup(channel: channel, logger: logger) }

    func handle(value: Base.Value, logger: Logger) async {
        await withTaskExecutorPreference(executors[ObjectIdentifier(value.channel.eventLoop)]) {
            await base.handle(value: value, logger: logger)
        }
    }
}
