import Certificates
import Foundation
import Testing

@testable import Transport

/// A folder with a CA and certificates of it, for as long as a test runs.
final class CertificateStage: Sendable {
    let folder: String
    private let authority: CertificateAuthority
    private let other: CertificateAuthority
    private static let day = 86_400.0

    init() throws {
        folder = FileManager.default.temporaryDirectory.appendingPathComponent("certificates-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        let validity = Date(timeIntervalSinceNow: -100 * Self.day)...Date(timeIntervalSinceNow: 100 * Self.day)
        let pair = try CertificateAuthority.make(name: "test", validity: validity)
        authority = try CertificateAuthority(certificatePEM: pair.certificatePEM, keyPEM: pair.keyPEM)
        let otherPair = try CertificateAuthority.make(name: "test", validity: validity)
        other = try CertificateAuthority(certificatePEM: otherPair.certificatePEM, keyPEM: otherPair.keyPEM)
        try write(pair, "ca")
    }

    deinit { try? FileManager.default.removeItem(atPath: folder) }

    enum Time { case now, past, future }

    /// Makes a certificate under `name`, in the place of one that may be there, and what a side with it is.
    func make(
        _ name: String, _ use: CertificateAuthority.Use = .node(hosts: ["127.0.0.1", "localhost"]), at time: Time = .now,
        ofOther isOther: Bool = false
    ) throws -> TransportSecurity {
        let days: ClosedRange<Double> =
            switch time {
            case .now: -1...10
            case .past: -10 ... -1
            case .future: 1...10
            }
        let validity = Date(timeIntervalSinceNow: days.lowerBound * Self.day)...Date(timeIntervalSinceNow: days.upperBound * Self.day)
        try write(try (isOther ? other : authority).issue(name: name, use: use, validity: validity), name)
        return try security(name)
    }

    func security(_ name: String) throws -> TransportSecurity {
        try TransportSecurity(caFile: file("ca.pem"), certificateFile: file("\(name).pem"), keyFile: file("\(name).key"))
    }

    func file(_ name: String) -> String { "\(folder)/\(name)" }

    func write(_ text: String, to name: String) throws { try text.write(toFile: file(name), atomically: true, encoding: .utf8) }

    private func write(_ issued: CertificateAuthority.Issued, _ name: String) throws {
        try write(issued.keyPEM, to: "\(name).key")
        try write(issued.certificatePEM, to: "\(name).pem")
    }
}
