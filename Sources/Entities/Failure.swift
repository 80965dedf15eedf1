/// Why a command or query was not answered, other than a refusal by its entity.
///
/// A struct with static codes, so that a code can be added without breaking anyone who switches over them.
public struct Failure: Error, Hashable, Sendable, CustomStringConvertible {
    /// What kind of failure; for programs.
    public var code: Code
    /// What happened, why, and what to do; one or two sentences for a person.
    public var message: String
    /// When another attempt may succeed, in milliseconds from now; nil if waiting alone does not help.
    public var retryAfterMilliseconds: Int64?

    /// A failure of a kind, in words for a person.
    public init(_ code: Code, _ message: String, retryAfterMilliseconds: Int64? = nil) {
        self.code = code
        self.message = message
        self.retryAfterMilliseconds = retryAfterMilliseconds
    }

    public var description: String { "\(code): \(message)" }

    /// A stable name, as scripts and HTTP clients see it.
    public struct Code: RawRepresentable, Hashable, Sendable, CustomStringConvertible {
        public var rawValue: String
        public init(rawValue: String) { self.rawValue = rawValue }
        /// The code of that name.
        public init(_ rawValue: String) { self.rawValue = rawValue }
        public var description: String { rawValue }
    }
}

extension Failure.Code {
    /// The entity id, the payload or the request id is not what its format says.
    public static let malformed = Self("malformed")
    /// The payload, the events or the reply are over `Limits.payloadBytesMax`.
    public static let tooLarge = Self("too-large")
    /// The cluster has no such kind.
    public static let unknownKind = Self("unknown-kind")
    /// The kind lists no such command.
    public static let unknownCommand = Self("unknown-command")
    /// The kind lists no such query.
    public static let unknownQuery = Self("unknown-query")
    /// The request id was used before, for another command or payload.
    public static let conflict = Self("request-id-conflict")
    /// The shard has forgotten this session; the request was not executed now and never will be under this id.
    public static let sessionExpired = Self("session-expired")
    /// The client said that it had the answer to this request; the shard no longer has it.
    public static let alreadyAcknowledged = Self("already-acknowledged")
    /// The entity's stored state or events cannot be read by this version of the program.
    public static let quarantined = Self("quarantined")
    /// The entity's own code made something that cannot be stored.
    public static let unstorable = Self("unstorable")
    /// The entity's own code ends the process when it decides this command; it was not executed and never will be under this request id.
    public static let fatal = Self("fatal")
    /// A bound was reached; nothing was done.
    public static let overloaded = Self("overloaded")
    /// No node that could answer was reached.
    public static let unavailable = Self("unavailable")
    /// The deadline passed.
    public static let timedOut = Self("timed-out")
    /// The reply or refusal cannot be read as the type that the caller expects.
    public static let unreadableReply = Self("unreadable-reply")
}
