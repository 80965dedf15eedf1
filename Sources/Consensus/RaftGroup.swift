public import Primitives

/// One group's Raft, as a value.
public struct RaftGroup: Sendable {
    public let group: GroupID
    public let node: NodeID
    public let settings: RaftSettings

    public internal(set) var term: Term = .zero
    public internal(set) var vote: NodeID?
    public internal(set) var role: Role = .follower
    public internal(set) var leader: NodeID?
    public internal(set) var commit: LogIndex = .zero
    public internal(set) var isQuiescent = false

    public init(
        group: GroupID, node: NodeID, restored: RestoredLog, settings: RaftSettings, seed: UInt64, now: Instant
    ) {
        self.group = group
        self.node = node
        self.settings = settings
    }

    public var configuration: Configuration { .none }
    /// The index of the entry that set `configuration`; the base's index if no entry after it did.
    public var configurationIndex: LogIndex { .zero }
    public var lastIndex: LogIndex { .zero }
    public var lastTerm: Term { .zero }
    public var durableIndex: LogIndex { .zero }
    /// Entries after this index are in memory.
    public var windowBase: LogIndex { .zero }
    public var deadline: Instant { .distantFuture }
    public var isServing: Bool { false }
    public var transferTarget: NodeID? { nil }
    public var persistenceMark: PersistenceMark { PersistenceMark(sequence: 0, lastIndex: .zero) }
    public var progress: [PeerProgress] { [] }
    public func term(at index: LogIndex) -> Term? { nil }
    public func checksum(at index: LogIndex) -> UInt64? { nil }
    public func entry(at index: LogIndex) -> Entry { fatalError() }
    public func entries(from: LogIndex, through: LogIndex) -> [Entry] { [] }
    /// What a checkpoint of the state as of `index` must carry. Nil outside the window.
    public func snapshotPoint(at index: LogIndex) -> SnapshotPoint? { nil }

    public mutating func receive(_ message: Message, from: NodeID, now: Instant, into outputs: inout Outputs) {}
    public mutating func propose(_ type: EntryType, _ payload: [UInt8], into outputs: inout Outputs) -> Proposal {
        .notLeader
    }
    public mutating func replicate(now: Instant, into outputs: inout Outputs) {}
    public mutating func persisted(_ mark: PersistenceMark, now: Instant, into outputs: inout Outputs) {}
    public mutating func tick(now: Instant, into outputs: inout Outputs) {}
    public mutating func read(token: UInt64, into outputs: inout Outputs) {}
    public mutating func changeConfiguration(
        _ change: ConfigurationChange, into outputs: inout Outputs
    ) throws(ConfigurationRefusal) -> LogIndex { .zero }
    public mutating func transferLeadership(
        to target: NodeID, now: Instant, into outputs: inout Outputs
    ) throws(TransferRefusal) {}
    public mutating func entriesLoaded(
        _ entries: [Entry], previousTerm: Term, for peer: NodeID, now: Instant, into outputs: inout Outputs
    ) {}
    public mutating func snapshotSent(to peer: NodeID, point: SnapshotPoint) {}
    public mutating func snapshotFailed(to peer: NodeID) {}
    public func snapshotOffer(at point: SnapshotPoint) -> Message {
        .snapshot(SnapshotOffer(term: term, snapshot: point))
    }
    public mutating func peerLost(_ peer: NodeID, now: Instant, into outputs: inout Outputs) {}
    public mutating func peerReached(_ peer: NodeID, now: Instant, into outputs: inout Outputs) {}
    public mutating func resumed(now: Instant) {}
    public mutating func applied(through index: LogIndex) {}
    public mutating func trimmed(before index: LogIndex) {}
}
