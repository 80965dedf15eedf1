/// The built-in kind: an account of increments. Written with nothing but what any application has.
public struct Counter: Entity, Hashable {
    public static let kind = "counter"
    public static let commands: Commands<Self> = ["increment": Increment.self]
    public static let queries: Queries<Self> = ["balance": Balance.self]

    public var balance: Int64 = 0

    public enum Event: Codable, Hashable, Sendable {
        case incremented(by: Int64)
    }

    public init() {}

    public mutating func apply(_ event: Event) {
        switch event {
        case .incremented(let amount): balance += amount
        }
    }

    /// Adds `by`, which may be negative, and replies with the new balance.
    public struct Increment: Command, Hashable {
        public var by: Int64

        public init(by: Int64) { self.by = by }

        public func decide(_ counter: Counter) throws(Overflow) -> Decision<Event, Int64> {
            let (sum, isOverflow) = counter.balance.addingReportingOverflow(by)
            guard !isOverflow else { throw Overflow(balance: counter.balance, by: by) }
            return Decision(.incremented(by: by), reply: sum)
        }
    }

    /// Replies with the balance.
    public struct Balance: Query, Hashable {
        public init() {}
        public func answer(_ counter: Counter) -> Int64 { counter.balance }
    }

    /// The sum would leave the range of 64-bit integers; nothing was changed.
    public struct Overflow: Error, Codable, Hashable, CustomStringConvertible {
        public var balance: Int64
        public var by: Int64

        public init(balance: Int64, by: Int64) {
            self.balance = balance
            self.by = by
        }

        public var description: String { "\(balance) + \(by) is not a 64-bit integer; the balance stays \(balance)" }
    }
}
