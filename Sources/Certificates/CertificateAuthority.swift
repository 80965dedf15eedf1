internal import Crypto
public import Foundation
internal import SwiftASN1
internal import X509

/// A certificate authority for one cluster, as its operator keeps it in two files: it makes certificates for nodes and clients.
///
/// Keys are of P-256, signatures are ECDSA with SHA-256 (RFC 5480, RFC 5758). There is no revocation: what should no longer be believed
/// is left to expire, or the CA is replaced.
public struct CertificateAuthority: Sendable {
    private let certificate: Certificate
    private let key: Certificate.PrivateKey

    /// What is written to files.
    public struct Issued: Hashable, Sendable {
        public var certificatePEM: String
        public var keyPEM: String
    }

    public enum Use: Hashable, Sendable {
        /// For both sides of a connection, at these hosts: names or addresses.
        case node(hosts: [String])
        /// For the side that connects, and for no host.
        case client
    }

    /// A new authority, which signs itself.
    ///
    /// - Parameter validity: a certificate that it issues later is valid no longer than the authority.
    public static func make(name: String, validity: ClosedRange<Date>) throws(CertificateError) -> Issued {
        try CertificateError.wrap("the CA's certificate cannot be made") {
            let key = Certificate.PrivateKey(P256.Signing.PrivateKey())
            let subject = try Self.subject(name)
            let certificate = try Certificate(
                version: .v3, serialNumber: Certificate.SerialNumber(), publicKey: key.publicKey,
                notValidBefore: validity.lowerBound, notValidAfter: validity.upperBound, issuer: subject, subject: subject,
                signatureAlgorithm: .ecdsaWithSHA256,
                extensions: try Certificate.Extensions {
                    Critical(BasicConstraints.isCertificateAuthority(maxPathLength: 0))
                    Critical(KeyUsage(keyCertSign: true, cRLSign: true))
                    SubjectKeyIdentifier(hash: key.publicKey)
                }, issuerPrivateKey: key)
            return try Issued(certificate, key)
        }
    }

    /// - Throws: for what is no certificate of an authority with its key, in PEM.
    public init(certificatePEM: String, keyPEM: String) throws(CertificateError) {
        certificate = try CertificateError.wrap("it is no certificate in PEM") { try Certificate(pemEncoded: certificatePEM) }
        key = try CertificateError.wrap("it is no private key in PEM") { try Certificate.PrivateKey(pemEncoded: keyPEM) }
        guard key.publicKey == certificate.publicKey else {
            throw CertificateError("the key does not belong to the certificate")
        }
        guard let constraints = try? certificate.extensions.basicConstraints, case .isCertificateAuthority = constraints else {
            throw CertificateError("the certificate is none of a CA")
        }
    }

    /// - Throws: for a host that is neither a name nor an address, or none at all for a node; for a time outside the authority's own.
    public func issue(name: String, use: Use, validity: ClosedRange<Date>) throws(CertificateError) -> Issued {
        var names: [GeneralName] = []
        var usages: [ExtendedKeyUsage.Usage] = [.clientAuth]
        if case .node(let hosts) = use {
            guard !hosts.isEmpty else { throw CertificateError("a node's certificate names at least one host") }
            for host in hosts { names.append(try HostName.general(host)) }
            usages.insert(.serverAuth, at: 0)
        }
        guard validity.upperBound <= certificate.notValidAfter else {
            throw CertificateError("the CA itself expires earlier, on \(certificate.notValidAfter.formatted(.iso8601))")
        }
        let (hosts, purposes) = (names, usages)
        return try CertificateError.wrap("the certificate cannot be made") {
            let own = Certificate.PrivateKey(P256.Signing.PrivateKey())
            let certificate = try Certificate(
                version: .v3, serialNumber: Certificate.SerialNumber(), publicKey: own.publicKey,
                notValidBefore: validity.lowerBound, notValidAfter: validity.upperBound, issuer: certificate.subject,
                subject: try Self.subject(name), signatureAlgorithm: .ecdsaWithSHA256,
                extensions: try Certificate.Extensions {
                    Critical(BasicConstraints.notCertificateAuthority)
                    Critical(KeyUsage(digitalSignature: true))
                    try ExtendedKeyUsage(purposes)
                    SubjectKeyIdentifier(hash: own.publicKey)
                    AuthorityKeyIdentifier(keyIdentifier: SubjectKeyIdentifier(hash: key.publicKey).keyIdentifier)
                    if !hosts.isEmpty { SubjectAlternativeNames(hosts) }
                }, issuerPrivateKey: key)
            return try Issued(certificate, own)
        }
    }

    private static func subject(_ name: String) throws -> DistinguishedName {
        try DistinguishedName {
            OrganizationName("Holdfast")
            CommonName(name)
        }
    }
}

extension CertificateAuthority.Issued {
    fileprivate init(_ certificate: Certificate, _ key: Certificate.PrivateKey) throws {
        certificatePEM = try certificate.serializeAsPEM().pemString + "\n"
        keyPEM = try key.serializeAsPEM().pemString + "\n"
    }
}

/// What keeps a certificate from being made, in words.
public struct CertificateError: Error, Hashable, Sendable, CustomStringConvertible {
    public var message: String
    public var description: String { message }

    init(_ message: String) { self.message = message }

    static func wrap<Value>(_ what: String, _ body: () throws -> Value) throws(CertificateError) -> Value {
        do { return try body() } catch { throw CertificateError("\(what): \(error)") }
    }
}
