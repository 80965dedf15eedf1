internal import Engine
internal import Entities
internal import Linearizability
internal import Primitives

/// One of the concurrent callers: one operation at a time, retried under one request id until it is answered or given up.
struct Caller {
    let number: Int
    /// The machine that it talks to.
    var host = 0
    /// Whether its requests are numbered in a session; otherwise each has a key of its own.
    let usesSession: Bool
    /// It does only what it is asked to: it writes elsewhere and then reads from a node that is struck, in short patience.
    var isObserver = false
    var session: SessionRequest?
    var keys: UInt64 = 0
    /// Changes with every attempt and every answer, so that what was meant for an earlier one is known.
    var attempt: UInt64 = 0
    var isWaiting = false
    var operation: Pending?
    /// What it has yet to do before anything else; at the end of the run, nothing else.
    var closing: [Closing] = []

    /// The token of its newest attempt.
    var token: UInt64 { UInt64(number) << 40 | attempt }

    struct Closing: Hashable {
        var action: Operation.Action
        var entity: [UInt8]
        /// The machine to be asked; nil for any.
        var host: Int?
    }

    struct Pending {
        var entity: [UInt8]
        var action: Operation.Action
        /// The command, or the question, of an author's load.
        var message: EncodedMessage?
        /// nil for a read.
        var request: RequestID?
        /// A request id that was used before, with another payload: it must be refused.
        var isConflict = false
        var invoked: Instant
        var attempts = 0
        /// Whether an attempt may have taken effect for all that is known.
        var isDoubtful = false
        /// What of the entity was committed when it was asked: an answer shows that or more.
        var floor: Int64 = 0
        /// For events rather than a value: how many the caller takes, and how many there were.
        var history: HistoryQuestion?
        /// The owner's log and what was committed when the newest attempt was made.
        var ownerLast: LogIndex = .zero
        var ownerCommit: LogIndex = .zero
    }
    struct HistoryQuestion {
        var after: UInt64
        var limit: UInt32
        var consistency: Consistency
        /// Committed entries of the shard when it was asked.
        var committed: LogIndex = .zero
    }
}
