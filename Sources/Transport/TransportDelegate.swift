public import Primitives

/// What the transport tells its owner, always on the transport's event loop.
///
/// Every call may send, flush, or close connections of the same transport.
public protocol TransportDelegate: AnyObject {
    /// Decides on a handshake whose version, cluster, expected node and start counter the transport has already found to fit
    /// `Transport.identity` and what it has seen of that node. Membership and the node's file are for the delegate to check.
    func admit(_ hello: Hello) -> Admission

    /// A node that was dialed has said who it is: why it is not believed; nil if it is. `admit` is asked about those that dial.
    func meet(_ identity: Identity) -> Rejection?

    /// A main stream to or from `node` is established. Whatever was in flight on an earlier one in that direction is lost.
    ///
    /// A higher `startCounter` than before means that the node's process is another one.
    func peerConnected(_ node: NodeID, startCounter: UInt64, direction: PeerDirection)

    /// An established main stream broke: a hint, not a verdict, that `node`'s process is gone.
    ///
    /// Once per loss: when both directions break, the second is not told, and neither is a dial that fails.
    func peerDisconnected(_ node: NodeID)

    /// A frame's payload from another node. The array is the receiver's alone, ready for a `ByteReader`.
    func received(_ frame: [UInt8], from node: NodeID, isBulk: Bool)

    /// After `send` was refused: the stream's queue has emptied to half of its limit, or the bulk stream has come up.
    func peerWritable(_ node: NodeID, isBulk: Bool)

    /// A client or a joining node has been admitted; `hello.role` says which.
    func clientConnected(_ client: ConnectionID, hello: Hello)

    /// A frame's payload from a client or a joining node.
    func received(_ frame: [UInt8], from client: ConnectionID)

    /// The connection of an admitted client is closed, by either side. Its id is never used again.
    func clientDisconnected(_ client: ConnectionID)

    /// Our own handshake was refused by `peer`, or what answers at its address is another node. Told after every attempt; the
    /// transport tries again, later and later. Not told when this side does not believe the one that answers.
    func rejected(by peer: Peer, _ rejection: Rejection)

    /// Everything that could be read in this turn of the loop has been delivered: time to step and to flush.
    func readCycleEnded()
}

extension TransportDelegate {
    public func peerWritable(_ node: NodeID, isBulk: Bool) {}
}

/// Which side dialed a stream between two nodes. A node sends only on the streams it dialed.
public enum PeerDirection: Hashable, Sendable {
    /// Dialed by this node: `send` works.
    case outbound
    /// Dialed by the peer: its frames arrive.
    case inbound
}

/// Another node and where it listens.
public struct Peer: Hashable, Sendable {
    public var node: NodeID
    public var address: NetworkAddress

    public init(node: NodeID, address: NetworkAddress) {
        self.node = node
        self.address = address
    }
}

/// An accepted connection of a client or a joining node. Never used twice in one process.
public struct ConnectionID: RawRepresentable, Hashable, Comparable, Sendable, CustomStringConvertible {
    public var rawValue: UInt64

    public init(rawValue: UInt64) { self.rawValue = rawValue }

    public static func < (left: ConnectionID, right: ConnectionID) -> Bool { left.rawValue < right.rawValue }
    public var description: String { "\(rawValue)" }
}

/// The owner's answer to a handshake.
public enum Admission: Hashable, Sendable {
    case welcome
    case reject(Rejection)
}
