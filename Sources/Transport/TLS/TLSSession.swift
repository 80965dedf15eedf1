internal import NIOSSL

#if canImport(Darwin)
internal import Darwin
#elseif canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#endif

/// The TLS of one connection: its handler, and the words for what goes wrong with it.
struct TLSSession {
    let handler: NIOSSLHandler
    /// The host that this side dialed; nil if the other side dialed.
    let dialed: String?
    let caFile: String

    private var isDialing: Bool { dialed != nil }
    private var other: String { isDialing ? "the node" : "the other side" }

    /// The other side's certificate. Nil before the handshake.
    var peer: CertificateSummary? { handler.peerCertificate.map { CertificateSummary($0) } }

    /// What an error of the handler means; nil if it says no more than that the connection has ended.
    func explain(_ error: any Error) -> TransportError? {
        if let error = error as? NIOSSLExtraError, error == .failedToValidateHostname {
            return .untrusted(
                "the certificate there names \((peer?.hosts ?? []).listedHosts), and not \(dialed ?? "this host"): dial the node by a "
                    + "name that its certificate has, or make it one with `holdfast certificates node --host \(dialed ?? "HOST")`")
        }
        let reasons: [BoringSSLInternalError]
        switch error {
        case NIOSSLError.handshakeFailed(.sslError(let stack)), BoringSSLError.sslError(let stack): reasons = stack
        case NIOSSLError.handshakeFailed(let error): return .untrusted("the TLS handshake failed: \(error)")
        default: return nil
        }
        if reasons.contains(.eofDuringHandshake) {
            // Who dialed learns something from it; a port that is only tried out by somebody is no news.
            return isDialing ? .untrusted("the node closed the connection during the TLS handshake; does it serve with TLS?") : nil
        }
        let text = reasons.map(\.description).joined(separator: "; ")
        return .untrusted(own(text) ?? told(text) ?? "the TLS handshake failed: \(text)")
    }

    /// What this side found wrong.
    private func own(_ text: String) -> String? {
        if text.contains("CERTIFICATE_VERIFY_FAILED") { return "\(other)'s certificate is not accepted: \(verdict)" }
        if text.contains("PEER_DID_NOT_RETURN_A_CERTIFICATE") {
            return "the other side has no certificate: whoever connects needs one of this cluster's CA, as `holdfast certificates client` makes"
        }
        if ["WRONG_VERSION_NUMBER", "HTTP_REQUEST", "HTTPS_PROXY_REQUEST", "UNEXPECTED_MESSAGE", "UNEXPECTED_RECORD"].contains(
            where: { text.contains("OPENSSL_internal:" + $0) })
        {
            return "\(other) does not speak TLS, and this side does: both or none must be started with certificates"
        }
        return nil
    }

    /// What the other side said in an alert (RFC 8446 §6.2).
    private func told(_ text: String) -> String? {
        let reason: String
        if text.contains("CERTIFICATE_REQUIRED") {
            return "\(other) asks for a certificate: name one of the cluster's CA, as `holdfast certificates client` makes"
        } else if text.contains("ALERT_CERTIFICATE_EXPIRED") {
            reason = "it has expired, or is not valid yet, by the clock there; make a new one with `holdfast certificates`"
        } else if text.contains("ALERT_UNKNOWN_CA") {
            reason = "it is not of the CA that is trusted there"
        } else if ["BAD_CERTIFICATE", "UNSUPPORTED_CERTIFICATE", "CERTIFICATE_UNKNOWN", "DECRYPT_ERROR", "ACCESS_DENIED"].contains(
            where: { text.contains("ALERT_" + $0) })
        {
            reason = "it is not of the CA that is trusted there, not valid yet, or not for this use"
        } else {
            return nil
        }
        return "\(other) does not accept this side's certificate: \(reason)"
    }

    /// Why the other side's certificate does not do, as far as it can be seen from the certificate.
    private var verdict: String {
        guard let peer else { return "it is not of the CA in \(caFile)" }
        let now = Int64(time(nil))
        if now > peer.notValidAfter {
            return "it expired on \(Self.date(peer.notValidAfter)); a new one, from `holdfast certificates`, is used without a restart"
        }
        if now < peer.notValidBefore {
            return "it is valid from \(Self.date(peer.notValidBefore)) on; is a clock wrong?"
        }
        return "it is not of the CA in \(caFile), or not for this use"
    }

    /// ISO 8601, to the second.
    static func date(_ seconds: Int64) -> String {
        var (time, parts) = (time_t(seconds), tm())
        gmtime_r(&time, &parts)
        func two(_ number: Int32) -> String { number < 10 ? "0\(number)" : "\(number)" }
        return "\(1900 + parts.tm_year)-\(two(parts.tm_mon + 1))-\(two(parts.tm_mday))T\(two(parts.tm_hour)):\(two(parts.tm_min)):\(two(parts.tm_sec))Z"
    }
}

@available(*, unavailable) extension TLSSession: Sendable {}

/// Bytes of TLS on a connection that has none.
enum TLSRecord {
    /// Whether `first`, the first bytes of a connection, begin a TLS handshake or alert (RFC 8446 §5.1) and no frame of this protocol.
    static func begins(_ first: some Collection<UInt8>) -> Bool {
        var bytes = first.makeIterator()
        guard let type = bytes.next(), type == 0x15 || type == 0x16, bytes.next() == 3, let minor = bytes.next() else { return false }
        return (1...4).contains(minor)
    }
}
