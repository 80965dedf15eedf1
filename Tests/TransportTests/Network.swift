import Logging
import NIOCore
import NIOPosix
import Primitives
import Synchronization
import Testing

@testable import Transport

/// A few nodes and clients on one event loop, over real sockets of this machine.
///
/// Its executor is the loop, so that a test reads like what it is: one thread of calls and events.
actor Network {
    let loop: any EventLoop
    private var nodes: [TestNode] = []
    private var raws: [RawConnection] = []
    private var listeners: [any Channel] = []
    let log = Log()

    nonisolated var unownedExecutor: UnownedSerialExecutor { loop.executor.asUnownedSerialExecutor() }

    private init(_ loop: any EventLoop) { self.loop = loop }

    /// Runs `body` on the loop of a new network, and closes everything after it.
    static func run(_ body: (isolated Network) async throws -> Void) async throws {
        let network = Network(MultiThreadedEventLoopGroup.singleton.next())
        do { try await body(network) } catch {
            await network.close()
            throw error
        }
        await network.close()
    }

    func node(
        _ id: UInt32, start: UInt64 = 1, cluster: UniqueID = Network.cluster, port: Int = 0,
        settings: TransportSettings = Network.settings
    ) async throws -> TestNode {
        let node = TestNode(
            Identity(
                cluster: cluster, node: NodeID(id), file: UniqueID(high: 1, low: UInt64(id)), starts: StartHistory(count: start),
                address: "127.0.0.1:\(port)"),
            loop: loop, settings: settings, log: log)
        nodes.append(node)
        node.address.port = try await node.transport.listen(on: NetworkAddress(host: "127.0.0.1", port: port)).get()
        return node
    }

    /// Settings under TLS with one of the certificates.
    static func settings(_ security: TransportSecurity) -> TransportSettings {
        var settings = settings
        settings.security = security
        return settings
    }

    /// Returns when `condition` holds, which no event of a node or a client tells; looked at in every turn of the loop, for 20 s at most.
    func eventually(
        _ location: SourceLocation = #_sourceLocation, _ condition: () -> Bool
    ) async throws {
        let clock = ContinuousClock()
        let end = clock.now + .seconds(20)
        while !condition() {
            try #require(clock.now < end, "waited in vain", sourceLocation: location)
            await withCheckedContinuation { continuation in loop.execute { continuation.resume() } }
        }
    }

    func refusalToListen(on address: NetworkAddress, _ node: TestNode) async -> TransportError? {
        do { _ = try await node.transport.listen(on: address).get() } catch { return error as? TransportError }
        return nil
    }

    func client(to address: NetworkAddress, hello: Hello? = nil, settings: TransportSettings = Network.settings) -> TestClient {
        TestClient(to: address, hello: hello ?? Hello(role: .client, identity: .client()), loop: loop, settings: settings)
    }

    /// A connection that says what the test wants it to say.
    func raw(to address: NetworkAddress) async throws -> RawConnection {
        let raw = RawConnection()
        raws.append(raw)
        let bound = NIOLoopBound(raw, eventLoop: loop)
        _ = try await ClientBootstrap(group: loop)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture { try channel.pipeline.syncOperations.addHandler(bound.value) }
            }
            .connect(host: address.host, port: address.port).get()
        return raw
    }

    /// Something that listens; `prepare` says what each connection to it does.
    func listener(_ prepare: @escaping (RawConnection) -> Void) async throws -> NetworkAddress {
        let bound = NIOLoopBound(prepare, eventLoop: loop)
        let channel = try await ServerBootstrap(group: loop)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    let raw = RawConnection()
                    bound.value(raw)
                    try channel.pipeline.syncOperations.addHandler(raw)
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        listeners.append(channel)
        return NetworkAddress(host: "127.0.0.1", port: channel.localAddress?.port ?? 0)
    }

    private func close() async {
        for raw in raws { raw.close() }
        for listener in listeners { listener.close(promise: nil) }
        for node in nodes { try? await node.transport.close().get() }
    }

    static let cluster = UniqueID(high: 0xC1, low: 0x01)
    /// Pauses short enough for tests; nothing waits for one of them to pass.
    static var settings: TransportSettings {
        var settings = TransportSettings(seed: 1)
        settings.backoff = .init(first: .milliseconds(5), longest: .milliseconds(20))
        return settings
    }
}

