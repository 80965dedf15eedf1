import Certificates
import NIOCore
import NIOPosix
import NIOSSL
import Primitives
import Testing

@testable import Transport

/// Connections under TLS: who is let in, and what both sides say about those who are not.
@Suite struct TLSTests {
    let stage: CertificateStage
    init() throws { stage = try CertificateStage() }

    private func certified(_ security: TransportSecurity) -> TransportSettings { Network.settings(security) }

    @Test func `nodes and clients with certificates of one CA exchange frames`() async throws {
        try await Network.run { network in
            let settings = certified(try stage.make("node"))
            let (first, second) = (try await network.node(1, settings: settings), try await network.node(2, settings: settings))
            first.setPeers([second.peer])
            second.setPeers([first.peer])
            try await first.until { first.events.contains(.up(2, start: 1, .outbound)) && first.events.contains(.up(2, start: 1, .inbound)) }
            let large = [UInt8](repeating: 7, count: 5 << 20)
            #expect(first.send(large, to: 2) && first.send([1], to: 2))
            first.flush()
            try await second.until { second.events.contains(.frame([1], from: 1, bulk: false)) }
            #expect(second.events.contains(.frame(large, from: 1, bulk: false)))

            let client = network.client(to: first.address, settings: certified(try stage.make("client", .client)))
            try await client.until { client.welcome != nil }
            client.say([5])
            try await first.until { first.events.contains(.clientFrame([5])) }
            #expect(first.send([6], toClient: first.clients[0]))
            first.flush()
            try await client.until { client.frames == [[6]] }
            #expect(network.log.warnings == [])
        }
    }

    struct Case: CustomTestStringConvertible {
        var testDescription: String
        var name: String
        var use = CertificateAuthority.Use.client
        var time = CertificateStage.Time.now
        var isOther = false
        /// What the client learns, and what the node logs.
        var told: String
        var logged: String
    }

    @Test(arguments: [
        Case(testDescription: "expired", name: "a", time: .past, told: "has expired", logged: "it expired on 20"),
        Case(testDescription: "not valid yet", name: "b", time: .future, told: "not valid yet", logged: "it is valid from 20"),
        Case(testDescription: "of another CA", name: "c", isOther: true, told: "not of the CA", logged: "it is not of the CA in"),
    ])
    func `a client whose certificate will not do is refused, and both sides say why`(_ example: Case) async throws {
        try await Network.run { network in
            let node = try await network.node(1, settings: certified(try stage.make("node")))
            let security = try stage.make(example.name, example.use, at: example.time, ofOther: example.isOther)
            let client = network.client(to: node.address, settings: certified(security))
            try await client.until { client.end != nil }
            #expect(client.welcome == nil && client.end?.code == .untrusted)
            #expect(client.end?.message.contains(example.told) ?? false, "\(client.end as Any)")
            try await network.eventually { !network.log.warnings.isEmpty }
            #expect(network.log.warnings.contains { $0.contains(example.logged) }, "\(network.log.warnings)")
            try await serves(node, network)
        }
    }

    @Test(arguments: [
        Case(testDescription: "expired", name: "a", time: .past, told: "it expired on 20", logged: "has expired"),
        Case(testDescription: "of another CA", name: "b", isOther: true, told: "it is not of the CA in", logged: "not of the CA"),
        Case(
            testDescription: "of another host", name: "c", use: .node(hosts: ["db1.example.org", "10.1.2.3"]),
            told: "names db1.example.org, 10.1.2.3, and not 127.0.0.1", logged: "name the host that was dialed"),
        Case(testDescription: "a client's", name: "d", told: "not for this use", logged: "not for this use"),
    ])
    func `a node whose certificate will not do is not believed, and both sides say why`(_ example: Case) async throws {
        try await Network.run { network in
            let use: CertificateAuthority.Use =
                example.time == .now && !example.isOther ? example.use : .node(hosts: ["127.0.0.1"])
            let security = try stage.make(example.name, use, at: example.time, ofOther: example.isOther)
            let node = try await network.node(1, settings: certified(security))
            let client = network.client(to: node.address, settings: certified(try stage.make("client", .client)))
            try await client.until { client.end != nil }
            #expect(client.end?.code == .untrusted)
            #expect(client.end?.message.contains(example.told) ?? false, "\(client.end as Any)")
            try await network.eventually { node.transport.statistics.rejections > 0 }
            #expect(network.log.warnings.contains { $0.contains(example.logged) }, "\(network.log.warnings)")
        }
    }

