internal import Foundation
internal import Logging
internal import NIOCore
internal import Synchronization
internal import Transport

/// Looks at a node's certificates every few seconds, and reads them again when they have changed.
///
/// What cannot be used is told once, and the old ones go on: a certificate and its key are seldom replaced in one moment.
final class CertificateWatch: Sendable {
    private let security: TransportSecurity
    private let logger: Logger
    private let task = Mutex<RepeatedTask?>(nil)
    /// The end of the certificate that has been warned of.
    private let warned = Mutex<Int64?>(nil)

    private static let interval = TimeAmount.seconds(5)
    private static let warningSeconds: Int64 = 14 * 86_400

    init(_ security: TransportSecurity, logger: Logger) {
        self.security = security
        self.logger = logger
    }

    func start(on loop: any EventLoop) {
        warnOfTheEnd()
        let repeated = loop.scheduleRepeatedTask(initialDelay: Self.interval, delay: Self.interval) { [self] _ in
            BlockingThread.run("holdfast-certificates") { self.look(isForced: false) }
        }
        task.withLock { $0 = repeated }
    }

    func stop() { task.withLock { $0 }?.cancel() }

    func look(isForced: Bool) {
        do throws(TransportError) {
            if try security.reload(isForced: isForced) {
                let own = security.certificate
                logger.info(
                    "the certificates have been read anew",
                    metadata: [
                        "hosts": "\(own.hosts.joined(separator: ","))",
                        "valid.until": "\(Date(timeIntervalSince1970: Double(own.notValidAfter)).formatted(.iso8601))",
                    ])
            }
        } catch {
            logger.error("the new certificates cannot be used; the old ones stay", metadata: ["error": "\(error)"])
        }
        warnOfTheEnd()
    }

    private func warnOfTheEnd() {
        let end = security.certificate.notValidAfter
        let left = end - Int64(Date().timeIntervalSince1970)
        guard left < Self.warningSeconds,
            warned.withLock({ last in
                defer { last = end }
                return last != end
            })
        else { return }
        logger.warning(
            left < 0
                ? "the node's certificate has expired, and nobody accepts it any more; replace its file"
                : "the node's certificate expires soon; replace its file",
            metadata: ["valid.until": "\(Date(timeIntervalSince1970: Double(end)).formatted(.iso8601))"])
    }
}
