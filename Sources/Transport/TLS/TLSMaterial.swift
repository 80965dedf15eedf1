internal import NIOCore
internal import NIOSSL

#if canImport(Darwin)
internal import Darwin
#elseif canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#endif

/// What the three files hold, made ready for connections.
struct TLSMaterial: Sendable {
    var client: NIOSSLContext
    var server: NIOSSLContext
    var http: NIOSSLContext
    var summary: CertificateSummary

    /// How long the end of a connection waits for the other side to say that it is the end as well.
    private static let shutdownMilliseconds: Int64 = 500

    init(_ caFile: String, _ certificateFile: String, _ keyFile: String) throws(TransportError) {
        let roots = try Self.certificates(caFile)
        let chain = try Self.certificates(certificateFile)
        let key: NIOSSLPrivateKey
        do { key = try NIOSSLPrivateKey(file: keyFile, format: .pem) } catch {
            throw .certificates("\(keyFile) holds no private key in PEM, or one under a passphrase, which nobody is there to type")
        }
        do {
            var client = TLSConfiguration.makeClientConfiguration()
            client.certificateVerification = .fullVerification
            Self.set(&client, roots, chain, key)
            self.client = try NIOSSLContext(configuration: client)

            var server = TLSConfiguration.makeServerConfiguration(
                certificateChain: chain.map { .certificate($0) }, privateKey: .privateKey(key))
            server.certificateVerification = .noHostnameVerification
            Self.set(&server, roots, chain, key)
            self.server = try NIOSSLContext(configuration: server)

            var http = TLSConfiguration.makeServerConfiguration(
                certificateChain: chain.map { .certificate($0) }, privateKey: .privateKey(key))
            http.minimumTLSVersion = .tlsv12
            http.applicationProtocols = ["http/1.1"]
            self.http = try NIOSSLContext(configuration: http)
        } catch {
            throw .certificates("the key in \(keyFile) does not belong to the certificate in \(certificateFile)")
        }
        summary = CertificateSummary(chain[0])
    }

    private static func set(
        _ configuration: inout TLSConfiguration, _ roots: [NIOSSLCertificate], _ chain: [NIOSSLCertificate],
        _ key: NIOSSLPrivateKey
    ) {
        configuration.minimumTLSVersion = .tlsv13
        configuration.trustRoots = .certificates(roots)
        configuration.certificateChain = chain.map { .certificate($0) }
        configuration.privateKey = .privateKey(key)
        configuration.shutdownTimeout = .milliseconds(shutdownMilliseconds)
    }

    /// One certificate or more, the first of them the side's own.
    private static func certificates(_ file: String) throws(TransportError) -> [NIOSSLCertificate] {
        do {
            let certificates = try NIOSSLCertificate.fromPEMFile(file)
            if !certificates.isEmpty { return certificates }
        } catch {}
        throw .certificates("\(file) holds no certificate in PEM; `holdfast certificates` makes one")
    }
}

/// What tells that a file has changed, without reading it.
struct FileStamp: Hashable, Sendable {
    private var seconds: Int
    private var nanoseconds: Int
    private var size: Int
    private var number: UInt64

    /// - Throws: `.certificates` for a file that is not there or may not be read.
    static func all(_ files: [String]) throws(TransportError) -> [FileStamp] {
        var stamps: [FileStamp] = []
        for file in files { stamps.append(try FileStamp(file)) }
        return stamps
    }

    private init(_ file: String) throws(TransportError) {
        var status = stat()
        guard stat(file, &status) == 0, access(file, R_OK) == 0 else {
            throw .certificates("\(file) cannot be read: \(String(cString: strerror(errno)))")
        }
        #if canImport(Darwin)
        let time = status.st_mtimespec
        #else
        let time = status.st_mtim
        #endif
        seconds = Int(time.tv_sec)
        nanoseconds = Int(time.tv_nsec)
        size = Int(status.st_size)
        number = UInt64(status.st_ino)
    }
}
