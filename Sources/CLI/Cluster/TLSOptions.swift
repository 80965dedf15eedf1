import ArgumentParser
import Foundation
import Node

/// With which certificate a command meets a cluster that serves with TLS.
struct TLSOptions: ParsableArguments {
    @Option(help: ArgumentHelp("The cluster's CA, in PEM. Else HOLDFAST_TLS_CA.", valueName: "file"))
    var tlsCa: String?

    @Option(help: ArgumentHelp("This side's certificate, in PEM. Else HOLDFAST_TLS_CERTIFICATE.", valueName: "file"))
    var tlsCertificate: String?

    @Option(help: ArgumentHelp("The key of the certificate, in PEM. Else HOLDFAST_TLS_KEY.", valueName: "file"))
    var tlsKey: String?

    /// Nil: without TLS.
    func files(environment: [String: String] = ProcessInfo.processInfo.environment) throws(CommandFailure) -> TLSFiles? {
        func value(_ option: String?, _ name: String) -> String? { option ?? environment[name].flatMap { $0.isEmpty ? nil : $0 } }
        return try TLSFiles(
            value(tlsCa, "HOLDFAST_TLS_CA"), value(tlsCertificate, "HOLDFAST_TLS_CERTIFICATE"), value(tlsKey, "HOLDFAST_TLS_KEY"))
    }
}

extension TLSFiles {
    /// All three files, or none.
    init?(_ ca: String?, _ certificate: String?, _ key: String?) throws(CommandFailure) {
        let named = [("--tls-ca", ca), ("--tls-certificate", certificate), ("--tls-key", key)]
        let missing = named.filter { $0.1 == nil }.map(\.0)
        guard missing.count < named.count else { return nil }
        guard let ca, let certificate, let key else {
            throw .usage(
                "TLS needs --tls-ca, --tls-certificate and --tls-key; \(missing.joined(separator: " and ")) \(missing.count == 1 ? "is" : "are") missing")
        }
        self.init(ca: ca, certificate: certificate, key: key)
    }
}
