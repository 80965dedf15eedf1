internal import Logging
internal import NIOCore
internal import Primitives
internal import Transport

/// A node that has no cluster yet, as others see it: its handshake says that it is blank, and requests are not answered.
///
/// Without it a founder that names other seeds could not tell blank nodes from dead ones.
final class BlankListener: TransportDelegate {
    private var transport: Transport!

    private init() {}

    static func start(
        on address: NetworkAddress, as identity: Identity, _ network: TransportSettings, loop: any EventLoop, _ logger: Logger
    ) async throws -> NIOLoopBound<BlankListener> {
        try await loop.flatSubmit {
            let listener = BlankListener()
            listener.transport = Transport(loop: loop, identity: identity, settings: network, delegate: listener, logger: logger)
            let bound = NIOLoopBound(listener, eventLoop: loop)
            return listener.transport.listen(on: address).map { _ in bound }
        }.get()
    }

    /// On return the port is free.
    static func end(_ listener: NIOLoopBound<BlankListener>, loop: any EventLoop) async {
        try? await loop.flatSubmit { listener.value.transport.close() }.get()
    }

    func admit(_ hello: Hello) -> Admission {
        switch hello.role {
        case .client, .joiner: .welcome
        case .peerMain, .peerBulk: .reject(Rejection(.notReady, "this node has not joined a cluster yet"))
        }
    }

    func received(_ frame: [UInt8], from client: ConnectionID) { transport.disconnect(client) }

    func meet(_ identity: Identity) -> Rejection? { nil }
    func peerConnected(_ node: NodeID, startCounter: UInt64, direction: PeerDirection) {}
    func peerDisconnected(_ node: NodeID) {}
    func received(_ frame: [UInt8], from node: NodeID, isBulk: Bool) {}
    func clientConnected(_ client: ConnectionID, hello: Hello) {}
    func clientDisconnected(_ client: ConnectionID) {}
    func rejected(by peer: Peer, _ rejection: Rejection) {}
    func readCycleEnded() {}
}
