internal import Foundation
internal import SwiftASN1
internal import X509

/// A host as a certificate names it.
enum HostName {
    /// - Throws: for text that is neither an IP address nor a name of DNS (RFC 1123 §2.1), with an optional `*.` before it.
    static func general(_ host: String) throws(CertificateError) -> GeneralName {
        if let bytes = address(host) { return .ipAddress(ASN1OctetString(contentBytes: bytes[...])) }
        let name = host.hasPrefix("*.") ? host.dropFirst(2) : host[...]
        let labels = name.split(separator: ".", omittingEmptySubsequences: false)
        let isName = name.utf8.count <= 253 && labels.allSatisfy { label in
            (1...63).contains(label.utf8.count) && label.first != "-" && label.last != "-"
                && label.utf8.allSatisfy { byte in
                    byte == UInt8(ascii: "-") || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
                        || (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20)
                }
        }
        guard isName else {
            let hint = host.contains(":") ? "; a port or brackets are no part of it" : ""
            throw CertificateError("“\(host.prefix(300))” is neither the name of a host nor an IP address\(hint)")
        }
        return .dnsName(host.lowercased())
    }

    private static func address(_ host: String) -> [UInt8]? {
        for (family, count) in [(AF_INET, 4), (AF_INET6, 16)] {
            var bytes = [UInt8](repeating: 0, count: count)
            if inet_pton(family, host, &bytes) == 1 { return bytes }
        }
        return nil
    }
}
