import Entities
import Primitives

/// Exactly once: what became of earlier attempts under the same request id.
extension ShardMachine {
    enum Earlier {
        /// There was none: decide.
        case none
        case answered(Submission)
        /// Only the journal can tell whether the key was used.
        case keyUnknown([UInt8])
    }

    func earlierAttempt(of command: CommandRequest, _ fingerprint: UInt64) throws(Failure) -> Earlier {
        switch command.request {
        case nil: .none
        case .session(let request): try earlierAttempt(of: request, fingerprint)
        case .key(let key): try earlierAttempt(of: KeyTable.Key(entity: command.entity, key: key), fingerprint)
        }
    }

    private func earlierAttempt(of request: SessionRequest, _ fingerprint: UInt64) throws(Failure) -> Earlier {
        guard request.number >= 1, request.acknowledgedBelow <= request.number else {
            throw Failure(
                .malformed,
                "request number \(request.number) with everything below \(request.acknowledgedBelow) acknowledged")
        }
        var replies = 0
        if let session = sessions.session(of: request.client) {
            guard request.opened >= session.opened else { throw Self.expired }
            if request.opened == session.opened {
                if let reply = session.reply(to: request.number) {
                    return .answered(.done(try matching(reply.fingerprint, fingerprint, reply)))
                }
                guard request.number >= session.acknowledgedBelow else { throw Self.acknowledged }
                replies = session.replies.count
                guard session.bytes <= settings.sessionReplyBytesMax else { throw Self.tooManyReplies }
            }
        } else {
            guard request.opened > sessions.forgottenOpened || settings.broken.contains(.executeExpiredSession) else {
                throw Self.expired
            }
        }
        if let session = proposals.session(of: request.client) {
            if !settings.broken.contains(.decideRetryAgain), let pending = proposals.pending(request, in: session) {
                return .answered(.attach(try matching(pending.fingerprint, fingerprint, pending.index)))
            }
            guard request.opened >= session.opened else { throw Self.expired }
            if request.opened == session.opened {
                guard request.number >= session.acknowledgedBelow else { throw Self.acknowledged }
                replies += session.count
            }
        }
        guard replies < settings.sessionRepliesMax else { throw Self.tooManyReplies }
        return .none
    }

    private func earlierAttempt(of key: KeyTable.Key, _ fingerprint: UInt64) throws(Failure) -> Earlier {
        guard Limits.requestKeyBytes.contains(key.key.count), isUTF8(key.key) else {
            throw Failure(
                .malformed, "a request id is 1 to \(Limits.requestKeyBytes.upperBound) bytes of UTF-8")
        }
        if !settings.broken.contains(.decideRetryAgain), let pending = proposals.pending(key) {
            return .answered(.attach(try matching(pending.fingerprint, fingerprint, pending.index)))
        }
        switch keys.lookup(key) {
        case .recorded(let reply):
            return .answered(.done(try matching(reply.fingerprint, fingerprint, reply)))
        case .absent, .unknown:
            guard keys.count + proposals.keyCount < settings.keysMax else {
                throw Failure(
                    .overloaded, "the shard remembers \(keys.count) request ids and takes no more for now",
                    retryAfterMilliseconds: 1_000)
            }
            if case .unknown = keys.lookup(key) { return .keyUnknown(key.key) }
            return .none
        }
    }

    private func matching<Found>(
        _ recorded: UInt64, _ fingerprint: UInt64, _ found: Found
    ) throws(Failure) -> Found {
        guard recorded == fingerprint || settings.broken.contains(.acceptOtherPayload) else {
            throw Failure(
                .conflict,
                "this request id was used for another command or payload; nothing was done: use a new id for a new command")
        }
        return found
    }

    private static let expired = Failure(
        .sessionExpired,
        "the shard has forgotten this session and does not know whether the request took effect before; "
            + "it was not executed now: open a new session")
    private static let acknowledged = Failure(
        .alreadyAcknowledged, "the client has said that it had the answer to this request; it was not executed again")
    private static let tooManyReplies = Failure(
        .overloaded, "the client has too many unacknowledged requests; it must acknowledge some first",
        retryAfterMilliseconds: 100)
}
