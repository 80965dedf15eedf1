public import Entities
internal import JSON

/// One entity in memory, with every command checked for what production relies on.
///
/// ```swift
/// let account = EntityTester<BankAccount>()
/// #expect(try account.send(BankAccount.Deposit(cents: 500)) == 500)
/// #expect(throws: BankAccount.Denial.overdrawn(balance: 500)) { try account.send(BankAccount.Withdraw(cents: 501)) }
/// #expect(account.events == [.deposited(cents: 500)])
/// ```
///
/// Each `send` and `ask` throws an ``EntityFlaw`` if the message is not listed; if anything does not come back from its JSON as it was; if
/// deciding or answering again, or on the state as a checkpoint gives it back, does not give the same; if it changes the entity; or if
/// the events, applied to both, do not lead to the same state.
public final class EntityTester<E: Entity> {
    /// The entity as its events made it.
    public private(set) var state = E()
    /// Everything that has happened to it, oldest first.
    public private(set) var events: [E.Event] = []
    /// What the newest command did; empty after a refusal.
    public private(set) var newestEvents: [E.Event] = []
    private let coding = EntityCoding<E>()

    /// An entity that nobody has touched.
    public init() {}

    /// An entity that something has happened to.
    /// - Throws: ``EntityFlaw``
    public init(after events: [E.Event]) throws {
        let coder = JSONCoder<E.Event>()
        for event in events { try take([try coder.encode(event)]) }
    }

    /// How many events the entity has had.
    public var revision: UInt64 { UInt64(events.count) }

    /// Has the entity decide, and applies what comes of it.
    /// - Throws: the entity's refusal, or ``EntityFlaw``.
    @discardableResult
    public func send<C: Command<E>>(_ command: C) throws -> C.Reply {
        newestEvents = []
        let arrived = try coding.transported(command)
        let ruling = try steady("deciding \(command)") { (state: E) throws(EntityFlaw) in try coding.rule(arrived, on: state) }
        let direct = try coding.rule(command, on: state)
        guard direct == ruling else {
            throw EntityFlaw(.coding, "\(command) gives \(direct), and as it comes back from its JSON \(ruling)")
        }
        let decision = try arrived.decide(state)
        try take(ruling.events)
        return decision.reply
    }

    /// Has the entity answer.
    /// - Throws: ``EntityFlaw``
    public func ask<Q: Query<E>>(_ query: Q) throws -> Q.Reply {
        let arrived = try coding.transported(query)
        let answer = try steady("answering \(query)") { (state: E) throws(EntityFlaw) in try coding.answer(arrived, by: state) }
        return try coding.read(answer, JSONCoder<Q.Reply>(), "the answer")
    }

    /// Does something three times, twice on the state and once on its checkpoint, and gives what comes of it if that is always the same.
    private func steady<Result: Hashable>(_ what: String, _ body: (E) throws(EntityFlaw) -> Result) throws(EntityFlaw) -> Result {
        let before = try coding.encode(state)
        let restored = try coding.restored(state)
        let first = try body(state)
        guard try body(state) == first else { throw EntityFlaw(.determinism, "\(what) on \(text(before)) twice gives different results") }
        guard try body(restored) == first else {
            throw EntityFlaw(.determinism, "\(what) on \(text(before)) and on the same from a checkpoint gives different results")
        }
        let after = try coding.encode(state)
        guard after == before else { throw EntityFlaw(.purity, "\(what) changed \(text(before)) to \(text(after))") }
        return first
    }

    /// Applies events as they are stored: to the state, and to what a checkpoint gives back of it.
    private func take(_ stored: [[UInt8]]) throws(EntityFlaw) {
        guard !stored.isEmpty else { return }
        let before = try coding.encode(state)
        let restored = try coding.restored(state)
        let next = try coding.applying(stored, to: state)
        let list = stored.map(text).joined(separator: ", ")
        let after = try coding.encode(state)
        guard after == before else { throw EntityFlaw(.purity, "applying \(list) to a copy changed \(text(before)) to \(text(after))") }
        let (one, other) = (try coding.encode(next), try coding.encode(try coding.applying(stored, to: restored)))
        guard one == other else {
            throw EntityFlaw(.replay, "\(list) on \(text(before)) gives \(text(one)), and on the same from a checkpoint \(text(other))")
        }
        _ = try coding.restored(next)
        for bytes in stored { newestEvents.append(try coding.event(bytes)) }
        events += newestEvents
        state = next
    }
}
