import NIOCore
import Primitives
import Testing

@testable import Transport

/// Clients and strangers at a node, over real sockets.
@Suite(.timeLimit(.minutes(1))) struct ClientTests {
    @Test("Frames go both ways between a client and a node, until the client closes")
    func bothWays() async throws {
        try await Network.run { network in
            let node = try await network.node(1)
            let client = network.client(to: node.address)
            try await client.until { client.welcome != nil }
            #expect(client.welcome?.identity == node.transport.identity)
            client.say([1])
            client.say([2])
            try await node.until { node.events == [.client, .clientFrame([1]), .clientFrame([2])] }
            let id = try #require(node.clients.first)
            #expect(node.send([3], toClient: id) && node.send([4], toClient: id))
            node.flush()
            try await client.until { client.frames == [[3], [4]] }
            client.connection.close()
            try await client.until { client.end != nil }
            #expect(client.end?.code == .closed)
            try await node.until { node.events.last == .clientGone }
            #expect(!node.send([5], toClient: id))
            #expect(network.log.warnings == [])
        }
    }

    @Test("A node can let a client go; what was queued for it arrives first")
    func disconnected() async throws {
        try await Network.run { network in
            let node = try await network.node(1)
            let client = network.client(to: node.address)
            try await node.until { !node.clients.isEmpty }
            #expect(node.send([1], toClient: node.clients[0]))
            node.disconnect(node.clients[0])
            try await client.until { client.end != nil }
            #expect(client.frames == [[1]])
            #expect(client.end?.code == .lost)
            #expect(client.ends == 1)
        }
    }

    @Test("The delegate is told in the order in which things happened, never from within its own call")
    func order() async throws {
        try await Network.run { network in
            let node = try await network.node(1)
            let other = network.client(to: node.address)
            try await other.until { other.welcome != nil }
            let client = network.client(to: node.address)
            try await client.until { client.welcome != nil }
            node.onFrame = { node.disconnect(node.clients[0]) }
            #expect(client.connection.send([1]))
            client.say([2])
            try await node.until { node.events.last == .clientFrame([2]) }
            #expect(node.events == [.client, .client, .clientFrame([1]), .clientGone, .clientFrame([2])])
        }
    }

    @Test("A joining node is let in as such")
    func joiner() async throws {
        try await Network.run { network in
            let node = try await network.node(1)
            var roles: [Hello.Role] = []
            node.refuse = {
                roles.append($0.role)
                return nil
            }
            let blank = Identity(cluster: nil, node: nil, file: UniqueID(high: 4, low: 4), starts: StartHistory(count: 1), address: "h:1")
            let client = network.client(to: node.address, hello: Hello(role: .joiner, identity: blank))
            try await client.until { client.welcome != nil }
            #expect(roles == [.joiner])
        }
    }

    @Test("A client of another cluster is refused, and so is one too many; the reason reaches it")
    func refused() async throws {
        try await Network.run { network in
            var settings = Network.settings
            settings.connectionsMax = 1
            let node = try await network.node(1, settings: settings)
            let stranger = network.client(
                to: node.address, hello: Hello(role: .client, identity: .client(of: UniqueID(high: 8, low: 8))))
            try await stranger.until { stranger.end != nil }
            #expect(stranger.end?.rejection?.code == .otherCluster)
            let first = network.client(to: node.address)
            try await first.until { first.welcome != nil }
            let second = network.client(to: node.address)
            try await second.until { second.end != nil }
            #expect(second.end?.rejection?.code == .overloaded)
            #expect(second.welcome == nil)
            first.say([1])
            try await node.until { node.events.last == .clientFrame([1]) }
            #expect(network.log.warnings.count == 2)
        }
    }

    @Test("Nothing is read from clients while they are paused, old ones and new; then everything arrives")
    func paused() async throws {
        try await Network.run { network in
            let node = try await network.node(1)
            let old = network.client(to: node.address)
            try await old.until { old.welcome != nil }
            node.transport.pauseClients()
            old.say([1])
            let new = network.client(to: node.address)
            try await new.until { new.welcome != nil }
            new.say([2])
            // A frame between nodes takes longer than the clients' would.
            let two = try await network.node(2)
            two.setPeers([node.peer])
            try await two.until { two.events.last == .up(1, start: 1, .outbound) }
            #expect(two.send([7], to: 1))
            two.flush()
            try await node.until { node.events.last == .frame([7], from: 2, bulk: false) }
            #expect(!node.events.contains(.clientFrame([1])) && !node.events.contains(.clientFrame([2])))
            node.transport.resumeClients()
            try await node.until {
                node.events.contains(.clientFrame([1])) && node.events.contains(.clientFrame([2]))
            }
        }
    }

    @Test("A client that does not read its answers is not read from, and disconnected when its queue is full")
    func slowClient() async throws {
        try await Network.run { network in
            var settings = Network.settings
            settings.frameBytesMax = 64 << 10
            settings.clientFrameBytesMax = 64 << 10
            settings.clientQueueBytesHigh = 64 << 10
            settings.clientQueueBytesMax = 1 << 20
            let node = try await network.node(1, settings: settings)
            let raw = try await network.raw(to: node.address)
            raw.write(stream([HandshakeMessage.hello(Hello(role: .client, identity: .client())).encoded()]))
            try await node.until { !node.clients.isEmpty }
            raw.setReading(false)
            let answer = [UInt8](repeating: 1, count: 64 << 10)
            var sent = 0
            while node.send(answer, toClient: node.clients[0]) {
                sent += 1
                node.flush()
                try #require(sent < 1_000)
            }
            #expect(sent >= 15)
            raw.write(stream([[9]]))
            try await node.until { node.events.last == .clientGone }
            #expect(!node.events.contains(.clientFrame([9])))
            #expect(node.transport.statistics.slowClients == 1)
            #expect(network.log.warnings.count == 1)
        }
    }

    @Test("A client's own queue is bounded as well, and it hears when to go on")
    func slowNode() async throws {
        try await Network.run { network in
            var settings = Network.settings
            settings.frameBytesMax = 64 << 10
            settings.clientFrameBytesMax = 64 << 10
            settings.clientQueueBytesMax = 1 << 20
            let node = try await network.node(1)
            node.transport.pauseClients()
            let client = network.client(to: node.address, settings: settings)
            try await client.until { client.welcome != nil }
            let request = [UInt8](repeating: 1, count: 64 << 10)
            var sent = 0
            while client.connection.send(request) {
                sent += 1
                client.connection.flush()
                try #require(sent < 1_000)
            }
            node.transport.resumeClients()
            try await client.until { client.isWritable }
            #expect(client.connection.send(request))
            client.connection.flush()
            try await node.until { node.events.count == sent + 2 }
        }
    }

    // MARK: - Strangers

    @Test(
        "Garbage closes the connection with one line in the log, and the node goes on",
        arguments: [
            Array("GET / HTTP/1.1\r\nHost: x\r\n\r\n".utf8), [UInt8](repeating: 0, count: 100),
            [UInt8](repeating: 0xFF, count: 100_000), [5, 0, 0, 0, 0x4C, 0xBB, 0x71, 0x9A, 0x68, 0x65, 0x6C, 0x6C, 0x6F],
        ])
    func garbage(bytes: [UInt8]) async throws {
        try await Network.run { network in
            let node = try await network.node(1)
            let raw = try await network.raw(to: node.address)
            raw.write(ByteBuffer(bytes: bytes))
            try await raw.until { raw.isClosed }
            #expect(network.log.warnings.count == 1)
            #expect(node.transport.statistics.violations == 1)
            #expect(node.events == [])
            let client = network.client(to: node.address)
            try await client.until { client.welcome != nil }
        }
    }

    @Test("A client's frame over its limit, or damaged, ends its connection and no other")
    func badFrames() async throws {
        try await Network.run { network in
            let node = try await network.node(1)
            let good = network.client(to: node.address)
            try await good.until { good.welcome != nil }
            var damaged = stream([[1, 2, 3]])
            damaged.setInteger(UInt8(9), at: 9)
            let oversized = ByteBuffer(integer: UInt64(node.transport.settings.clientFrameBytesMax + 1), endianness: .little)
            for bad in [damaged, oversized] {
                let raw = try await network.raw(to: node.address)
                raw.write(stream([HandshakeMessage.hello(Hello(role: .client, identity: .client())).encoded()]))
                raw.write(bad)
                try await raw.until { raw.isClosed }
            }
            try await node.until { node.events.count == 5 }
            #expect(node.transport.statistics.violations == 2)
            good.say([4])
            try await node.until { node.events.last == .clientFrame([4]) }
        }
    }

    @Test("A protocol version that this node does not speak is refused with both ranges")
    func version() async throws {
        try await Network.run { network in
            let node = try await network.node(1)
            let raw = try await network.raw(to: node.address)
            raw.write(hello(.peerMain, node: 2, start: 1, versions: 7...9))
            try await raw.until { raw.isClosed }
            guard case .rejection(let rejection)? = try raw.messages().first else {
                Issue.record("no rejection")
                return
            }
            #expect(rejection.code == .version)
            #expect(rejection.message.contains("7 to 9"))
            #expect(network.log.warnings.count == 1)
        }
    }

    @Test("Who says nothing is let go when the time for the handshake is up")
    func silent() async throws {
        try await Network.run { network in
            var settings = Network.settings
            settings.handshakeTimeout = .milliseconds(20)
            let node = try await network.node(1, settings: settings)
            let raw = try await network.raw(to: node.address)
            try await raw.until { raw.isClosed }
            #expect(node.transport.statistics.timeouts == 1)
        }
    }

    // MARK: - Errors of the one who dials or listens

    @Test("A port that is in use is said to be, with the address and what to do")
    func portInUse() async throws {
        try await Network.run { network in
            let node = try await network.node(1)
            let error = await network.refusalToListen(on: node.address, node)
            #expect(error?.code == .portInUse)
            #expect(error?.message.contains(node.address.description) == true)
        }
    }

    @Test("An address of another machine cannot be listened on")
    func foreignAddress() async throws {
        try await Network.run { network in
            let node = try await network.node(1)
            let error = await network.refusalToListen(on: NetworkAddress(host: "192.0.2.1", port: 7_400), node)
            #expect(error?.code == .addressUnavailable)
        }
    }

    @Test("Nobody there, somebody else there, and somebody silent there are told apart")
    func wrongNumbers() async throws {
        try await Network.run { network in
            let gone = try await network.node(1)
            try await gone.transport.close().get()
            let nobody = network.client(to: gone.address)
            try await nobody.until { nobody.end != nil }
            #expect(nobody.end?.code == .cannotConnect)
            #expect(nobody.end?.message.contains("nothing listens") == true)
            #expect(nobody.ends == 1)

            let web = try await network.listener { $0.greeting = Array("HTTP/1.1 400 Bad Request\r\n\r\n".utf8) }
            let stranger = network.client(to: web)
            try await stranger.until { stranger.end != nil }
            #expect(stranger.end?.code == .protocolViolation)

            var settings = Network.settings
            settings.handshakeTimeout = .milliseconds(20)
            let mute = try await network.listener { _ in }
            let waiting = network.client(to: mute, settings: settings)
            try await waiting.until { waiting.end != nil }
            #expect(waiting.end?.code == .timedOut)
        }
    }

    @Test("A host may be a name, of which several addresses may be known")
    func hostName() async throws {
        try await Network.run { network in
            let node = try await network.node(1)
            let client = network.client(to: NetworkAddress(host: "localhost", port: node.address.port))
            try await client.until { client.welcome != nil }
            client.say([1])
            try await node.until { node.events == [.client, .clientFrame([1])] }
        }
    }

    @Test("A client closed before it was open ends once, as closed")
    func closedEarly() async throws {
        try await Network.run { network in
            let node = try await network.node(1)
            let client = network.client(to: node.address)
            client.connection.close()
            try await client.until { client.end != nil }
            #expect(client.end?.code == .closed)
            #expect(!client.connection.send([1]))
            let other = network.client(to: node.address)
            try await other.until { other.welcome != nil }
            #expect(client.ends == 1)
            #expect(client.welcome == nil)
        }
    }
}
