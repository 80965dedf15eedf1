/// Why the journal did not do what was asked, in words for the person who runs the node.
///
/// Every message says what happened, to which file, and what to do. A command line that ends on one exits with 74.
public struct JournalError: Error, Hashable, Sendable, CustomStringConvertible {
    /// A closed set for callers to tell errors apart; it may grow.
    public struct Code: Hashable, Sendable, CustomStringConvertible {
        public let description: String
        private init(_ description: String) { self.description = description }

        /// The file is not an SQLite database, or not a journal of Holdfast's. It was not changed.
        public static let notADatabase = Code("notADatabase")
        /// A newer version of Holdfast wrote the file. It was not changed.
        public static let newerVersion = Code("newerVersion")
        /// Another process, or another part of this one, has the folder open.
        public static let inUse = Code("inUse")
        /// The folder or the file cannot be made or written.
        public static let cannotWrite = Code("cannotWrite")
        /// The folder holds no journal, and none was to be made.
        public static let notFound = Code("notFound")
        /// The file belongs to another cluster. It was not changed.
        public static let otherCluster = Code("otherCluster")
        /// A checksum, a gap or a missing row: the file cannot be trusted.
        public static let corrupt = Code("corrupt")
        /// Free space is under the reserve: nothing was written.
        public static let full = Code("full")
        /// Another process held SQLite's write lock longer than the busy time-out: nothing was written; try again.
        public static let blocked = Code("blocked")
        /// An error of write, flush or commit. The journal takes nothing more until the process starts anew.
        public static let failed = Code("failed")
    }

    public var code: Code
    public var message: String

    public init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }

    public var description: String { message }
}
