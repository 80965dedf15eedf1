/// How often a node's journal was opened for writing, and by which processes.
///
/// The count alone does not tell an old copy of a folder: set back and started often enough it catches up with the newest one. The
/// processes do: a history that has another process at a start than its cluster knows is another line of descent of the same folder.
public struct StartHistory: Hashable, Sendable {
    /// The most processes that are kept and sent. A copy that is started more often than this without meeting anyone is not known.
    public static let processesMax = 16

    /// 1 at the first start; 0 for who has no journal, as a client.
    public private(set) var count: UInt64
    /// Newest first: of start `count`, of the one before it, and so on. Older ones than these are not known.
    public private(set) var processes: [UniqueID]

    /// - Parameter processes: newest first; what goes beyond `processesMax` or `count` is dropped.
    public init(count: UInt64, processes: [UniqueID]) {
        self.count = count
        self.processes = Array(processes.prefix(min(Self.processesMax, Int(clamping: count))))
    }

    /// A history of which only the newest process is known.
    public init(count: UInt64 = 0, process: UniqueID = .zero) { self.init(count: count, processes: [process]) }

    /// The one that this start is of; zero for who has no journal.
    public var process: UniqueID { processes.first ?? .zero }

    /// Counts a start. Trap: 2⁶⁴ starts.
    public mutating func begin(_ process: UniqueID) { self = StartHistory(count: count + 1, processes: [process] + processes) }

    /// Whether a start that somebody has seen is no part of this history: who shows it runs on an old copy of the folder, or on a copy of
    /// one in use. False when the start lies too far back to be told, and for start 0, which nobody has seen.
    public func lacks(start: UInt64, of process: UniqueID) -> Bool {
        guard start > 0 else { return false }
        guard start <= count else { return true }
        guard let place = Int(exactly: count - start), place < processes.count else { return false }
        return processes[place] != process
    }
}
