import NIOCore
import Primitives
import Testing

@testable import Transport

@Suite struct HandshakeMessageTests {
    static let identity = Identity(
        cluster: UniqueID(high: 0x0102_0304_0506_0708, low: 0x090A_0B0C_0D0E_0F10), node: NodeID(7),
        file: UniqueID(high: 0x1112_1314_1516_1718, low: 0x191A_1B1C_1D1E_1F20), starts: StartHistory(
            count: 300,
            processes: [UniqueID(high: 0x2122_2324_2526_2728, low: 0x292A_2B2C_2D2E_2F30), UniqueID(high: 1, low: 2), UniqueID(high: 3, low: 4)]),
        address: "127.0.0.1:7400")

    static let messages: [HandshakeMessage] = [
        .hello(Hello(role: .peerMain, identity: identity, expected: NodeID(9), versions: 1...3)),
        .hello(Hello(role: .client, identity: .client())),
        .hello(Hello(role: .joiner, identity: Identity(
            cluster: nil, node: nil, file: UniqueID(high: 1, low: 2), starts: StartHistory(count: 1), address: "[::1]:7400"))),
        .welcome(Welcome(version: 1, identity: identity)),
        .rejection(Rejection(.otherCluster, "dieser Knoten gehört zu einem anderen")),
    ]

    @Test("A message reads back as it was written", arguments: messages)
    func roundTrip(message: HandshakeMessage) throws {
        #expect(try HandshakeMessage(message.encoded()) == message)
    }

    @Test("A message cut off at any byte is refused", arguments: messages)
    func truncated(message: HandshakeMessage) {
        let bytes = message.encoded()
        for count in bytes.indices {
            #expect(throws: MalformedBytes.self) { _ = try HandshakeMessage(Array(bytes[..<count])) }
        }
    }

    @Test("More earlier starts than are kept, or than there were, are refused", arguments: [(300, 16), (300, 255), (2, 2), (1, 1), (0, 1)] as [(UInt64, Int)])
    func tooManyStarts(count: UInt64, earlier: Int) {
        var identity = Identity.client()
        identity.starts = StartHistory(count: count)
        var bytes = HandshakeMessage.welcome(Welcome(version: 1, identity: identity)).encoded()
        bytes[bytes.count - 1] = UInt8(earlier)
        bytes += [UInt8](repeating: 7, count: 16 * earlier)
        #expect(throws: MalformedBytes.self) { _ = try HandshakeMessage(bytes) }
    }

    @Test("Fields that a later version appends are passed over", arguments: messages)
    func appended(message: HandshakeMessage) throws {
        #expect(try HandshakeMessage(message.encoded() + [1, 2, 3]) == message)
    }

    @Test("The layout is the one that version 1 shipped with")
    func golden() {
        let hello = HandshakeMessage.hello(
            Hello(role: .peerMain, identity: Self.identity, expected: NodeID(9), versions: 1...1))
        let identity =
            "0807060504030201100f0e0d0c0b0a09" + "07000000" + "1817161514131211201f1e1d1c1b1a19"
            + "2c01000000000000" + "2827262524232221302f2e2d2c2b2a29" + "0e00" + "3132372e302e302e313a37343030"
        let earlier = "02" + "01000000000000000200000000000000" + "03000000000000000400000000000000"
        #expect(hex(hello) == "484f4c4446415354" + "01" + "0100" + "0100" + "01" + identity + "09000000" + earlier)
        #expect(hex(.welcome(Welcome(version: 1, identity: Self.identity))) == "484f4c4446415354" + "02" + "0100" + identity + earlier)
        #expect(hex(.rejection(Rejection(.version, "no"))) == "484f4c4446415354" + "03" + "0100" + "0200" + "6e6f")
    }

    @Test("A rejection's message is cut to its limit between characters")
    func longRejection() throws {
        let long = Rejection(.notReady, String(repeating: "é", count: 600) + String(repeating: "👩‍👩‍👧‍👦", count: 60))
        guard case .rejection(let read) = try HandshakeMessage(HandshakeMessage.rejection(long).encoded()) else {
            Issue.record("not a rejection")
            return
        }
        #expect(read.message.utf8.count <= 1_024)
        #expect(long.message.hasPrefix(read.message))
    }

    @Test("A peer that names no node or no cluster is refused")
    func namelessPeer() {
        var identity = Self.identity
        identity.node = nil
        let nodeless = HandshakeMessage.hello(Hello(role: .peerMain, identity: identity)).encoded()
        #expect(throws: MalformedBytes.self) { _ = try HandshakeMessage(nodeless) }
        identity = Self.identity
        identity.cluster = nil
        let clusterless = HandshakeMessage.hello(Hello(role: .peerBulk, identity: identity)).encoded()
        #expect(throws: MalformedBytes.self) { _ = try HandshakeMessage(clusterless) }
    }

    @Test("No damage to a message makes reading it trap", arguments: messages)
    func damaged(message: HandshakeMessage) {
        var generator = RandomGenerator(seed: 11)
        let bytes = message.encoded()
        for _ in 0..<2_000 {
            var damaged = bytes
            for _ in 0..<Int.random(in: 1...4, using: &generator) {
                damaged[Int.random(in: bytes.indices, using: &generator)] = UInt8.random(in: 0...255, using: &generator)
            }
            _ = try? HandshakeMessage(damaged)
        }
    }

    private func hex(_ message: HandshakeMessage) -> String {
        ByteBuffer(bytes: message.encoded()).hexDump(format: .compact)
    }
}
