internal import Engine
internal import Entities
internal import Primitives
internal import Shards

/// One request of a caller, over all its attempts.
///
/// A value without I/O: it says whether to try again and, at the end, how the request ended. A command's request id is made
/// once, before the first attempt, so every attempt is the same command (HAZARDS 16).
struct Call {
    private(set) var request: Request
    let deadline: Instant
    private(set) var attempts = 0
    /// Whether an attempt may have taken effect unseen: then the end can only be *unknown*, never *not committed*.
    private(set) var mayHaveHappened = false
    /// Whether a process has ended or fallen silent while it had an attempt: perhaps because of it. A process that writes down why it
    /// crashes keeps its connections for seconds.
    private var hasLostOwner = false
    private var lastFailure: RequestFailure?

    init(_ request: Request, deadline: Instant) {
        self.request = request
        self.deadline = deadline
    }

    enum Next {
        case finish(Response)
        case retry(after: Span)
        /// The shard has forgotten this session before the command was ever tried there: a new session may carry it.
        case renewSession
    }

    /// The session that the request belongs to, if it is a command of one.
    var session: SessionRequest? {
        if case .command(let command) = request, case .session(let session) = command.request { return session }
        return nil
    }

    /// Gives a command its request id: once, unless the shard has forgotten the session.
    mutating func identify(as id: RequestID) {
        guard case .command(var command) = request else { return }
        command.request = id
        request = .command(command)
    }

    /// The request as the next attempt sends it.
    mutating func attempt() -> Request {
        attempts += 1
        let attempt: Attempt = hasLostOwner ? .afterLoss : .again
        guard attempts > 1, case .command(var command) = request, command.attempt != attempt else { return request }
        command.attempt = attempt
        request = .command(command)
        return request
    }

    /// Takes an attempt's failure.
    mutating func answered(_ failure: RequestFailure, now: Instant, jitter: inout RandomGenerator) -> Next {
        switch failure.outcome {
        case .invalid:
            if failure.failure.code == .sessionExpired, !mayHaveHappened { return .renewSession }
            return .finish(.failed(failure))
        case .notCommitted: break
        case .unknown:
            noteUnknown()
            if failure.failure.code == .ownerLost { hasLostOwner = true }
        }
        lastFailure = failure
        return again(suggested: failure.failure.retryAfterMilliseconds, now: now, jitter: &jitter)
    }

    /// An attempt's connection broke, or the answer did not come.
    mutating func lost(now: Instant, jitter: inout RandomGenerator) -> Next {
        noteUnknown()
        hasLostOwner = true
        return again(suggested: nil, now: now, jitter: &jitter)
    }

    /// The deadline has come while an attempt was on its way.
    mutating func abandon() { noteUnknown() }

    /// An attempt could not even be sent.
    mutating func unsent(_ failure: RequestFailure, now: Instant, jitter: inout RandomGenerator) -> Next {
        lastFailure = failure
        return again(suggested: 50, now: now, jitter: &jitter)
    }

    /// The end when the deadline has come.
    func expired() -> Response {
        guard mayHaveHappened else {
            let last = lastFailure?.failure.message ?? "no node answered"
            return .failed(
                RequestFailure(.notCommitted, .timedOut, "nothing happened before the deadline. The last attempt: \(last)"))
        }
        return .failed(
            RequestFailure(
                .unknown, .timedOut,
                "no answer came before the deadline; the command may have taken effect. Send it again with the same "
                    + "request id and learn."))
    }

    private mutating func noteUnknown() {
        if case .command = request { mayHaveHappened = true }
    }

    private func again(suggested: Int64?, now: Instant, jitter: inout RandomGenerator) -> Next {
        let longest = min(Int64(10) << Int64(min(attempts, 5)), 200)
        let milliseconds = max(suggested ?? 0, longest)
        let pause = jitter.span(in: Span.milliseconds(milliseconds) / 2..<Span.milliseconds(milliseconds + 1))
        return now + pause < deadline ? .retry(after: pause) : .finish(expired())
    }
}
