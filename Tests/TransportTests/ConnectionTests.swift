import NIOCore
import NIOEmbedded
import Primitives
import Testing

@testable import Transport

/// One connection's handler on a channel without a socket, whose clock the test moves.
@Suite struct ConnectionTests {
    @Test("A hello that comes byte by byte is welcomed, and the frames behind it are delivered")
    func acceptsByteByByte() throws {
        let (channel, owner, _) = try accepted()
        let hello = HandshakeMessage.hello(Hello(role: .client, identity: .client()))
        var input = stream([hello.encoded(), [1, 2], [3]])
        while let byte = input.readSlice(length: 1) { try channel.writeInbound(byte) }
        #expect(owner.told == ["admit client", "accepted client", "frame [1, 2]", "frame [3]"])
        #expect(try sent(channel) == [.welcome(Welcome(version: 1, identity: owner.identity))])
    }

    @Test("A handshake that is not done in time ends the connection; one that is done does not")
    func handshakeTimeout() throws {
        let (slow, slowOwner, _) = try accepted()
        var start = stream([HandshakeMessage.hello(Hello(role: .client, identity: .client())).encoded()])
        try slow.writeInbound(cut(&start, 20))
        slow.embeddedEventLoop.advanceTime(by: .milliseconds(4_999))
        #expect(slow.isActive)
        slow.embeddedEventLoop.advanceTime(by: .milliseconds(1))
        #expect(!slow.isActive)
        #expect(slowOwner.told == ["closed timedOut"])

        let (quick, quickOwner, _) = try open()
        quick.embeddedEventLoop.advanceTime(by: .hours(1))
        #expect(quick.isActive)
        #expect(quickOwner.told == ["admit client", "accepted client"])
    }

    @Test("A refused hello gets the rejection, and the connection ends")
    func refuses() throws {
        let (channel, owner, _) = try accepted()
        owner.admission = .reject(Rejection(.notMember, "unknown"))
        try channel.writeInbound(stream([HandshakeMessage.hello(Hello(role: .client, identity: .client())).encoded(), [1]]))
        #expect(try sent(channel) == [.rejection(Rejection(.notMember, "unknown"))])
        #expect(owner.told == ["admit client", "closed rejected"])
        #expect(!channel.isActive)
    }

    @Test(
        "What is no frame ends the connection, and nothing behind it is delivered",
        arguments: [
            [UInt8](repeating: 0, count: 64), [UInt8](repeating: 0xFF, count: 64), Array("GET / HTTP/1.1\r\n\r\n".utf8),
            [3, 0, 0, 0, 1, 2, 3, 4, 1, 1, 1],
        ])
    func garbage(bytes: [UInt8]) throws {
        let (strange, stranger, _) = try accepted()
        try strange.writeInbound(ByteBuffer(bytes: bytes))
        #expect(!strange.isActive)
        #expect(stranger.told == ["closed protocolViolation"])

        let (channel, owner, _) = try open()
        owner.told = []
        var input = stream([[1]])
        input.writeBytes(bytes)
        input.writeImmutableBuffer(stream([[2]]))
        try channel.writeInbound(input)
        #expect(!channel.isActive)
        #expect(owner.told == ["frame [1]", "closed protocolViolation"])
    }

    @Test("A handshake has room for what later versions append, but may not be larger than its limit")
    func handshakeLimit() throws {
        let hello = HandshakeMessage.hello(Hello(role: .client, identity: .client())).encoded()
        for (size, told) in [(4_096, ["admit client", "accepted client"]), (4_097, ["closed protocolViolation"])] {
            let (channel, owner, _) = try accepted()
            try channel.writeInbound(stream([hello + [UInt8](repeating: 0, count: size - hello.count)]))
            #expect(owner.told == told)
        }
    }

