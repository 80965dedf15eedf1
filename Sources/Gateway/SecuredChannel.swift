internal import HummingbirdCore
internal import Logging
internal import NIOCore
internal import Transport

/// HTTP's pipeline behind TLS. The certificate is looked up for each connection, so that a new one is used without a restart.
struct SecuredChannel<Base: ServerChildChannel>: ServerChildChannel {
    let base: Base
    let security: TransportSecurity
    let logger: Logger

    func setup(channel: any Channel, logger: Logger) -> EventLoopFuture<Base.Value> {
        channel.eventLoop.makeCompletedFuture {
            try security.secureHTTP(channel, logger: self.logger)
        }.flatMap { base.setup(channel: channel, logger: logger) }
    }

    func handle(value: Base.Value, logger: Logger) async { await base.handle(value: value, logger: logger) }
}
