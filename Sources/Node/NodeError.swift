/// Why a node did not start, or stopped, in words for the person who runs it.
public struct NodeError: Error, Hashable, Sendable, CustomStringConvertible {
    /// A struct with static codes, so that one can be added without breaking anyone.
    public struct Code: Hashable, Sendable, CustomStringConvertible {
        public let description: String
        private init(_ description: String) { self.description = description }

        /// The journal cannot be used, or failed: exit code 74.
        public static let journal = Code("journal")
        /// An address or setting makes no sense: exit code 64.
        public static let configuration = Code("configuration")
        /// The port cannot be listened on: exit code 69.
        public static let listen = Code("listen")
        /// No seed answered, or it refused: exit code 69.
        public static let join = Code("join")
        /// The cluster does not take this node (any more), or its data is in doubt: exit code 74.
        public static let refused = Code("refused")
        /// The core found that it cannot go on: exit code 74.
        public static let fault = Code("fault")
    }

    /// What kind of error; for programs.
    public var code: Code
    /// What happened, why, and what to do.
    public var message: String

    /// An error of a kind, in words for a person.
    public init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }

    public var description: String { message }
}
