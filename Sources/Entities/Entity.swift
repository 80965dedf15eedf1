/// A plain value that remembers: its state is what its events made of it.
///
/// ```swift
/// struct Counter: Entity {
///     static let kind = "counter"
///     static let commands: Commands<Self> = ["increment": Increment.self]
///     static let queries: Queries<Self> = ["balance": Balance.self]
///
///     var balance: Int64 = 0
///
///     enum Event: Codable, Sendable { case incremented(by: Int64) }
///     mutating func apply(_ event: Event) { … }
/// }
/// ```
///
/// The state's JSON, the events' JSON and the names in `kind`, `commands` and `queries` are kept on disk for ever: they may
/// be added to, not changed. A type may be renamed freely; its names are the strings listed here.
public protocol Entity: Codable, Sendable {
    /// What can happen to the entity. An enum's synthesized coding is the form meant: `{"incremented":{"by":10}}`.
    associatedtype Event: Codable & Sendable

    /// The stable name of the kind: 1 to 64 of `a–z A–Z 0–9 - _`, beginning with a letter.
    static var kind: String { get }
    /// Every command of the kind by its stable name.
    static var commands: Commands<Self> { get }
    /// Every query of the kind by its stable name.
    static var queries: Queries<Self> { get }

    /// The entity before its first event.
    init()

    /// Makes the state follow `event`. The same code runs live and in replay, on every replica: it must depend on nothing but
    /// its arguments and must not fail; what may fail is for a command to refuse.
    mutating func apply(_ event: Event)
}

extension Entity {
    /// None.
    public static var commands: Commands<Self> { [:] }
    /// None.
    public static var queries: Queries<Self> { [:] }
}

/// A request to change an entity.
///
/// `Target`, `Reply` and `Refusal` follow from `decide`; nothing else is to be declared.
public protocol Command<Target>: Codable, Sendable {
    /// The entity that it is for.
    associatedtype Target: Entity
    /// What the caller gets.
    associatedtype Reply: Codable & Sendable
    /// Carried to the caller as JSON; its `description` becomes the message that people see.
    associatedtype Refusal: Error & Codable = Never

    /// Says what the command does to `entity`: events and a reply, or a refusal.
    ///
    /// It sees the newest state. It cannot change it, suspend or do I/O, and should not look at clocks or draw random
    /// numbers: what it needs of those belongs into the command.
    func decide(_ entity: Target) throws(Refusal) -> Decision<Target.Event, Reply>
}

/// A question to an entity, which changes nothing.
public protocol Query<Target>: Codable, Sendable {
    /// The entity that it is for.
    associatedtype Target: Entity
    /// What the caller gets.
    associatedtype Reply: Codable & Sendable

    /// Answers from the state alone, as `decide` decides.
    func answer(_ entity: Target) -> Reply
}
