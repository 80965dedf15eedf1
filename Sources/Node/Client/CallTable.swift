internal import DequeModule
internal import Engine
internal import Entities
internal import NIOCore
internal import Primitives

/// The calls under way of one client or node: numbering, retries, deadlines. Confined to its event loop.
///
/// A session's number space is shared by all shards; a call that had to change its session keeps the old number open until it
/// ends, so that nothing is acknowledged too early.
final class CallTable {
    private struct Entry {
        var call: Call
        var number: UInt64?
        var correlation: UInt64?
        var sentAt: Instant
        var completion: (Response) -> Void
    }

    private let loop: any EventLoop
    private let clock: MonotonicClock
    private var generator: RandomGenerator
    private var session: Session
    /// Numbers of calls that went on under a later session.
    private var entries: [UInt64: Entry] = [:]
    private var nextID: UInt64 = 1
    /// Calls that wait for the session to have room.
    private var waiting: Deque<UInt64> = []
    private var ticker: RepeatedTask?

    /// Sends one attempt; false if there is no way to send it now.
    var transmit: (Request, UInt64) -> Bool = { _, _ in false }
    /// Called for an attempt that got no answer in time or whose owner has changed.
    var onTrouble: (UInt64) -> Void = { _ in }
    /// After this long without an answer another attempt is made.
    let attemptTimeout: Span

    init(loop: any EventLoop, clock: MonotonicClock, attemptTimeout: Span) {
        self.loop = loop
        self.clock = clock
        self.attemptTimeout = attemptTimeout
        generator = RandomGenerator(seed: UInt64.random(in: .min ... .max))
        session = Session(client: generator.next(), opened: clock.wall.milliseconds)
    }

    /// Uses a session that the cluster has opened. Before the first call.
    func use(client: UInt64, opened: Int64) {
        if session.isIdle { session = Session(client: client, opened: opened) }
    }

    func begin(_ request: Request, timeout: Span, completion: @escaping (Response) -> Void) {
        let id = nextID
        nextID += 1
        entries[id] = Entry(
            call: Call(request, deadline: clock.now + timeout), number: nil, correlation: nil, sentAt: clock.now,
            completion: completion)
        startTicking()
        if needsNumber(request), session.isFull {
            waiting.append(id)
        } else {
            number(id)
            send(id)
        }
    }

    private func needsNumber(_ request: Request) -> Bool {
        if case .command(let command) = request { return command.request == nil }
        return false
    }

    private func number(_ id: UInt64) {
        guard needsNumber(entries[id]!.call.request), case .command(var command) = entries[id]!.call.request else {
            return
        }
        let request = session.begin()
        command.request = .session(request)
        entries[id]!.number = request.number
        entries[id]!.call.request = .command(command)
    }

    private func send(_ id: UInt64) {
        let request = entries[id]!.call.attempt()
        let correlation = Self.correlation(of: id, attempt: entries[id]!.call.attempts)
        entries[id]!.correlation = correlation
        entries[id]!.sentAt = clock.now
        if !transmit(request, correlation) {
            detach(id)
            proceed(id) { call, now, jitter in call.unsent(.noNode, now: now, jitter: &jitter) }
        }
    }

    /// The call's number and the low bits of the attempt's. An answer that is 256 attempts late is taken for a new one, as it may be: every
    /// attempt is the same request.
    private static func correlation(of id: UInt64, attempt: Int) -> UInt64 {
        id << 8 | UInt64(truncatingIfNeeded: attempt) & 0xFF
    }

    /// The call that waits for this attempt's answer; nil if it has ended or has been tried again since.
    private func call(awaiting correlation: UInt64) -> UInt64? {
        let id = correlation >> 8
        return entries[id]?.correlation == correlation ? id : nil
    }

    func answered(_ correlation: UInt64, _ response: Response) {
        guard let id = call(awaiting: correlation) else { return }
        detach(id)
        if case .failed(let failure) = response, failure.outcome != .invalid { onTrouble(correlation) }
        proceed(id) { call, now, jitter in call.answered(response, now: now, jitter: &jitter) }
    }

    /// The attempts with these correlations will not be answered.
    func lost(_ correlations: [UInt64]) {
        for correlation in correlations {
            guard let id = call(awaiting: correlation) else { continue }
            detach(id)
            proceed(id) { call, now, jitter in call.lost(now: now, jitter: &jitter) }
        }
    }

    private func detach(_ id: UInt64) { entries[id]?.correlation = nil }

    private func proceed(_ id: UInt64, _ step: (inout Call, Instant, inout RandomGenerator) -> Call.Next) {
        guard entries[id] != nil else { return }
        switch step(&entries[id]!.call, clock.now, &generator) {
        case .finish(let response): finish(id, response)
        case .retry(let pause):
            loop.assumeIsolated().scheduleTask(in: .nanoseconds(pause.nanoseconds)) { [self] in
                if let entry = entries[id], entry.correlation == nil { send(id) }
            }
        case .renewSession: renew(id)
        }
    }

    /// Opens a later session for what has not been sent to that shard under the old one.
    private func renew(_ id: UInt64) {
        guard entries[id]?.number != nil, case .command(var command) = entries[id]!.call.request,
            case .session(let old) = command.request
        else { return finish(id, entries[id]!.call.expired()) }
        if old.client == session.client {
            // Everything under way keeps its old number; it ends by itself.
            session = Session(client: generator.next(), opened: max(clock.wall.milliseconds, old.opened + 1) + 1_000)
        }
        let request = session.begin()
        command.request = .session(request)
        entries[id]!.number = request.number
        entries[id]!.call.request = .command(command)
        send(id)
    }

    private func finish(_ id: UInt64, _ response: Response) {
        guard let entry = entries.removeValue(forKey: id) else { return }
        if let number = entry.number, case .command(let command) = entry.call.request,
            case .session(let request) = command.request, request.client == session.client
        {
            session.end(number)
        }
        entry.completion(response)
        while !session.isFull, let next = waiting.popFirst() {
            guard entries[next] != nil else { continue }
            number(next)
            send(next)
        }
        if entries.isEmpty { stopTicking() }
    }

    // MARK: Deadlines

    private func startTicking() {
        guard ticker == nil else { return }
        let bound = NIOLoopBound(self, eventLoop: loop)
        ticker = loop.scheduleRepeatedTask(initialDelay: .milliseconds(100), delay: .milliseconds(100)) { _ in
            bound.value.tick()
        }
    }

    private func stopTicking() {
        ticker?.cancel()
        ticker = nil
    }

    private func tick() {
        let now = clock.now
        for id in entries.keys.sorted() {
            guard let entry = entries[id] else { continue }
            if entry.call.deadline <= now {
                if entry.correlation != nil {
                    detach(id)
                    // An attempt on its way may still take effect.
                    proceed(id) { call, now, jitter in
                        _ = call.lost(now: now, jitter: &jitter)
                        return .finish(call.expired())
                    }
                } else {
                    finish(id, entry.call.expired())
                }
            } else if let correlation = entry.correlation, now - entry.sentAt > attemptTimeout {
                onTrouble(correlation)
                detach(id)
                proceed(id) { call, now, jitter in call.lost(now: now, jitter: &jitter) }
            }
        }
    }

    /// Ends every call: the client is closing.
    func close() {
        for id in entries.keys.sorted() {
            guard let entry = entries[id] else { continue }
            finish(id, entry.call.expired())
        }
        stopTicking()
    }
}

extension RequestFailure {
    static let noNode = RequestFailure(
        .notCommitted, .unavailable, "no node of the cluster can be reached; is one running at the given address?",
        retryAfterMilliseconds: 50)
}