/// Something that happens on the loop, and those who wait for it.
class Observed {
    private var waiting: [Int: (condition: () -> Bool, continuation: CheckedContinuation<Bool, Never>)] = [:]
    private var next = 0

    func changed() {
        for (key, waiter) in waiting where waiter.condition() {
            waiting[key] = nil
            waiter.continuation.resume(returning: true)
        }
    }

    /// Returns when `condition` holds, which is looked at after every event; gives up after 20 s.
    func until(
        _ location: SourceLocation = #_sourceLocation, isolation: isolated Network = #isolation,
        _ condition: @escaping () -> Bool
    ) async throws {
        if condition() { return }
        next += 1
        let key = next
        let loop = isolation.loop
        let isMet = await withCheckedContinuation {
            waiting[key] = (condition, $0)
            giveUp(key, loop)
        }
        try #require(isMet, "waited in vain: \(self)", sourceLocation: location)
    }
}

extension Observed {
    private func giveUp(_ key: Int, _ loop: any EventLoop) {
        loop.assumeIsolated().scheduleTask(in: .seconds(20)) { [weak self] in
            self?.waiting.removeValue(forKey: key)?.continuation.resume(returning: false)
        }
    }
}

/// A transport and everything it told.
final class TestNode: Observed, TransportDelegate, CustomStringConvertible {
    enum Event: Hashable {
        case up(UInt32, start: UInt64, PeerDirection)
        case down(UInt32)
        case frame([UInt8], from: UInt32, bulk: Bool)
        case writable(UInt32, bulk: Bool)
        case client
        case clientFrame([UInt8])
        case clientGone
        case rejected(UInt32, Rejection.Code)
    }

    var address = NetworkAddress(host: "127.0.0.1", port: 0)
    var events: [Event] = []
    var clients: [ConnectionID] = []
    var turns = 0
    /// Asked about every hello; nil welcomes.
    var refuse: ((Hello) -> Rejection?)?
    var doubt: ((Identity) -> Rejection?)?
    var onFrame: (() -> Void)?
    /// In a call of the transport, which must not call back.
    var isInside = false

    var description: String { "node \(address): \(events.suffix(8)), \(transport.statistics)" }

    private let logger: Logger
    private let makeTransport: (TestNode) -> Transport
    private(set) lazy var transport = makeTransport(self)

    init(_ identity: Identity, loop: any EventLoop, settings: TransportSettings, log: Log) {
        logger = Logger(label: "node") { _ in log }
        let logger = logger
        makeTransport = {
            Transport(loop: loop, identity: identity, settings: settings, delegate: $0, logger: logger)
        }
    }

    var peer: Peer { Peer(node: transport.identity.node ?? NodeID(0), address: address) }

    func send(_ bytes: [UInt8], to node: UInt32, bulk: Bool = false) -> Bool {
        inside { transport.send(bytes, to: NodeID(node), bulk: bulk) }
    }
    func send(_ bytes: [UInt8], toClient client: ConnectionID) -> Bool {
        inside { transport.send(bytes, toClient: client) }
    }
    func disconnect(_ client: ConnectionID) { inside { transport.disconnect(client) } }
    func flush() { inside { transport.flush() } }
    func setPeers(_ peers: [Peer]) { inside { transport.setPeers(peers) } }

    private func inside<Result>(_ body: () -> Result) -> Result {
        let outer = isInside
        isInside = true
        defer { isInside = outer }
        return body()
    }

    private func record(_ event: Event) {
        #expect(!isInside, "the delegate was called from within a call of the transport")
        events.append(event)
        changed()
    }

    func admit(_ hello: Hello) -> Admission { refuse?(hello).map { .reject($0) } ?? .welcome }
    func meet(_ identity: Identity) -> Rejection? { doubt?(identity) }

