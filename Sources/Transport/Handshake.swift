public import Primitives

/// The versions of the wire protocol that this build speaks.
public enum WireVersion {
    public static let supported: ClosedRange<UInt16> = 1...1
}

/// Who speaks, as both sides of a handshake say of themselves.
public struct Identity: Hashable, Sendable {
    /// Nil: not (yet) part of a cluster, or a client that takes any.
    public var cluster: UniqueID?
    /// Nil: a client, or a node that has not joined.
    public var node: NodeID?
    /// The node's journal file; zero for a client.
    public var file: UniqueID
    /// Of the node's journal: tells a process from one that runs on an old copy of its folder, or on a copy. None for a client.
    public var starts: StartHistory
    /// Where others reach the node, as `host:port`; empty for a client.
    public var address: String

    public init(
        cluster: UniqueID?, node: NodeID?, file: UniqueID, starts: StartHistory, address: String
    ) {
        self.cluster = cluster
        self.node = node
        self.file = file
        self.starts = starts
        self.address = address
    }

    /// A client's: it has no file and no address. With a `cluster`, nodes of any other refuse it.
    public static func client(of cluster: UniqueID? = nil) -> Identity {
        Identity(cluster: cluster, node: nil, file: .zero, starts: StartHistory(), address: "")
    }
}

/// The first frame on a connection, from the side that dialed.
public struct Hello: Hashable, Sendable {
    public enum Role: UInt8, Hashable, Sendable {
        /// A node that sends the messages of all groups.
        case peerMain = 1
        /// A node that sends what must not delay a heartbeat.
        case peerBulk = 2
        /// A client or command line: requests one way, answers the other.
        case client = 3
        /// A node that asks to become a member, or asks for its cluster.
        case joiner = 4
    }

    /// Protocol versions that the sender speaks.
    public var versions: ClosedRange<UInt16>
    public var role: Role
    public var identity: Identity
    /// The node that the sender means to reach; nil: any.
    public var expected: NodeID?

    public init(
        role: Role, identity: Identity, expected: NodeID? = nil,
        versions: ClosedRange<UInt16> = WireVersion.supported
    ) {
        self.versions = versions
        self.role = role
        self.identity = identity
        self.expected = expected
    }
}

/// The answer to a `Hello` that is accepted.
public struct Welcome: Hashable, Sendable {
    /// The version both sides speak from now on: the highest they share.
    public var version: UInt16
    public var identity: Identity

    public init(version: UInt16, identity: Identity) {
        self.version = version
        self.identity = identity
    }
}

/// The answer to a `Hello` that is refused; the connection ends with it.
public struct Rejection: Hashable, Sendable {
    public struct Code: RawRepresentable, Hashable, Sendable, CustomStringConvertible {
        public var rawValue: UInt16
        public init(rawValue: UInt16) { self.rawValue = rawValue }

        /// No protocol version in common.
        public static let version = Code(rawValue: 1)
        /// The sides belong to different clusters.
        public static let otherCluster = Code(rawValue: 2)
        /// The node that answers is not the one that was meant.
        public static let otherNode = Code(rawValue: 3)
        /// A newer start of the same node is known: an old copy of its file is running, or an old connection.
        public static let staleStart = Code(rawValue: 4)
        /// Not a member of the cluster (yet, or any more).
        public static let notMember = Code(rawValue: 5)
        /// The node cannot serve yet; the same handshake may be accepted later.
        public static let notReady = Code(rawValue: 6)
        /// Too many connections.
        public static let overloaded = Code(rawValue: 7)
        /// The handshake makes no sense.
        public static let malformed = Code(rawValue: 8)
        /// The node's number belongs to another journal file: a copied folder, or a restored backup.
        public static let otherFile = Code(rawValue: 9)
        /// The certificate is not one for the node that the handshake speaks of.
        public static let untrusted = Code(rawValue: 10)

        public var description: String {
            switch self {
            case .version: "version"
            case .otherCluster: "otherCluster"
            case .otherNode: "otherNode"
            case .staleStart: "staleStart"
            case .notMember: "notMember"
            case .notReady: "notReady"
            case .overloaded: "overloaded"
            case .malformed: "malformed"
            case .otherFile: "otherFile"
            case .untrusted: "untrusted"
            default: "code \(rawValue)"
            }
        }
    }

    public var code: Code
    /// For a person: what is wrong and what to do. At most 1,024 bytes of UTF-8 travel.
    public var message: String

    public init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }
}
