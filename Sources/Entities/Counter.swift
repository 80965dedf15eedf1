/// The built-in kind: an account of increments. Written with nothing but what any application has.
public struct Counter: Entity, Hashable {
    public static let kind = "counter"
    public static let commands: Commands<Self> = ["increment": Increment.self]
    public static let queries: Queries<Self> = ["balance": Balance.self]

    /// The sum of all increments.
    public var balance: Int64 = 0

    /// What can happen to a counter.
    public enum Event: Codable, Hashable, Sendable {
        case incremented(by: Int64)
    }

    /// Zero.
    public init() {}

    public mutating func apply(_ event: Event) {
        switch event {
        case .incremented(let amount): balance += amount
        }
    }

    /// Adds `by`, which may be negative, and replies with the new balance.
    public struct Increment: Command, Hashable {
        /// The amount; may be negative.
        public var by: Int64

        /// Adds `by`.
        public init(by: Int64) { self.by = by }

        public func decide(_ counter: Counter) throws(Overflow) -> Decision<Event, Int64> {
            let (sum, isOverflow) = counter.balance.addingReportingOverflow(by)
            guard !isOverflow else { throw Overflow(balance: counter.balance, by: by) }
            return Decision(.incremented(by: by), reply: sum)
        }
    }

    /// Replies with the balance.
    public struct Balance: Query, Hashable {
        /// Asks for the balance.
        public init() {}
        public func answer(_ counter: Counter) -> Int64 { counter.balance }
    }

    /// The sum would leave the range of 64-bit integers; nothing was changed.
    public struct Overflow: Error, Codable, Hashable, CustomStringConvertible {
        /// What the counter holds.
        public var balance: Int64
        /// What was to be added.
        public var by: Int64

        /// A counter that holds `balance` and cannot take `by`.
        public init(balance: Int64, by: Int64) {
            self.balance = balance
            self.by = by
        }

        public var description: String { "\(balance) + \(by) is not a 64-bit integer; the balance stays \(balance)" }
    }
}