    func peerConnected(_ node: NodeID, startCounter: UInt64, direction: PeerDirection) {
        record(.up(node.rawValue, start: startCounter, direction))
    }
    func peerDisconnected(_ node: NodeID) { record(.down(node.rawValue)) }
    func received(_ frame: [UInt8], from node: NodeID, isBulk: Bool) {
        record(.frame(frame, from: node.rawValue, bulk: isBulk))
        onFrame?()
    }
    func peerWritable(_ node: NodeID, isBulk: Bool) { record(.writable(node.rawValue, bulk: isBulk)) }
    func clientConnected(_ client: ConnectionID, hello: Hello) {
        clients.append(client)
        record(.client)
    }
    func received(_ frame: [UInt8], from client: ConnectionID) {
        record(.clientFrame(frame))
        onFrame?()
    }
    func clientDisconnected(_ client: ConnectionID) { record(.clientGone) }
    func rejected(by peer: Peer, _ rejection: Rejection) { record(.rejected(peer.node.rawValue, rejection.code)) }
    func readCycleEnded() {
        turns += 1
        changed()
    }
}

/// A client's connection and everything it told.
final class TestClient: Observed {
    let connection: ClientConnection
    var welcome: Welcome?
    var frames: [[UInt8]] = []
    var isWritable = false
    var end: TransportError?
    var ends = 0

    init(to address: NetworkAddress, hello: Hello, loop: any EventLoop, settings: TransportSettings) {
        connection = ClientConnection(
            to: address, hello: hello, loop: loop, settings: settings, logger: Logger(label: "client") { _ in Log() })
        super.init()
        connection.onOpen = { [self] in
            welcome = $0
            changed()
        }
        connection.onFrame = { [self] in
            frames.append($0)
            changed()
        }
        connection.onWritable = { [self] in
            isWritable = true
            changed()
        }
        connection.onClose = { [self] in
            end = $0
            ends += 1
            changed()
        }
        connection.connect()
    }

    func say(_ bytes: [UInt8]) {
        #expect(connection.send(bytes))
        connection.flush()
    }
}

/// Bytes out, bytes in, no protocol.
final class RawConnection: Observed, ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    var greeting: [UInt8]?
    var input = ByteBuffer()
    var isClosed = false
    private var context: ChannelHandlerContext?

    func handlerAdded(context: ChannelHandlerContext) { self.context = context }
    func channelActive(context: ChannelHandlerContext) { if let greeting { write(ByteBuffer(bytes: greeting)) } }
    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        var piece = unwrapInboundIn(data)
        input.writeBuffer(&piece)
        changed()
    }
    func channelInactive(context: ChannelHandlerContext) {
        isClosed = true
        self.context = nil
        changed()
    }
    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }

    func write(_ buffer: ByteBuffer) { context?.writeAndFlush(NIOAny(buffer), promise: nil) }
    func close() { context?.close(promise: nil) }
    func setReading(_ value: Bool) { try? context?.channel.syncOptions?.setOption(.autoRead, value: value) }

    /// The frames that have come, each a handshake message.
    func messages() throws -> [HandshakeMessage] {
        var decoder = FrameDecoder(limit: Frame.handshakeBytesMax)
        var copy = input
        return try drain(&decoder, &copy).map { try HandshakeMessage($0) }
    }
}

/// Counts the lines of each level.
final class Log: LogHandler {
    private let state = Mutex<[String]>([])
    var metadata: Logger.Metadata {
        get { [:] }
        set {}
    }
    var logLevel: Logger.Level {
        get { .trace }
        set {}
    }
    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { nil }
        set {}
    }

    /// Messages of warnings and errors, with what they say about the error.
    var warnings: [String] { state.withLock { $0 } }

    func log(event: LogEvent) {
        guard event.level >= .warning else { return }
        let error = event.metadata?["error"].map { ": \($0)" } ?? ""
        state.withLock { $0.append(event.message.description + error) }
    }
}
