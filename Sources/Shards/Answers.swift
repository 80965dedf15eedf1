public import Entities
public import Primitives

/// What an entity said to a command: a reply or a refusal, as JSON.
public struct Outcome: Hashable, Sendable {
    /// The reply or the refusal as JSON.
    public var json: [UInt8]
    /// A refusal's text for a person; nil for a reply.
    public var refusalMessage: String?

    public init(json: [UInt8], refusalMessage: String? = nil) {
        self.json = json
        self.refusalMessage = refusalMessage
    }

    public var isRefusal: Bool { refusalMessage != nil }

    /// Recorded in the place of an answer for a command that ends the process that decides it.
    static let fatal = Outcome(
        json: Array("null".utf8),
        refusalMessage: "the program's code ends the process when it decides this command; the command was not executed and will not be under "
            + "this request id. Mend the entity's decide, or send another command.")
    public var isFatal: Bool { self == Self.fatal }
}

/// The recorded answer to a command: what every retry gets.
public struct StoredReply: Hashable, Sendable {
    /// The entry that holds what the command did.
    public var index: LogIndex
    public var term: Term
    /// The entity's revision after the command.
    public var revision: UInt64
    /// Tells a retry from another command under the same request id.
    public var fingerprint: UInt64
    public var outcome: Outcome

    public init(index: LogIndex, term: Term, revision: UInt64, fingerprint: UInt64, outcome: Outcome) {
        self.index = index
        self.term = term
        self.revision = revision
        self.fingerprint = fingerprint
        self.outcome = outcome
    }
}

/// A decision that changed nothing and is not recorded.
public struct Answer: Hashable, Sendable {
    public var outcome: Outcome
    /// The entity's revision that it was decided on.
    public var revision: UInt64

    public init(outcome: Outcome, revision: UInt64) {
        self.outcome = outcome
        self.revision = revision
    }
}

/// What a shard's leader does with a command.
public enum Submission: Hashable, Sendable {
    /// Append an entry of type `.record` with this payload, then call `proposed(at:term:)`; if it could not be appended, call
    /// `abandonProposal()`. Either comes before any other call.
    case propose([UInt8])
    /// Nothing to record. May be said only once everything through `after` is committed and leadership is confirmed by a
    /// read round begun after the command came; if leadership is lost before, not at all.
    case answer(Answer, after: LogIndex)
    /// A retry of a command that is committed.
    case done(StoredReply)
    /// A retry of a command that is in the log at this index and not yet committed: answer when that commits.
    case attach(LogIndex)
    /// Load this, call `loaded`, submit again.
    case needs(LoadRequest)
    /// It may have ended another process: `rehearse` it where that does no harm, and submit it again with what became of it.
    case mustBeTried
    /// Nothing was done and nothing will be under this submission.
    case reject(Failure)
}

/// What a shard makes of a query.
public enum Reading: Hashable, Sendable {
    /// On `.newest`: may be said only under the same conditions as `Submission.answer`. On `.committed`: at once.
    case answer(ReadAnswer, after: LogIndex)
    /// Load this, call `loaded`, ask again.
    case needs(LoadRequest)
    case reject(Failure)
}

public struct ReadAnswer: Hashable, Sendable {
    /// The query's reply, or the entity's state, as JSON.
    public var json: [UInt8]
    public var revision: UInt64

    public init(json: [UInt8], revision: UInt64) {
        self.json = json
        self.revision = revision
    }
}

/// Which state a query sees.
public enum StateView: Hashable, Sendable {
    /// Including what is proposed and not yet committed: on the leader, for linearizable reads.
    case newest
    /// What this replica has applied: on any replica, for local reads.
    case committed
}

/// What applying one committed record did.
public struct Applied: Hashable, Sendable {
    public var entity: [UInt8]
    public var reply: StoredReply

    public init(entity: [UInt8], reply: StoredReply) {
        self.entity = entity
        self.reply = reply
    }
}
