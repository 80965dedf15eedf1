import Certificates
import Foundation

/// A folder of certificates and keys, `NAME.pem` and `NAME.key`, with the authority's among them.
struct CertificateFolder {
    var path: String

    private static let authority = "ca"
    /// A certificate that is used by a machine whose clock is a little behind.
    private static let skewSeconds = 3_600.0

    struct Made: Encodable, Hashable {
        var certificate: String
        var key: String
        var notValidAfter: String

        func report(_ output: OutputOptions) {
            if output.json {
                StandardOutput.json(self)
            } else {
                StandardOutput.line("\(certificate), valid until \(notValidAfter); its key: \(key)")
            }
        }
    }

    func makeAuthority(name: String, days: Int, replacing isReplaced: Bool) throws(CommandFailure) -> Made {
        try checkAbsent(Self.authority, isReplaced)
        let validity = try validity(days)
        let issued: CertificateAuthority.Issued
        do throws(CertificateError) {
            issued = try CertificateAuthority.make(name: name, validity: validity)
        } catch {
            throw .usage(error.message)
        }
        return try write(Self.authority, issued, validity)
    }

    func issue(
        _ name: String, _ use: CertificateAuthority.Use, days: Int, replacing isReplaced: Bool
    ) throws(CommandFailure) -> Made {
        guard !name.isEmpty, name != Self.authority, name.utf8.count <= 64, !name.contains("/"), !name.hasPrefix(".") else {
            throw .usage("“\(name)” cannot be the name of the files: 1 to 64 bytes, not “ca”, no slash, no dot at the beginning")
        }
        try checkAbsent(name, isReplaced)
        let validity = try validity(days)
        let certificate = try read(file(Self.authority, "pem"))
        let key = try read(file(Self.authority, "key"))
        let issued: CertificateAuthority.Issued
        do throws(CertificateError) {
            let authority = try CertificateAuthority(certificatePEM: certificate, keyPEM: key)
            issued = try authority.issue(name: name, use: use, validity: validity)
        } catch {
            throw .usage("no certificate can be made with the CA in \(path): \(error.message)")
        }
        return try write(name, issued, validity)
    }

    // MARK: Files

    private func file(_ name: String, _ kind: String) -> String { "\(path)/\(name).\(kind)" }

    private func validity(_ days: Int) throws(CommandFailure) -> ClosedRange<Date> {
        guard (1...36_500).contains(days) else { throw .usage("--days is \(days); it must be from 1 to 36500") }
        let now = Date()
        return now.addingTimeInterval(-Self.skewSeconds)...now.addingTimeInterval(Double(days) * 86_400)
    }

    private func checkAbsent(_ name: String, _ isReplaced: Bool) throws(CommandFailure) {
        for file in [file(name, "pem"), file(name, "key")] where !isReplaced && FileManager.default.fileExists(atPath: file) {
            throw .usage("\(file) is there already; --replace makes a new one in its place")
        }
    }

    private func read(_ file: String) throws(CommandFailure) -> String {
        guard let bytes = FileManager.default.contents(atPath: file) else {
            throw .noSuchThing("\(file) cannot be read; `holdfast certificates ca --directory \(path)` makes a CA")
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    private func write(
        _ name: String, _ issued: CertificateAuthority.Issued, _ validity: ClosedRange<Date>
    ) throws(CommandFailure) -> Made {
        do {
            try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        } catch {
            throw CommandFailure(.journal, "disk", "the folder \(path) cannot be made: \(error.localizedDescription)")
        }
        // The key first: a node that reads in between still has a certificate and a key that do not fit, and keeps the old ones.
        try SecretFile.write(issued.keyPEM, to: file(name, "key"), mode: 0o600)
        try SecretFile.write(issued.certificatePEM, to: file(name, "pem"), mode: 0o644)
        return Made(
            certificate: file(name, "pem"), key: file(name, "key"), notValidAfter: validity.upperBound.formatted(.iso8601))
    }
}
