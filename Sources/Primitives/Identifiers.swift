/// A node's number in its cluster, given out by the directory when the node joins and never given out again.
///
/// 0 is no node.
public struct NodeID: RawRepresentable, Hashable, Comparable, Sendable, CustomStringConvertible {
    public var rawValue: UInt32

    public init(rawValue: UInt32) { self.rawValue = rawValue }
    public init(_ value: UInt32) { self.rawValue = value }

    public static func < (left: NodeID, right: NodeID) -> Bool { left.rawValue < right.rawValue }
    public var description: String { "\(rawValue)" }
}

/// The number of a Raft group in its cluster. Group 0 is the directory; every shard has one of its own.
public struct GroupID: RawRepresentable, Hashable, Comparable, Sendable, CustomStringConvertible {
    public var rawValue: UInt32

    public init(rawValue: UInt32) { self.rawValue = rawValue }
    public init(_ value: UInt32) { self.rawValue = value }

    public static let directory = GroupID(0)

    public static func < (left: GroupID, right: GroupID) -> Bool { left.rawValue < right.rawValue }
    public var description: String { "\(rawValue)" }
}

/// A Raft term: a logical clock of elections. At most one leader per group and term.
public struct Term: RawRepresentable, Hashable, Comparable, Sendable, CustomStringConvertible {
    public var rawValue: UInt64

    public init(rawValue: UInt64) { self.rawValue = rawValue }
    public init(_ value: UInt64) { self.rawValue = value }

    public static let zero = Term(0)
    /// Saturating terms would let two elections share one; 2⁶⁴ elections do not happen, so overflow traps.
    public var next: Term { Term(rawValue + 1) }

    public static func < (left: Term, right: Term) -> Bool { left.rawValue < right.rawValue }
    public var description: String { "\(rawValue)" }
}

/// The place of an entry in its group's log. The first entry has index 1; 0 is before the log.
public struct LogIndex: RawRepresentable, Hashable, Comparable, Sendable, CustomStringConvertible {
    public var rawValue: UInt64

    public init(rawValue: UInt64) { self.rawValue = rawValue }
    public init(_ value: UInt64) { self.rawValue = value }

    public static let zero = LogIndex(0)
    public var next: LogIndex { LogIndex(rawValue + 1) }
    /// The index before this one. Trap: there is none before 0.
    public var previous: LogIndex { LogIndex(rawValue - 1) }

    public static func + (left: LogIndex, right: Int) -> LogIndex {
        LogIndex(UInt64(Int64(left.rawValue) + Int64(right)))
    }
    /// The signed distance between two indexes, in entries.
    public static func - (left: LogIndex, right: LogIndex) -> Int {
        Int(Int64(left.rawValue) - Int64(right.rawValue))
    }

    public static func < (left: LogIndex, right: LogIndex) -> Bool { left.rawValue < right.rawValue }
    public var description: String { "\(rawValue)" }
}