    @Test func `a node dials on after a peer's certificate was refused, and logs it once`() async throws {
        try await Network.run { network in
            let first = try await network.node(1, settings: certified(try stage.make("node")))
            let second = try await network.node(2, settings: certified(try stage.make("expired", at: .past)))
            first.setPeers([second.peer])
            try await network.eventually { first.transport.statistics.dialsFailed >= 3 }
            #expect(network.log.warnings.count { $0.contains("cannot reach a node") && $0.contains("expired") } == 1)
        }
    }

    @Test func `one side with TLS and one without are told so`() async throws {
        try await Network.run { network in
            let secured = try await network.node(1, settings: certified(try stage.make("node")))
            let plain = network.client(to: secured.address)
            try await plain.until { plain.end != nil }
            #expect(plain.end?.message.contains("the node speaks TLS") ?? false, "\(plain.end as Any)")
            try await network.eventually { !network.log.warnings.isEmpty }
            #expect(network.log.warnings.contains { $0.contains("does not speak TLS") }, "\(network.log.warnings)")
            try await serves(secured, network)

            let open = try await network.node(2)
            let client = network.client(to: open.address, settings: certified(try stage.make("client", .client)))
            try await client.until { client.end != nil }
            #expect(client.end?.message.contains("does it serve with TLS?") ?? false, "\(client.end as Any)")
            #expect(network.log.warnings.contains { $0.contains("started without certificates") }, "\(network.log.warnings)")
        }
    }

