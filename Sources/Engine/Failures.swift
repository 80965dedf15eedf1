package import Entities
internal import Primitives

/// What the engine says when it cannot answer: each says what happened, whether anything was done, and what to do.
extension RequestFailure {
    /// A shard's own word on a request that it did not execute.
    init(rejection: Failure) {
        self.init(rejection.code == .overloaded ? .notCommitted : .invalid, rejection)
    }

    static let leadershipLost = RequestFailure(
        .unknown, .ownerChanged,
        "the shard's owner changed while the command was being replicated; it may have taken effect. "
            + "Send it again with the same request id and learn.")

    static let notLeader = RequestFailure(
        .notCommitted, .ownerChanged,
        "the shard's owner changed before the answer was confirmed; nothing happened. Send it again.",
        retryAfterMilliseconds: 20)

    static let moving = RequestFailure(
        .notCommitted, .ownerChanged, "the shard is moving to another owner; nothing happened. Send it again.",
        retryAfterMilliseconds: 20)

    static let overloaded = RequestFailure(
        .notCommitted, .overloaded,
        "the node has more requests than it can answer; nothing happened. Send it again a little later.",
        retryAfterMilliseconds: 100)

    static let noOwner = RequestFailure(
        .notCommitted, .unavailable,
        "no owner of the shard can be reached; nothing happened. Are a majority of its replicas up? "
            + "`holdfast cluster status` shows it.", retryAfterMilliseconds: 100)

    static let diskFull = RequestFailure(
        .notCommitted, .diskFull,
        "the disk of the shard's owner is full, and no other replica has taken over yet; nothing happened. Free some space on "
            + "that disk.", retryAfterMilliseconds: 500)

    static let diskStuck = RequestFailure(
        .notCommitted, .unavailable,
        "the disk of the shard's owner takes nothing at the moment, and no other replica has taken over yet; nothing happened. Is "
            + "another process holding a lock on its journal?", retryAfterMilliseconds: 500)

    static let stopping = RequestFailure(
        .notCommitted, .unavailable, "the node is shutting down; nothing happened. Ask another node.",
        retryAfterMilliseconds: 20)

    static let joining = RequestFailure(
        .notCommitted, .unavailable, "the node has not found its place in the cluster yet; nothing happened. Ask another node.",
        retryAfterMilliseconds: 50)

    static let lostForwarded = RequestFailure(
        .unknown, .ownerLost,
        "the node that the command was passed on to was lost before it answered; it may have taken effect. "
            + "Send it again with the same request id and learn.")

    static func fatal(_ message: String) -> RequestFailure { RequestFailure(.invalid, .fatal, message) }

    static let uncommitted = RequestFailure(
        .unknown, .timedOut,
        "a majority of the shard's replicas did not confirm the command in time; it may yet take effect. "
            + "Send it again with the same request id and learn.")

    static let unconfirmed = RequestFailure(
        .notCommitted, .timedOut,
        "a majority of the shard's replicas did not answer in time; nothing happened. Send it again.")

    static func malformed(_ error: MalformedBytes) -> RequestFailure {
        RequestFailure(.invalid, .malformed, "the request cannot be read: \(error)")
    }

    static func invalidEntityID(_ id: [UInt8]) -> RequestFailure {
        let reason =
            Limits.entityIDBytes.contains(id.count)
            ? "it is not UTF-8"
            : "it has \(id.count) bytes of UTF-8; 1 to \(Limits.entityIDBytes.upperBound) are allowed"
        return RequestFailure(.invalid, .malformed, "the entity id cannot be used: \(reason)")
    }

    static func unknownKind(_ kind: String, known: [String]) -> RequestFailure {
        let list = known.isEmpty ? "none is registered yet" : "there is " + known.joined(separator: ", ")
        return RequestFailure(
            .invalid, .unknownKind, "the cluster has no entity kind named “\(kind)”: \(list)")
    }
}

extension Failure.Code {
    /// Another node took the shard over while the request was under way.
    static let ownerChanged = Self("owner-changed")
    /// The process that had the command has ended or fallen silent.
    package static let ownerLost = Self("owner-lost")
    /// The owner's disk has less free space than its reserve.
    static let diskFull = Self("disk-full")
}
