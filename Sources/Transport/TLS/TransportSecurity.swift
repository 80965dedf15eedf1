internal import NIOCore
internal import NIOSSL
internal import Synchronization

/// Who this side is on the network and whom it believes: a certificate, its key, and the CA that every other side's certificate
/// must come from.
///
/// Nodes and clients alike show a certificate of the cluster's CA (TLS 1.3). Who dials checks that the certificate names the host
/// that was dialed; a node that is dialed by another checks that the certificate names the host at which the other says it is.
/// So a client's certificate, which names no host, can never pass for a node's.
public final class TransportSecurity: Sendable {
    /// The paths of three files in PEM.
    public let caFile: String
    public let certificateFile: String
    public let keyFile: String

    private struct State {
        var material: TLSMaterial
        /// Of the files that were last looked at, whether or not what was in them could be used.
        var stamps: [FileStamp]
    }
    private let state: Mutex<State>

    /// Reads the files; blocks for as long as that takes.
    ///
    /// - Throws: `.certificates`, with the file and what is wrong with it.
    public init(caFile: String, certificateFile: String, keyFile: String) throws(TransportError) {
        self.caFile = caFile
        self.certificateFile = certificateFile
        self.keyFile = keyFile
        let stamps = try FileStamp.all([caFile, certificateFile, keyFile])
        state = Mutex(State(material: try TLSMaterial(caFile, certificateFile, keyFile), stamps: stamps))
    }

    /// Reads the files again if one of them has changed since they were last looked at. New connections use what was read; those that
    /// stand go on. Blocks for as long as reading takes.
    ///
    /// - Parameter isForced: reads them in any case.
    /// - Returns: whether they were read.
    /// - Throws: `.certificates`; what was read before stays in use.
    public func reload(isForced: Bool = false) throws(TransportError) -> Bool {
        let stamps = try FileStamp.all([caFile, certificateFile, keyFile])
        let isSame = state.withLock { state in
            defer { state.stamps = stamps }
            return state.stamps == stamps
        }
        guard isForced || !isSame else { return false }
        let material = try TLSMaterial(caFile, certificateFile, keyFile)
        state.withLock { $0.material = material }
        return true
    }

    /// This side's own certificate, in words: the hosts that it names, and when it expires.
    public var certificate: CertificateSummary { material.summary }

    var material: TLSMaterial { state.withLock { $0.material } }

    // MARK: Connections

    /// For a connection that this side has dialed.
    func dialing(_ host: String) throws(TransportError) -> TLSSession {
        // An address is compared with the certificate's addresses, a name with its names (RFC 9525 §6).
        let isNumeric = (try? SocketAddress(ipAddress: host, port: 0)) != nil
        do {
            let handler = try NIOSSLClientHandler(context: material.client, serverHostname: isNumeric ? nil : host)
            return TLSSession(handler: handler, dialed: host, caFile: caFile)
        } catch {
            throw TransportError(.invalidAddress, "\"\(host)\" cannot be the name of a host in a certificate: \(error)")
        }
    }

    /// For a connection that another node or a client has dialed.
    func accepting() -> TLSSession {
        TLSSession(handler: NIOSSLServerHandler(context: material.server), dialed: nil, caFile: caFile)
    }
}

/// What a certificate says, for people.
public struct CertificateSummary: Hashable, Sendable {
    /// Host names and addresses; none for a client's certificate.
    public var hosts: [String]
    /// Seconds since 1970.
    public var notValidBefore: Int64
    public var notValidAfter: Int64
    private var names: CertificateNames

    init(_ certificate: NIOSSLCertificate) {
        names = CertificateNames(certificate)
        hosts = names.texts
        notValidBefore = Int64(certificate.notValidBefore)
        notValidAfter = Int64(certificate.notValidAfter)
    }

    /// Whether the certificate is one for a node at `host`, a name or an address.
    public func names(host: String) -> Bool { names.contains(host) }
}
