public import Holdfast

/// An entity with a bug: one of its commands ends the process that decides it.
public struct Fragile: Entity {
    public static let kind = "fragile"
    public static let commands: Commands<Self> = ["add": Add.self, "break": Break.self]
    public static let queries: Queries<Self> = ["sum": Sum.self]

    public var sum = 0

    public enum Event: Codable, Sendable { case added(Int) }

    public init() {}

    public mutating func apply(_ event: Event) {
        if case .added(let number) = event { sum += number }
    }

    public struct Add: Command {
        public var number: Int
        public init(_ number: Int) { self.number = number }
        public func decide(_ fragile: Fragile) -> Decision<Event, Int> { Decision(.added(number), reply: fragile.sum + number) }
    }

    public struct Break: Command {
        public init() {}
        public func decide(_ fragile: Fragile) -> Decision<Event, Int> { fatalError("a bug in an entity's decide") }
    }

    public struct Sum: Query {
        public init() {}
        public func answer(_ fragile: Fragile) -> Int { fragile.sum }
    }
}
