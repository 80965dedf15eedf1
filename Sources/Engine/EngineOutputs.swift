public import Primitives
public import Shards

/// What one turn of the engine asks of its shells. Drained and reset by the shell after every `flush`.
public struct EngineOutputs: Sendable {
    /// Hand this to the journal; report with `persisted`. At most one is under way.
    public var batch: WriteBatch?
    /// One or a few frames for each peer, in order.
    public var frames: [PeerFrame] = []
    /// One frame of answers for each client.
    public var clientFrames: [ClientFrame] = []
    /// Answers to requests made in this process.
    public var localResponses: [LocalResponse] = []
    /// Entities and request keys to be loaded; report with `loaded`.
    public var loads: [StateLoad] = []
    /// Entries to be read for a follower that is far behind; report with `entriesLoaded`.
    public var entryLoads: [EntryLoad] = []
    /// Checkpoints to be read for followers whose next entry is trimmed; report with `checkpointRead`.
    public var checkpointLoads: [CheckpointLoad] = []
    /// Events to be read for callers; report with `historyLoaded`.
    public var historyLoads: [HistoryLoad] = []
    /// So many commands to be rehearsed in a copy of this process, numbered from 0; report with `tried`.
    public var trial: Int?
    /// Watched entities that something happened to.
    public var changes: [WatchedEntity] = []
    /// Set when the members or their addresses have changed: every other node to keep a connection to.
    public var peers: [PeerAddress]?
    /// The engine cannot go on: stop the process and say this.
    public var fault: String?
    /// Changes worth a log line.
    public var notices: [Notice] = []

    public init() {}

    public struct PeerFrame: Sendable {
        public var to: NodeID
        public var bytes: [UInt8]
        public var isBulk: Bool
    }

    public struct ClientFrame: Sendable {
        public var to: ClientID
        public var bytes: [UInt8]
    }

    public struct LocalResponse: Sendable {
        public var token: UInt64
        public var response: Response
    }

    public struct StateLoad: Sendable {
        public var group: GroupID
        public var requests: [LoadRequest]
        /// Whether a checkpoint waits for it, rather than a caller.
        public var isCheckpoint = false
    }

    public struct HistoryLoad: Sendable {
        public var token: UInt64
        public var group: GroupID
        public var history: EntityHistory
        /// Entries through this index are committed, whatever the file knows of it.
        public var through: LogIndex
    }

    public struct EntryLoad: Sendable {
        public var group: GroupID
        public var peer: NodeID
        public var from: LogIndex
        public var through: LogIndex
        public var bytesMax: Int
    }

    public struct CheckpointLoad: Sendable {
        public var group: GroupID
        public var peer: NodeID
    }

    public struct PeerAddress: Hashable, Sendable {
        public var node: NodeID
        /// `host:port`
        public var address: String

        public init(node: NodeID, address: String) {
            self.node = node
            self.address = address
        }
    }

    /// A change of state for the log: fixed message, data beside it.
    public struct Notice: Hashable, Sendable {
        public var message: String
        public var group: GroupID?
        public var term: Term?
        public var node: NodeID?
    }
}
