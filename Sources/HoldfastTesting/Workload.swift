public import Entities
public import Primitives
internal import Simulator

/// What callers do to entities of one kind, and what must hold of every state that these come to.
///
/// ```swift
/// let workload = Workload<BankAccount> { random in
///     let cents = Int64.random(in: 1...100, using: &random)
///     if Bool.random(using: &random) { return BankAccount.Deposit(cents: cents) }
///     return BankAccount.Withdraw(cents: cents)
/// } invariant: { account in
///     account.balance >= 0
/// }
///
/// try await workload.simulate(seeds: 1...100)
/// try await workload.crashTest(program: builtProgram("bank"), for: .seconds(10))
/// ```
///
/// Both runs check, beyond the invariant, what no author needs to say: every answered command took effect exactly once and is in the journals;
/// every reply and refusal is what the entity decides on the state that its events give; questions see everything that was answered before
/// them; replicas are equal.
public struct Workload<E: Entity>: Sendable {
    /// Draws a command. Everything random must come from the generator, or a seed says nothing.
    public var command: @Sendable (inout RandomGenerator) -> any Command<E>
    /// Draws a question; nil: callers ask for the whole state.
    public var query: (@Sendable (inout RandomGenerator) -> any Query<E>)?
    /// Must hold for each state that an entity is ever in, the first one among them.
    public var invariant: @Sendable (E) -> Bool
    /// Of a hundred operations of a crash test, how many are questions.
    public var readPercent = 20
    /// How many entities the callers of a crash test share.
    public var entities = 20

    /// - Parameters:
    ///   - command: draws a command.
    ///   - query: draws a question; without it callers ask for the whole state.
    ///   - invariant: must hold for each state.
    public init(
        command: @escaping @Sendable (inout RandomGenerator) -> any Command<E>,
        query: (@Sendable (inout RandomGenerator) -> any Query<E>)? = nil, invariant: @escaping @Sendable (E) -> Bool
    ) {
        self.command = command
        self.query = query
        self.invariant = invariant
    }
}

extension Workload {
    /// A command as it travels.
    func drawCommand(_ random: inout RandomGenerator) -> EncodedMessage {
        let command = command(&random)
        do throws(Failure) { return try command.encodedMessage() } catch {
            preconditionFailure("the workload draws \(command), which cannot be sent: \(error.message)")
        }
    }

    /// A question as it travels; one without a name asks for the whole state.
    func drawQuery(_ random: inout RandomGenerator) -> EncodedMessage {
        guard let query = query?(&random) else { return EncodedMessage(name: "", payload: []) }
        do throws(Failure) { return try query.encodedMessage() } catch {
            preconditionFailure("the workload draws \(query), which cannot be sent: \(error.message)")
        }
    }

    var check: HistoryCheck<E> { HistoryCheck(invariant: invariant) }
}
