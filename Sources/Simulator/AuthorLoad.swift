public import Entities
public import Primitives
public import Shards

/// What callers do in a run with entities of an author's own, in the place of the counters, and who judges what came of it.
public struct AuthorLoad: Sendable {
    /// The kind.
    public var runtime: KindRuntime
    /// Draws a command.
    public var command: @Sendable (inout RandomGenerator) -> EncodedMessage
    /// Draws a question; one without a name asks for the whole state.
    public var query: @Sendable (inout RandomGenerator) -> EncodedMessage
    /// Says what is wrong with what callers saw, given everything that was committed, shard by shard in the order of the logs. Nil: nothing.
    public var judge: @Sendable (_ records: [EntryRecord], _ seen: [Observation]) -> String?

    public init(
        runtime: KindRuntime, command: @escaping @Sendable (inout RandomGenerator) -> EncodedMessage,
        query: @escaping @Sendable (inout RandomGenerator) -> EncodedMessage,
        judge: @escaping @Sendable (_ records: [EntryRecord], _ seen: [Observation]) -> String?
    ) {
        self.runtime = runtime
        self.command = command
        self.query = query
        self.judge = judge
    }
}

/// One request as its caller saw it, from the first attempt to the answer.
public struct Observation: Sendable {
    public enum Outcome: Hashable, Sendable {
        /// With a reply as JSON, by the entity as of a revision: for a command with events, the one that it led to.
        case replied(revision: UInt64, json: [UInt8])
        /// With a refusal as JSON.
        case refused(json: [UInt8])
        /// The system said that nothing happened and nothing will.
        case notCommitted
        case unknown
    }

    public var entity: [UInt8]
    public var message: EncodedMessage
    public var isCommand: Bool
    /// Nil for a question.
    public var request: RequestID?
    /// Just before the first attempt, on the one clock of all callers.
    public var invoked: Instant
    /// Just after the answer.
    public var responded: Instant
    public var outcome: Outcome

    public init(
        entity: [UInt8], message: EncodedMessage, isCommand: Bool, request: RequestID?, invoked: Instant, responded: Instant,
        outcome: Outcome
    ) {
        self.entity = entity
        self.message = message
        self.isCommand = isCommand
        self.request = request
        self.invoked = invoked
        self.responded = responded
        self.outcome = outcome
    }
}
