/// Why the directory did not do what was asked. Nothing has changed.
public struct DirectoryRefusal: Error, Hashable, Codable, Sendable, CustomStringConvertible {
    public var code: Code
    /// For a person: what, why, and what to do.
    public var message: String

    /// Stable names, so that more can come without breaking anyone.
    public struct Code: RawRepresentable, Hashable, Codable, Sendable, CustomStringConvertible {
        public var rawValue: String
        public init(rawValue: String) { self.rawValue = rawValue }
        public var description: String { rawValue }

        public static let notFounded = Code(rawValue: "notFounded")
        public static let alreadyFounded = Code(rawValue: "alreadyFounded")
        public static let malformedName = Code(rawValue: "malformedName")
        public static let malformedAddress = Code(rawValue: "malformedAddress")
        public static let nameTaken = Code(rawValue: "nameTaken")
        public static let unknownNode = Code(rawValue: "unknownNode")
        public static let unknownShard = Code(rawValue: "unknownShard")
        /// The file's start counter did not grow: an old copy of the folder, or the same folder twice.
        public static let staleJournal = Code(rawValue: "staleJournal")
        /// The id belongs to another journal file.
        public static let otherFile = Code(rawValue: "otherFile")
        public static let removedNode = Code(rawValue: "removedNode")
        public static let lastNode = Code(rawValue: "lastNode")
        public static let notEmpty = Code(rawValue: "notEmpty")
        public static let statusConflict = Code(rawValue: "statusConflict")
        public static let tooManyNodes = Code(rawValue: "tooManyNodes")
        public static let tooManyShards = Code(rawValue: "tooManyShards")
        public static let shardCountOutOfRange = Code(rawValue: "shardCountOutOfRange")
        /// The kind exists with another number of shards.
        public static let shardCountFixed = Code(rawValue: "shardCountFixed")
        public static let replicationOutOfRange = Code(rawValue: "replicationOutOfRange")
        public static let noNodeUp = Code(rawValue: "noNodeUp")
        public static let malformedPlacement = Code(rawValue: "malformedPlacement")
    }

    public init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }

    public var description: String { message }
}

extension DirectoryRefusal {
    static func malformedAddress(_ text: String, _ reason: String) -> DirectoryRefusal {
        DirectoryRefusal(.malformedAddress, "'\(text)' is not an address: \(reason)")
    }

    static func unknownNode(_ text: String) -> DirectoryRefusal {
        DirectoryRefusal(
            .unknownNode, "there is no node '\(text)' in this cluster; `holdfast cluster members` lists them")
    }

    static func unknownShard(_ text: String) -> DirectoryRefusal {
        DirectoryRefusal(
            .unknownShard,
            "there is no shard '\(text)'; a shard is written kind/number, and `holdfast cluster shards` lists them")
    }
}
