internal import Transport

/// The files with which a node or a client proves who it is: each in PEM, made by `holdfast certificates` or by a CA of your own.
///
/// ```swift
/// configuration.tls = TLSFiles(ca: "certificates/ca.pem", certificate: "certificates/node1.pem", key: "certificates/node1.key")
/// ```
public struct TLSFiles: Hashable, Sendable {
    /// The CA that every other side's certificate must come from.
    public var ca: String
    /// This side's own: for a node, one that names the host at which others reach it.
    public var certificate: String
    /// The certificate's private key.
    public var key: String

    /// Files by their paths.
    public init(ca: String, certificate: String, key: String) {
        self.ca = ca
        self.certificate = certificate
        self.key = key
    }

    /// Reads them on a thread that may block.
    func load() async throws(TransportError) -> TransportSecurity {
        let files = self
        let result: Result<TransportSecurity, TransportError> = await withCheckedContinuation { continuation in
            BlockingThread.run("holdfast-certificates") {
                do throws(TransportError) {
                    continuation.resume(
                        returning: .success(
                            try TransportSecurity(caFile: files.ca, certificateFile: files.certificate, keyFile: files.key)))
                } catch {
                    continuation.resume(returning: .failure(error))
                }
            }
        }
        return try result.get()
    }
}
