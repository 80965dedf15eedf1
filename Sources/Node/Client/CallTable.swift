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
    /// A class: it is looked at in many places while its call is under way, and never copied.
    private final class Entry {
        let id: UInt64
        var call: Call
        var number: UInt64?
        var correlation: UInt64?
        var sentAt: Instant
        let completion: (Response) -> Void

        init(id: UInt64, call: Call, sentAt: Instant, completion: @escaping (Response) -> Void) {
            self.id = id
            self.call = call
            self.sentAt = sentAt
            self.completion = completion
        }
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
        let now = clock.now
        let entry = Entry(id: nextID, call: Call(request, deadline: now + timeout), sentAt: now, completion: completion)
        nextID += 1
        entries[entry.id] = entry
        startTicking()
        if needsNumber(request), session.isFull {
            waiting.append(entry.id)
        } else {
            number(entry)
            send(entry, now)
        }
    }

    private func needsNumber(_ request: Request) -> Bool {
        if case .command(let command) = request { return command.request == nil }
        return false
    }

    private func number(_ entry: Entry) {
        guard needsNumber(entry.call.request) else { return }
        let request = session.begin()
        entry.number = request.number
        entry.call.identify(as: .session(request))
    }

    private func send(_ entry: Entry, _ now: Instant) {
        let request = entry.call.attempt()
        let correlation = Self.correlation(of: entry.id, attempt: entry.call.attempts)
        entry.correlation = correlation
        entry.sentAt = now
        if !transmit(request, correlation) {
            entry.correlation = nil
            proceed(entry) { call, now, jitter in call.unsent(.noNode, now: now, jitter: &jitter) }
        }
    }

    /// The call's number and the low bits of the attempt's. An answer that is 256 attempts late is taken for a new one, as it may be: every
    /// attempt is the same request.
    private static func correlation(of id: UInt64, attempt: Int) -> UInt64 {
        id << 8 | UInt64(truncatingIfNeeded: attempt) & 0xFF
    }

    /// The call that waits for this attempt's answer, which no longer does; nil if it has ended or has been tried again since.
    private func detach(_ correlation: UInt64) -> Entry? {
        guard let entry = entries[correlation >> 8], entry.correlation == correlation else { return nil }
        entry.correlation = nil
        return entry
    }

    func answered(_ correlation: UInt64, _ response: Response) {
        guard let entry = detach(correlation) else { return }
        guard case .failed(let failure) = response else { return finish(entry, response) }
        if failure.outcome != .invalid { onTrouble(correlation) }
        proceed(entry) { call, now, jitter in call.answered(failure, now: now, jitter: &jitter) }
    }

    /// The attempts with these correlations will not be answered.
    func lost(_ correlations: [UInt64]) {
        for correlation in correlations {
            guard let entry = detach(correlation) else { continue }
            proceed(entry) { call, now, jitter in call.lost(now: now, jitter: &jitter) }
        }
    }

    private func proceed(_ entry: Entry, _ step: (inout Call, Instant, inout RandomGenerator) -> Call.Next) {
        switch step(&entry.call, clock.now, &generator) {
        case .finish(let response): finish(entry, response)
        case .retry(let pause):
            loop.assumeIsolated().scheduleTask(in: .nanoseconds(pause.nanoseconds)) { [self] in
                if entries[entry.id] != nil, entry.correlation == nil { send(entry, clock.now) }
            }
        case .renewSession: renew(entry)
        }
    }

    /// Opens a later session for what has not been sent to that shard under the old one.
    private func renew(_ entry: Entry) {
        guard entry.number != nil, case .command(let command) = entry.call.request, case .session(let old) = command.request
        else { return finish(entry, entry.call.expired()) }
        if old.client == session.client {
            // Everything under way keeps its old number; it ends by itself.
            session = Session(client: generator.next(), opened: max(clock.wall.milliseconds, old.opened + 1) + 1_000)
        }
        let request = session.begin()
        entry.number = request.number
        entry.call.identify(as: .session(request))
        send(entry, clock.now)
    }

    private func finish(_ entry: Entry, _ response: Response) {
        guard entries.removeValue(forKey: entry.id) != nil else { return }
        if let number = entry.number, entry.call.session?.client == session.client { session.end(number) }
        entry.completion(response)
        while !session.isFull, let next = waiting.popFirst() {
            guard let next = entries[next] else { continue }
            number(next)
            send(next, clock.now)
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
                // An attempt on its way may still take effect.
                if entry.correlation != nil { entry.call.abandon() }
                entry.correlation = nil
                finish(entry, entry.call.expired())
            } else if let correlation = entry.correlation, now - entry.sentAt > attemptTimeout {
                onTrouble(correlation)
                guard let entry = detach(correlation) else { continue }
                proceed(entry) { call, now, jitter in call.lost(now: now, jitter: &jitter) }
            }
        }
    }

    /// Ends every call: the client is closing.
    func close() {
        for id in entries.keys.sorted() {
            guard let entry = entries[id] else { continue }
            finish(entry, entry.call.expired())
        }
        stopTicking()
    }
}

extension RequestFailure {
    static let noNode = RequestFailure(
        .notCommitted, .unavailable, "no node of the cluster can be reached; is one running at the given address?",
        retryAfterMilliseconds: 50)
}
