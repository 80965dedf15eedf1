public import Consensus
public import Primitives

/// A question about one node's replica of one group, for those who look after the cluster: backups and checks.
///
/// Answered by that node alone and never passed on: what is asked is what *it* has.
public struct ReplicaInquiry: Hashable, Sendable {
    public var node: NodeID
    public var group: GroupID
    public var question: Question

    public enum Question: Hashable, Sendable {
        /// How far the log goes; the answer is a `ReplicaStanding`.
        case standing
        /// Committed entries, read from the disk with their checksums checked; the answer is an `EntryPage`.
        case entries(from: LogIndex, through: LogIndex)
        /// The same entries read and checked there, and only where they lead to; the answer is a `ReplicaDigest`.
        case digest(from: LogIndex, through: LogIndex)
        /// The newest durable checkpoint from a byte on; the answer is a `CheckpointPart`.
        case checkpoint(offset: UInt64)
        /// The owner is to take no more commands until it is released, or the time is over; the answer, once everything before is committed,
        /// is a `CutPoint`. Commands that come meanwhile wait.
        case hold(cut: UInt64, milliseconds: UInt32)
        /// Ends a hold. Answered with the same `CutPoint` if it was in force all the time and no other node has led since.
        case release(cut: UInt64)
    }

    public init(node: NodeID, group: GroupID, question: Question) {
        self.node = node
        self.group = group
        self.question = question
    }

    /// The longest hold: far less than a caller waits.
    public static let holdMillisecondsMax: UInt32 = 2_000
    /// Payload bytes of one answer, but one entry at least.
    public static let pageBytes = 512 << 10
    /// The same for a digest: how much is read before others have their turn at the disk.
    public static let digestBytes = 2 << 20
}

/// How far one replica's log goes.
public struct ReplicaStanding: Codable, Hashable, Sendable {
    public var term: Term
    public var isLeader: Bool
    /// The oldest entry held.
    public var first: LogIndex
    /// Committed and durable here.
    public var committed: LogIndex

    public init(term: Term, isLeader: Bool, first: LogIndex, committed: LogIndex) {
        self.term = term
        self.isLeader = isLeader
        self.first = first
        self.committed = committed
    }
}

/// Where a digest has come.
public struct ReplicaDigest: Codable, Hashable, Sendable {
    /// The last entry that was read; the one before the first if there was none.
    public var index: LogIndex
    /// Its chained checksum: the same on every node whose log is the same up to there.
    public var checksum: UInt64
    public var bytes: Int
    /// What is wrong with the next entry, in words. Nil: nothing.
    public var damage: String?

    public init(index: LogIndex, checksum: UInt64, bytes: Int, damage: String? = nil) {
        self.index = index
        self.checksum = checksum
        self.bytes = bytes
        self.damage = damage
    }
}

/// Where a shard stood when its owner was told to hold.
public struct CutPoint: Codable, Hashable, Sendable {
    public var index: LogIndex
    public var term: Term
    /// The chained checksum at `index`.
    public var checksum: UInt64

    public init(index: LogIndex, term: Term, checksum: UInt64) {
        self.index = index
        self.term = term
        self.checksum = checksum
    }
}

/// A run of a group's entries as they stand on one node's disk.
public struct EntryPage: Hashable, Sendable {
    public var entries: [Entry]

    public init(entries: [Entry]) { self.entries = entries }
}

/// A piece of a checkpoint on its way to somebody outside.
public struct CheckpointPart: Hashable, Sendable {
    public var point: SnapshotPoint
    /// Bytes of the whole: `ShardCheckpoint.encoded()`.
    public var bytesTotal: UInt64
    public var offset: UInt64
    public var bytes: [UInt8]

    public init(point: SnapshotPoint, bytesTotal: UInt64, offset: UInt64, bytes: [UInt8]) {
        self.point = point
        self.bytesTotal = bytesTotal
        self.offset = offset
        self.bytes = bytes
    }
}