    @Test("Frames queued in one turn leave in one write, and none before the flush")
    func oneWrite() throws {
        let (channel, _, connection) = try open()
        _ = try channel.readOutbound(as: ByteBuffer.self)
        for byte in 0..<10 { #expect(connection.send([UInt8(byte)])) }
        #expect(try channel.readOutbound(as: ByteBuffer.self) == nil)
        connection.flush()
        #expect(try channel.readOutbound(as: ByteBuffer.self) == stream((0..<10).map { [UInt8($0)] }))
        #expect(try channel.readOutbound(as: ByteBuffer.self) == nil)
        #expect(connection.send([7]))
        connection.flush()
        #expect(try channel.readOutbound(as: ByteBuffer.self) == stream([[7]]))
    }

    @Test("While the other side is slow frames wait here, up to the bound; then its sender is told to go on")
    func slowReader() throws {
        let (channel, owner, connection) = try open(queueBytesMax: 1_000)
        _ = try channel.readOutbound(as: ByteBuffer.self)
        owner.told = []
        channel.isWritable = false
        let frame = [UInt8](repeating: 1, count: 492)
        #expect(connection.send(frame) && connection.send(frame))
        #expect(!connection.send([1]))
        connection.flush()
        #expect(connection.bytesWaiting == 1_000)
        #expect(try channel.readOutbound(as: ByteBuffer.self) == nil)
        #expect(owner.told == [])

        channel.isWritable = true
        channel.pipeline.fireChannelWritabilityChanged()
        #expect(connection.bytesWaiting == 0)
        #expect(try channel.readOutbound(as: ByteBuffer.self) == stream([frame, frame]))
        #expect(owner.told == ["drained"])
        #expect(connection.send([1]))
    }

    @Test("Who does not read his answers is not read from, until they have gone out")
    func readPause() throws {
        let (channel, _, connection) = try open()
        connection.readPauseBytes = 100
        channel.isWritable = false
        #expect(connection.send([UInt8](repeating: 1, count: 200)))
        connection.flush()
        #expect(!connection.isReading)
        channel.isWritable = true
        channel.pipeline.fireChannelWritabilityChanged()
        #expect(connection.isReading)
    }

    @Test("Reading goes on only when no reason to pause is left")
    func twoPauses() throws {
        let (_, _, connection) = try open()
        connection.pauseReading(for: .queue)
        connection.pauseReading(for: .owner)
        connection.resumeReading(for: .queue)
        #expect(!connection.isReading)
        connection.resumeReading(for: .owner)
        #expect(connection.isReading)
        connection.resumeReading(for: .owner)
        #expect(connection.isReading)
    }

    @Test("A frame that has begun and makes no end between two sweeps ends the connection")
    func stuckFrame() throws {
        let (channel, owner, connection) = try open()
        owner.told = []
        let limit = Span.seconds(30)
        connection.sweep(limit)
        connection.sweep(limit)
        #expect(channel.isActive)

        // Between two frames at one sweep, and in the middle of different ones at the next two: that is progress.
        var input = stream([[1, 2, 3], [4, 5, 6]])
        try channel.writeInbound(cut(&input, 9))
        connection.sweep(limit)
        try channel.writeInbound(cut(&input, 9))
        connection.sweep(limit)
        #expect(channel.isActive)

        try channel.writeInbound(cut(&input, 2))
        connection.sweep(limit)
        #expect(!channel.isActive)
        #expect(owner.told == ["frame [1, 2, 3]", "closed timedOut"])
    }

    @Test("A frame that cannot come to its end because nothing is read is not held against the sender")
    func pausedFrame() throws {
        let (channel, _, connection) = try open()
        var input = stream([[1, 2, 3]])
        try channel.writeInbound(cut(&input, 9))
        connection.sweep(.seconds(30))
        connection.pauseReading(for: .owner)
        for _ in 0..<5 { connection.sweep(.seconds(30)) }
        connection.resumeReading(for: .owner)
        connection.sweep(.seconds(30))
        #expect(channel.isActive)
        connection.sweep(.seconds(30))
        #expect(!channel.isActive)
    }

    @Test("A dialer greets first and reports the welcome")
    func dials() throws {
        let owner = Owner()
        let hello = Hello(role: .client, identity: .client())
        let (channel, connection) = try attach(.dialing(hello), owner, 1 << 20)
        #expect(try sent(channel) == [.hello(hello)])
        #expect(!connection.send([1]))
        try channel.writeInbound(stream([HandshakeMessage.welcome(Welcome(version: 1, identity: owner.identity)).encoded(), [5]]))
        #expect(owner.told == ["opened", "frame [5]"])
        #expect(connection.send([1]))
    }

    @Test("An owner that closes everything in the middle of a read hears no more of it")
    func closedInside() throws {
        let (channel, owner, connection) = try open()
        owner.told = []
        owner.onFrame = { connection.close() }
        try channel.writeInbound(stream([[1], [2]]))
        #expect(owner.told == ["frame [1]", "closed closed"])
        #expect(!connection.send([1]))
    }

    // MARK: - Set-up

    private func accepted(queueBytesMax: Int = 1 << 20) throws -> (EmbeddedChannel, Owner, Connection) {
        let owner = Owner()
        let (channel, connection) = try attach(.accepting(), owner, queueBytesMax)
        return (channel, owner, connection)
    }

    private func open(queueBytesMax: Int = 1 << 20) throws -> (EmbeddedChannel, Owner, Connection) {
        let (channel, owner, connection) = try accepted(queueBytesMax: queueBytesMax)
        try channel.writeInbound(stream([HandshakeMessage.hello(Hello(role: .client, identity: .client())).encoded()]))
        return (channel, owner, connection)
    }

    private func attach(
        _ machine: ConnectionMachine, _ owner: Owner, _ queueBytesMax: Int
    ) throws -> (EmbeddedChannel, Connection) {
        let connection = Connection(
            id: ConnectionID(rawValue: 1), machine: machine, queueBytesMax: queueBytesMax, owner: owner,
            handshakeTimeout: .seconds(5), counters: Counters())
        let channel = EmbeddedChannel(handler: connection)
        try channel.connect(to: SocketAddress(ipAddress: "127.0.0.1", port: 7_400)).wait()
        return (channel, connection)
    }

    private func sent(_ channel: EmbeddedChannel) throws -> [HandshakeMessage] {
        var messages: [HandshakeMessage] = []
        var decoder = FrameDecoder(limit: Frame.handshakeBytesMax)
        while var buffer = try channel.readOutbound(as: ByteBuffer.self) {
            messages += try drain(&decoder, &buffer).map { try HandshakeMessage($0) }
        }
        return messages
    }
}

/// The next `count` bytes of `buffer`, which has them.
private func cut(_ buffer: inout ByteBuffer, _ count: Int) -> ByteBuffer {
    buffer.readSlice(length: count) ?? ByteBuffer()
}

/// Writes down what a connection tells.
private final class Owner: ConnectionOwner {
    var told: [String] = []
    var admission = Admission.welcome
    var onFrame: (() -> Void)?

    let identity = HandshakeMessageTests.identity

    func admit(_ hello: Hello, on connection: Connection) -> Admission {
        told.append("admit \(hello.role)")
        return admission
    }
    func accepted(_ hello: Hello, on connection: Connection) { told.append("accepted \(hello.role)") }
    func opened(_ connection: Connection, _ welcome: Welcome) { told.append("opened") }
    func received(_ frame: [UInt8], on connection: Connection) {
        told.append("frame \(frame)")
        onFrame?()
    }
    func readCompleted(on connection: Connection) {}
    func drained(_ connection: Connection) { told.append("drained") }
    func closed(_ connection: Connection, _ error: TransportError) { told.append("closed \(error.code)") }
}
