import NIOCore
import Primitives
import Testing

@testable import Transport

/// Streams between nodes, over real sockets.
@Suite(.timeLimit(.minutes(1))) struct PeerStreamTests {
    @Test("Two nodes dial each other, and the frames of each arrive at the other in order")
    func bothWays() async throws {
        try await Network.run { network in
            let (one, two) = try await pair(network)
            #expect(Set(one.events) == [.up(2, start: 1, .outbound), .up(2, start: 1, .inbound)])
            for byte in 0..<100 { #expect(one.send([UInt8(byte)], to: 2)) }
            #expect(two.send([200], to: 1))
            one.flush()
            two.flush()
            let frames = (0..<100).map { TestNode.Event.frame([UInt8($0)], from: 1, bulk: false) }
            try await two.until { two.events.suffix(100) == frames[...] }
            try await one.until { one.events.last == .frame([200], from: 2, bulk: false) }
        }
    }

    @Test("Nothing leaves before the flush, and the delegate hears of the end of a turn after its frames")
    func turns() async throws {
        try await Network.run { network in
            let (one, two) = try await pair(network)
            var turnsAtFrame = 0
            two.onFrame = { turnsAtFrame = two.turns }
            let before = one.transport.statistics.bytesSent
            #expect(one.send([1], to: 2))
            #expect(one.transport.statistics.bytesSent == before)
            one.flush()
            #expect(one.transport.statistics.bytesSent == before + 9)
            try await two.until { two.events.last == .frame([1], from: 1, bulk: false) }
            try await two.until { two.turns > turnsAtFrame }
        }
    }

    @Test("The largest frame passes, and a message on the main stream does not wait behind bulk")
    func bulk() async throws {
        try await Network.run { network in
            let (one, two) = try await pair(network)
            // The first bulk frame only dials.
            #expect(!one.send([1], to: 2, bulk: true))
            try await one.until { one.events.last == .writable(2, bulk: true) }
            let large = [UInt8](repeating: 7, count: 1 << 20)
            #expect(one.send(large, to: 2, bulk: true))
            #expect(one.send([42], to: 2))
            one.flush()
            try await two.until { two.events.last == .frame(large, from: 1, bulk: true) }
            let small = try #require(two.events.firstIndex(of: .frame([42], from: 1, bulk: false)))
            #expect(small < two.events.count - 1)
        }
    }

    @Test("A stream whose receiver does not read refuses frames at its bound, and says when to go on")
    func backPressure() async throws {
        try await Network.run { network in
            var settings = Network.settings
            settings.frameBytesMax = 64 << 10
            settings.clientFrameBytesMax = 64 << 10
            settings.bulkQueueBytesMax = 1 << 20
            let one = try await network.node(1, settings: settings)
            let listener = try await HandMadeNode(2, network)
            one.setPeers([Peer(node: NodeID(2), address: listener.address)])
            try await one.until { one.events.last == .up(2, start: 1, .outbound) }
            #expect(!one.send([1], to: 2, bulk: true))
            try await one.until { one.events.last == .writable(2, bulk: true) }
            for raw in listener.accepted { raw.setReading(false) }

            let frame = [UInt8](repeating: 1, count: 64 << 10)
            var sent = 0
            while one.send(frame, to: 2, bulk: true) {
                sent += 1
                one.flush()
                try #require(sent < 1_000)
            }
            // The bound, and what the sockets of both sides took.
            #expect(sent >= 15)
            #expect(one.transport.statistics.refusedFull == 1)
            // The main stream is not full.
            #expect(one.send([1], to: 2))
            one.events = []
            for raw in listener.accepted { raw.setReading(true) }
            try await one.until { one.events == [.writable(2, bulk: true)] }
            let goesOn = one.send(frame, to: 2, bulk: true)
            #expect(goesOn)
        }
    }

    @Test("A node that goes away is told once, and once more when it is back under a higher start counter")
    func restart() async throws {
        try await Network.run { network in
            let (one, two) = try await pair(network)
            let port = two.address.port
            one.events = []
            try await two.transport.close().get()
            try await one.until { !one.events.isEmpty }
            #expect(one.events == [.down(2)])
            #expect(!one.send([1], to: 2))

            let again = try await network.node(2, start: 2, port: port)
            again.setPeers([one.peer, again.peer])
            try await one.until { one.events.count >= 3 }
            #expect(one.events.first == .down(2))
            #expect(Set(one.events[1...]) == [.up(2, start: 2, .outbound), .up(2, start: 2, .inbound)])
            #expect(one.send([1], to: 2))
            one.flush()
            try await again.until { again.events.last == .frame([1], from: 1, bulk: false) }
        }
    }

    @Test("A node that is not there yet is dialed until it is")
    func late() async throws {
        try await Network.run { network in
            let one = try await network.node(1)
            let gone = try await network.node(2)
            try await gone.transport.close().get()
            one.setPeers([gone.peer])
            while one.transport.statistics.dialsFailed < 3, !Task.isCancelled { await Task.yield() }
            #expect(one.events == [])
            let two = try await network.node(2, port: gone.address.port)
            try await two.until { two.events == [.up(1, start: 1, .inbound)] }
            // Many attempts, one line.
            #expect(network.log.warnings == [])
        }
    }

    @Test("A new connection of the same process takes the place of the old one, which is not a loss")
    func replaced() async throws {
        try await Network.run { network in
            let one = try await network.node(1)
            let first = try await arrive(at: one, node: 5, start: 3, network)
            let second = try await arrive(at: one, node: 5, start: 3, network)
            try await first.until { first.isClosed }
            second.write(stream([[9]]))
            try await one.until { one.events.last == .frame([9], from: 5, bulk: false) }
            #expect(!one.events.contains(.down(5)))
            second.close()
            try await one.until { one.events.last == .down(5) }
        }
    }

    @Test("A newer start takes the place of an older one, whose loss is told first; an older one is refused")
    func starts() async throws {
        try await Network.run { network in
            let one = try await network.node(1)
            let old = try await arrive(at: one, node: 5, start: 3, network)
            let new = try await arrive(at: one, node: 5, start: 4, network)
            try await old.until { old.isClosed }
            #expect(one.events == [.up(5, start: 3, .inbound), .down(5), .up(5, start: 4, .inbound)])

            let stale = try await network.raw(to: one.address)
            stale.write(hello(.peerMain, node: 5, start: 3))
            try await stale.until { stale.isClosed }
            guard case .rejection(let rejection)? = try stale.messages().first else {
                Issue.record("no rejection")
                return
            }
            #expect(rejection.code == .staleStart)
            #expect(!new.isClosed)
        }
    }

    @Test("What the old process of a node still says is not heard once its new one was reached")
    func oldWords() async throws {
        try await Network.run { network in
            let one = try await network.node(1)
            let old = try await arrive(at: one, node: 2, start: 3, network)
            let oldBulk = try await network.raw(to: one.address)
            oldBulk.write(hello(.peerBulk, node: 2, start: 3))
            oldBulk.write(stream([[5]]))
            try await one.until { one.events.last == .frame([5], from: 2, bulk: true) }
            let new = try await network.node(2, start: 4)
            one.events = []
            one.setPeers([new.peer])
            try await one.until { one.events == [.down(2), .up(2, start: 4, .outbound)] }
            try await old.until { old.isClosed }
            try await oldBulk.until { oldBulk.isClosed }
            #expect(one.events.count == 2)
        }
    }

    @Test("Bulk waits for the main stream")
    func mainFirst() async throws {
        try await Network.run { network in
            let one = try await network.node(1)
            let two = try await network.node(2)
            one.setPeers([two.peer])
            #expect(!one.send([1], to: 2, bulk: true))
            try await one.until { one.events == [.up(2, start: 1, .outbound)] }
            try await two.until { two.events == [.up(1, start: 1, .inbound)] }
            #expect(!one.send([1], to: 2, bulk: true))
            try await one.until { one.events.last == .writable(2, bulk: true) }
        }
    }

    @Test("The delegate's refusal reaches the node that dialed, with its reason, again and again")
    func refused() async throws {
        try await Network.run { network in
            let one = try await network.node(1)
            let two = try await network.node(2)
            two.refuse = { $0.identity.node == NodeID(1) ? Rejection(.notMember, "node 1 was removed") : nil }
            one.setPeers([two.peer])
            try await one.until { one.events.count >= 2 }
            #expect(Set(one.events) == [.rejected(2, .notMember)])
            #expect(two.events == [])
            two.refuse = nil
            try await one.until { one.events.last == .up(2, start: 1, .outbound) }
        }
    }

    /// Its owner would take a refusal for a word on its own folder, and end a sound node.
    @Test("A process that answers and is not believed is left alone, and says nothing of this side", arguments: [true, false])
    func unbelieved(isKnownToTransport: Bool) async throws {
        try await Network.run { network in
            let one = try await network.node(1)
            if isKnownToTransport {
                _ = try await arrive(at: one, node: 2, start: 3, network)
            } else {
                one.doubt = { $0.node == NodeID(2) ? Rejection(.staleStart, "an old copy") : nil }
            }
            one.events = []
            let copy = try await network.node(2)
            one.setPeers([copy.peer])
            try await network.eventually { one.transport.statistics.dialsFailed >= 3 }
            #expect(one.events == [])
            #expect(one.transport.statistics.rejections >= 3)
        }
    }

    @Test("Nodes of different clusters keep apart, and each goes on")
    func otherCluster() async throws {
        try await Network.run { network in
            let one = try await network.node(1)
            let stranger = try await network.node(2, cluster: UniqueID(high: 9, low: 9))
            let two = try await network.node(2)
            one.setPeers([stranger.peer])
            try await one.until { one.events.last == .rejected(2, .otherCluster) }
            #expect(stranger.events == [])
            one.setPeers([two.peer])
            try await one.until { one.events.last == .up(2, start: 1, .outbound) }
            #expect(stranger.transport.statistics.rejections >= 1)
        }
    }

    @Test("Who dials one node and reaches another is told so")
    func otherNode() async throws {
        try await Network.run { network in
            let one = try await network.node(1)
            let three = try await network.node(3)
            one.setPeers([Peer(node: NodeID(2), address: three.address)])
            try await one.until { one.events.last == .rejected(2, .otherNode) }
            #expect(three.events == [])
        }
    }

    @Test("A node that is no longer named is let go, in both directions; the rest stays")
    func unnamed() async throws {
        try await Network.run { network in
            let (one, two) = try await pair(network)
            let three = try await network.node(3)
            one.setPeers([two.peer, three.peer])
            try await one.until { one.events.last == .up(3, start: 1, .outbound) }
            one.setPeers([three.peer])
            try await two.until { two.events.last == .down(1) }
            #expect(!one.send([1], to: 2))
            #expect(one.send([1], to: 3))
            #expect(!one.events.contains(.down(3)))
        }
    }

    @Test("A peer that has moved is dialed at its new address")
    func moved() async throws {
        try await Network.run { network in
            let one = try await network.node(1)
            let elsewhere = try await network.node(3)
            let two = try await network.node(2)
            one.setPeers([Peer(node: NodeID(2), address: elsewhere.address)])
            try await one.until { one.events.last == .rejected(2, .otherNode) }
            one.setPeers([two.peer])
            try await one.until { one.events.last == .up(2, start: 1, .outbound) }
            // Told again, nothing happens to a stream that stands.
            one.setPeers([two.peer])
            #expect(one.send([1], to: 2))
        }
    }

    @Test("A frame on a stream that only the dialer may send on ends it")
    func wrongDirection() async throws {
        try await Network.run { network in
            let one = try await network.node(1)
            let listener = try await HandMadeNode(2, network)
            one.setPeers([Peer(node: NodeID(2), address: listener.address)])
            try await one.until { one.events.last == .up(2, start: 1, .outbound) }
            listener.accepted.last?.write(stream([[1]]))
            try await one.until { one.events.contains(.down(2)) }
            #expect(one.transport.statistics.violations == 1)
        }
    }

    @Test("A delegate that closes the transport while it is told of a frame hears nothing more")
    func closedInside() async throws {
        try await Network.run { network in
            let (one, two) = try await pair(network)
            two.onFrame = { _ = two.transport.close() }
            #expect(one.send([1], to: 2) && one.send([2], to: 2))
            one.flush()
            try await one.until { one.events.last == .down(2) }
            #expect(two.events.last == .frame([1], from: 1, bulk: false))
        }
    }
}

/// Nodes 1 and 2, connected both ways.
private func pair(_ network: isolated Network) async throws -> (TestNode, TestNode) {
    let one = try await network.node(1)
    let two = try await network.node(2)
    one.setPeers([one.peer, two.peer])
    two.setPeers([one.peer, two.peer])
    try await one.until { one.events.count == 2 }
    try await two.until { two.events.count == 2 }
    return (one, two)
}

func hello(_ role: Hello.Role, node: UInt32, start: UInt64, versions: ClosedRange<UInt16> = 1...1) -> ByteBuffer {
    let identity = Identity(
        cluster: Network.cluster, node: NodeID(node), file: UniqueID(high: 1, low: UInt64(node)), starts: StartHistory(count: start),
        address: "")
    return stream([HandshakeMessage.hello(Hello(role: role, identity: identity, versions: versions)).encoded()])
}

/// A main stream that a test dials by hand.
private func arrive(
    at node: TestNode, node id: UInt32, start: UInt64, _ network: isolated Network
) async throws -> RawConnection {
    let raw = try await network.raw(to: node.address)
    raw.write(hello(.peerMain, node: id, start: start))
    try await node.until { node.events.last == .up(id, start: start, .inbound) }
    return raw
}

/// A node that welcomes everyone and then does what the test makes its connections do.
private final class HandMadeNode {
    private(set) var address = NetworkAddress(host: "127.0.0.1", port: 0)
    private let accepting: Accepting

    private final class Accepting { var connections: [RawConnection] = [] }

    var accepted: [RawConnection] { accepting.connections }

    init(_ id: UInt32, _ network: isolated Network) async throws {
        let accepting = Accepting()
        self.accepting = accepting
        let welcome = Welcome(
            version: 1,
            identity: Identity(
                cluster: Network.cluster, node: NodeID(id), file: UniqueID(high: 1, low: UInt64(id)), starts: StartHistory(count: 1),
                address: ""))
        let answer = stream([HandshakeMessage.welcome(welcome).encoded()])
        address = try await network.listener { raw in
            raw.greeting = Array(answer.readableBytesView)
            accepting.connections.append(raw)
        }
    }
}