    @Test func `who has no certificate is refused`() async throws {
        try await Network.run { network in
            let node = try await network.node(1, settings: certified(try stage.make("node")))
            var configuration = TLSConfiguration.makeClientConfiguration()
            configuration.trustRoots = .file(stage.file("ca.pem"))
            let context = try NIOSSLContext(configuration: configuration)
            let channel = try await ClientBootstrap(group: network.loop).channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(NIOSSLClientHandler(context: context, serverHostname: nil))
                }
            }.connect(host: "127.0.0.1", port: node.address.port).get()
            try await network.eventually { !network.log.warnings.isEmpty }
            #expect(network.log.warnings.contains { $0.contains("has no certificate") }, "\(network.log.warnings)")
            channel.close(promise: nil)
            try await serves(node, network)
        }
    }

    @Test func `a client's certificate is not enough to pass for a node, nor is one for another host`() async throws {
        for use in [CertificateAuthority.Use.client, .node(hosts: ["10.1.2.3"])] {
            try await Network.run { network in
                let node = try await network.node(1, settings: certified(try stage.make("node")))
                let identity = Identity(
                    cluster: Network.cluster, node: NodeID(2), file: UniqueID(high: 1, low: 2), starts: StartHistory(count: 1), address: "127.0.0.1:7")
                for role in [Hello.Role.peerMain, .peerBulk] {
                    let connection = Connection(
                        id: ConnectionID(rawValue: 1), machine: .dialing(Hello(role: role, identity: identity)), queueBytesMax: 1 << 20,
                        owner: Witness(identity), handshakeTimeout: .seconds(5), counters: Counters())
                    try await Sockets.dial(
                        node.address, on: network.loop, timeout: .seconds(2), try stage.make("intruder", use), connection
                    ).get()
                    try await network.eventually { node.transport.statistics.rejections == (role == .peerMain ? 1 : 2) }
                }
                #expect(!node.events.contains { if case .up = $0 { true } else { false } })
                #expect(network.log.warnings.allSatisfy { $0.contains("needs a certificate that names 127.0.0.1") }, "\(network.log.warnings)")
            }
        }
    }

    @Test func `certificates that were replaced are used for new connections, and those that stand go on`() async throws {
        try await Network.run { network in
            let security = try stage.make("node", .node(hosts: ["10.1.2.3", "127.0.0.1"]))
            let node = try await network.node(1, settings: certified(security))
            let before = network.client(to: node.address, settings: certified(try stage.make("client", .client)))
            try await before.until { before.welcome != nil }
            #expect(try !security.reload())

            _ = try stage.make("node", .node(hosts: ["10.1.2.3"]))
            #expect(try security.reload())
            #expect(security.certificate.hosts == ["10.1.2.3"])
            let after = network.client(to: node.address, settings: certified(try stage.security("client")))
            try await after.until { after.end != nil }
            #expect(after.end?.message.contains("names 10.1.2.3, and not") ?? false)
            before.say([1])
            try await node.until { node.events.contains(.clientFrame([1])) }
        }
    }

    @Test func `files that cannot be used are named, and what was read before stays`() throws {
        let security = try stage.make("node")
        try stage.write("nonsense", to: "bad.pem")
        let (ca, certificate, key) = (stage.file("ca.pem"), stage.file("node.pem"), stage.file("node.key"))
        _ = try stage.make("client", .client)
        for (files, word) in [
            ([stage.file("none"), certificate, key], "none cannot be read"), ([stage.file("bad.pem"), certificate, key], "bad.pem holds no certificate"),
            ([ca, stage.file("bad.pem"), key], "bad.pem holds no certificate"), ([ca, certificate, stage.file("bad.pem")], "bad.pem holds no private key"),
            ([ca, certificate, stage.file("client.key")], "does not belong to the certificate"),
        ] {
            #expect {
                try TransportSecurity(caFile: files[0], certificateFile: files[1], keyFile: files[2])
            } throws: {
                ($0 as? TransportError)?.code == .certificates && "\($0)".contains(word)
            }
        }
        try stage.write("nonsense", to: "node.pem")
        #expect(throws: TransportError.self) { try security.reload() }
        #expect(security.certificate.hosts == ["localhost", "127.0.0.1"])
        #expect(try !security.reload(), "the same nonsense is not told again")
    }

    @Test func `names are compared as RFC 9525 has it`() {
        let names = CertificateNames(names: ["db1.example.org", "*.nodes.example.org"], addresses: [[10, 1, 2, 3], [UInt8](repeating: 0, count: 15) + [1]])
        for host in ["db1.example.org", "DB1.example.org.", "a.nodes.example.org", "10.1.2.3", "::1"] { #expect(names.contains(host), "\(host)") }
        for host in ["db2.example.org", "nodes.example.org", ".nodes.example.org", "a.b.nodes.example.org", "10.1.2.4", "::2", "", "example.org"] {
            #expect(!names.contains(host), "\(host)")
        }
    }

    /// What was refused harmed nobody else.
    private func serves(_ node: TestNode, _ network: isolated Network) async throws {
        let client = network.client(to: node.address, settings: certified(try stage.make("honest", .client)))
        try await client.until { client.welcome != nil }
    }
}

/// Takes what comes.
private final class Witness: ConnectionOwner {
    let identity: Identity
    init(_ identity: Identity) { self.identity = identity }
    func admit(_ hello: Hello, on connection: Connection) -> Admission { .welcome }
    func accepted(_ hello: Hello, on connection: Connection) {}
    func opened(_ connection: Connection, _ welcome: Welcome) { Issue.record("an intruder was welcomed") }
    func received(_ frame: [UInt8], on connection: Connection) {}
    func readCompleted(on connection: Connection) {}
    func drained(_ connection: Connection) {}
    func closed(_ connection: Connection, _ error: TransportError) {}
}
