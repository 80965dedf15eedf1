public import Primitives

/// How a journal is opened. Sizes in bytes, times in milliseconds.
public struct JournalOptions: Sendable {
    /// Make the folder and the file if they are not there.
    public var createsFile = true
    /// If set, a file that belongs to another cluster is refused. A file without a cluster is not.
    public var expectedCluster: UniqueID?
    /// Free space under which `health.isFull` is true and batches that append records are refused.
    public var reserveBytes: UInt64 = 64 << 20
    /// How long a write waits for a lock that another process holds.
    public var busyTimeoutMilliseconds: Int32 = 2_000
    /// The WAL is copied into the database when it is longer than this and nothing waits to be written …
    public var walIdleBytes = 4 << 20
    /// … and in any case above this.
    public var walBytesMax = 64 << 20
    /// Past this the WAL is held by somebody's long read: `health.isWALHeld`.
    public var walAlarmBytes = 512 << 20
    /// Commit indexes alone are written this long after they came, if no batch takes them along.
    public var commitDelayMilliseconds: Int64 = 500
    /// Rows between two flushes of the index of positions; what recovery scans at most.
    public var rowsPerFlush = 32_768
    /// The UUID of a file that is made; drawn at random if nil.
    public var fileID: UniqueID?
    /// Which process opens it: kept with the start (`FileIdentity.starts`).
    public var process = UniqueID.random()
    /// The name of a registered SQLite VFS to use in place of the system's: tests inject faults through it.
    public var vfs: String?
    /// What goes with that VFS.
    var files: any FileSystem = LocalFileSystem()

    public init() {}
}

/// What the node should know about its disk without asking it.
public struct JournalHealth: Hashable, Sendable {
    public var freeBytes: UInt64 = .max
    public var walBytes = 0
    /// Free space is under the reserve.
    public var isFull = false
    /// Another process holds the write lock; batches wait.
    public var isBlocked = false
    /// Somebody's long read keeps the WAL from being reset.
    public var isWALHeld = false
    /// Set once the journal has stopped for good.
    public var failure: JournalError?

    public init() {}
}
