internal import NIOCore
internal import NIOSSL

#if canImport(Darwin)
internal import Darwin
#elseif canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#endif

/// The hosts that a certificate is for: its subject alternative names, the only ones that count (RFC 9525 §2).
struct CertificateNames: Hashable, Sendable {
    private var names: [String] = []
    private var addresses: [[UInt8]] = []

    init(names: [String], addresses: [[UInt8]]) {
        self.names = names
        self.addresses = addresses
    }

    init(_ certificate: NIOSSLCertificate) {
        for name in certificate._subjectAlternativeNames() {
            if name.nameType == .dnsName {
                names.append(String(decoding: name.contents, as: UTF8.self).lowercased())
            } else if name.nameType == .ipAddress {
                addresses.append(Array(name.contents))
            }
        }
    }

    func contains(_ host: String) -> Bool {
        if let address = Self.bytes(of: host) { return addresses.contains(address) }
        var host = host.lowercased()
        if host.last == "." { host.removeLast() }
        return names.contains { name in
            guard name.hasPrefix("*.") else { return name == host }
            // A star stands for the first label and no more (RFC 9525 §6.3).
            guard let dot = host.firstIndex(of: "."), dot != host.startIndex else { return false }
            return host[dot...] == name.dropFirst()
        }
    }

    /// For people.
    var texts: [String] { names + addresses.map(Self.text) }

    private static func bytes(of host: String) -> [UInt8]? {
        for (family, count) in [(AF_INET, 4), (AF_INET6, 16)] {
            var bytes = [UInt8](repeating: 0, count: count)
            if inet_pton(family, host, &bytes) == 1 { return bytes }
        }
        return nil
    }

    private static func text(_ address: [UInt8]) -> String {
        let packed = try? SocketAddress(packedIPAddress: ByteBuffer(bytes: address), port: 0)
        return packed?.ipAddress ?? "an address of \(address.count) bytes"
    }
}

extension [String] {
    /// `a, b and c` in an error about a certificate.
    var listedHosts: String { isEmpty ? "no host at all, as a client's does" : joined(separator: ", ") }
}
