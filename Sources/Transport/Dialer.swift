import Logging
import NIOCore
import Primitives

/// Keeps one stream to one peer: dials, and dials again after growing pauses when that fails or the stream breaks.
///
/// The bulk stream is dialed when it is first wanted, and again after a loss only when it is wanted again.
final class Dialer: ConnectionOwner {
    let node: NodeID
    let isBulk: Bool
    private(set) var address: NetworkAddress

    private let transport: Transport
    private var backoff: Backoff
    private var state = State.idle
    private var isWanted: Bool
    private var openSince = NIODeadline.uptimeNanoseconds(0)
    private var reported: TransportError.Code?

    private enum State {
        case idle
        case waiting(Scheduled<Void>)
        case dialing(Connection)
        case open(Connection)
        case stopped
    }

    init(to peer: Peer, isBulk: Bool, transport: Transport) {
        node = peer.node
        address = peer.address
        self.isBulk = isBulk
        self.transport = transport
        backoff = Backoff(transport.settings.backoff)
        isWanted = !isBulk
    }

    var identity: Identity { transport.identity }
    var connection: Connection? { if case .open(let connection) = state { connection } else { nil } }

    /// Dials now, unless the stream is open or under way.
    func want() {
        isWanted = true
        if case .idle = state { dial() }
    }

    /// The peer is known to be alive: waits no longer.
    func nudge() {
        guard case .waiting(let pause) = state, isWanted else { return }
        pause.cancel()
        dial()
    }

    /// Drops the stream, which leads to a process that is gone, and dials again.
    func redial() {
        abandon()
        if isWanted { dial() }
    }

    /// A stream that is open stays; the next dial goes to the new address.
    func follow(_ address: NetworkAddress) {
        guard address != self.address else { return }
        self.address = address
        backoff.reset()
        if connection == nil { redial() }
    }

    func stop() {
        abandon()
        state = .stopped
    }

    private func abandon() {
        let former = state
        state = .idle
        switch former {
        case .waiting(let pause): pause.cancel()
        case .dialing(let connection), .open(let connection): connection.close()
        case .idle, .stopped: break
        }
    }

    private func dial() {
        let hello = Hello(role: isBulk ? .peerBulk : .peerMain, identity: transport.identity, expected: node)
        let settings = transport.settings
        let connection = Connection(
            id: transport.nextConnectionID(), machine: .dialing(hello),
            queueBytesMax: isBulk ? settings.bulkQueueBytesMax : settings.mainQueueBytesMax, owner: self,
            handshakeTimeout: settings.handshakeTimeout, counters: transport.counters)
        state = .dialing(connection)
        let address = address
        Sockets.dial(address, on: transport.loop, timeout: settings.connectTimeout, settings.security, connection)
            .assumeIsolated().whenFailure { [self] error in
                failed(connection, Sockets.dialError(address, error))
            }
    }

    // MARK: - What the connection tells

    func opened(_ connection: Connection, _ welcome: Welcome) {
        guard case .dialing(let current) = state, current === connection else { return }
        if let rejection = transport.doubts(welcome, from: self) {
            // Not the node's newest process, whatever answers there.
            connection.fail(.rejectedHere(rejection))
            return
        }
        state = .open(connection)
        connection.starts = welcome.identity.starts
        openSince = .now()
        reported = nil
        connection.standing = .peer(node, isBulk: isBulk)
        transport.opened(self)
    }

    func drained(_ connection: Connection) {
        if self.connection === connection { transport.notify(.writable(node, isBulk: isBulk)) }
    }

    func received(_ frame: [UInt8], on connection: Connection) {
        connection.fail(.protocolViolation("a frame came on a stream that only this node sends on"))
    }

    func closed(_ connection: Connection, _ error: TransportError) {
        if case .open(let current) = state, current === connection {
            isWanted = !isBulk
            if NIODeadline.now() - openSince >= .nanoseconds(transport.settings.backoff.longest.nanoseconds) {
                backoff.reset()
            }
            wait()
            transport.lost(self, error)
        } else {
            failed(connection, error)
        }
    }

    func readCompleted(on connection: Connection) { transport.scheduleTurn() }

    func admit(_ hello: Hello, on connection: Connection) -> Admission {
        preconditionFailure("a hello was answered on a dialed connection")
    }

    func accepted(_ hello: Hello, on connection: Connection) {
        preconditionFailure("a hello was accepted on a dialed connection")
    }

    // MARK: - Trying again

    private func failed(_ connection: Connection, _ error: TransportError) {
        guard case .dialing(let current) = state, current === connection else { return }
        isWanted = !isBulk
        wait()
        transport.failed(self, error, isNew: reported != error.code)
        reported = error.code
    }

    private func wait() {
        let pause = transport.nextPause(&backoff)
        let task = transport.loop.assumeIsolated().scheduleTask(in: .nanoseconds(pause.nanoseconds)) { [self] in
            guard case .waiting = state else { return }
            state = .idle
            if isWanted { dial() }
        }
        state = .waiting(task)
    }
}
