public import Primitives

/// One node of the cluster, as the directory knows it. Removed members stay as tombstones: their ids never come back.
public struct Member: Hashable, Codable, Sendable {
    public var id: NodeID
    /// Unique among the members that are not removed.
    public var name: String
    /// Where the other nodes reach it, as it said at its newest start.
    public var address: NodeAddress
    /// The UUID of its journal file.
    public var file: UniqueID
    /// How often that file has been opened by a node. A start that does not raise it comes from an old copy of the file.
    public var startCounter: UInt64
    /// Random, drawn by each process at its start: tells a retry of one start from a second start of a copied folder.
    public var process: UniqueID
    public var status: MemberStatus

    public init(
        id: NodeID, name: String, address: NodeAddress, file: UniqueID, startCounter: UInt64, process: UniqueID,
        status: MemberStatus
    ) {
        self.id = id
        self.name = name
        self.address = address
        self.file = file
        self.startCounter = startCounter
        self.process = process
        self.status = status
    }
}

public enum MemberStatus: String, Hashable, Codable, Sendable, CaseIterable {
    /// Has an id; the coordinator has not heard it yet.
    case joining
    case up
    /// Is being emptied, then removed. Whether it is alive does not matter.
    case leaving
    /// Unheard for longer than `PlanSettings.downAfter`. It keeps what it holds until a spare takes over.
    case down
    /// Holds nothing and never comes back; its file is refused.
    case removed
}
