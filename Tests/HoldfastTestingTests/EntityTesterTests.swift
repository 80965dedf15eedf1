import Holdfast
import HoldfastTesting
import Testing

/// Entities that break one rule each, and what the tester says of them.
@Suite struct EntityTesterTests {
    private func flaw(_ body: () throws -> Void) -> EntityFlaw.Rule? {
        do { try body() } catch { return (error as? EntityFlaw)?.rule }
        return nil
    }

    @Test func `a sound entity is told nothing but its replies and refusals`() throws {
        let counter = EntityTester<Counter>()
        #expect(try counter.send(Counter.Increment(by: 3)) == 3)
        #expect(throws: Counter.Overflow(balance: 3, by: .max)) { try counter.send(Counter.Increment(by: .max)) }
        #expect(counter.newestEvents == [])
        #expect(try counter.ask(Counter.Balance()) == 3)
        #expect(counter.events == [.incremented(by: 3)])
        #expect(counter.revision == 1)
        #expect(try EntityTester<Counter>(after: [.incremented(by: 3), .incremented(by: 4)]).state.balance == 7)
    }

    @Test func `a message that is not listed is noticed`() {
        #expect(flaw { try EntityTester<Flawed>().send(Flawed.Unlisted()) } == .listed)
    }

    @Test func `a decision that depends on more than state and command is noticed`() {
        #expect(flaw { try EntityTester<Flawed>().send(Flawed.Drawing()) } == .determinism)
    }

    @Test func `a command that loses something in its JSON is noticed`() {
        #expect(flaw { try EntityTester<Flawed>().send(Flawed.Forgetful(number: 5)) } == .coding)
    }

    @Test func `an event without JSON is noticed`() {
        #expect(flaw { try EntityTester<Flawed>().send(Flawed.Measure()) } == .coding)
    }

    @Test func `a state that a checkpoint does not keep is noticed`() throws {
        let flawed = EntityTester<Flawed>()
        try flawed.send(Flawed.Hide(number: 1))
        // What is hidden is not in the state's JSON, so the two copies part at the first event that brings it to light.
        #expect(flaw { try flawed.send(Flawed.Reveal()) } == .replay)
    }

    @Test func `a state that is shared with its copies is noticed`() {
        #expect(flaw { try EntityTester<Shared>().send(Shared.Touch()) } == .purity)
    }

    @Test func `an answer that depends on more than the state is noticed`() {
        #expect(flaw { _ = try EntityTester<Flawed>().ask(Flawed.Guess()) } == .determinism)
    }
}

private struct Flawed: Entity {
    static let kind = "flawed"
    static let commands: Commands<Self> = [
        "drawing": Drawing.self, "forgetful": Forgetful.self, "measure": Measure.self, "hide": Hide.self, "reveal": Reveal.self,
    ]
    static let queries: Queries<Self> = ["guess": Guess.self]

    var sum = 0
    var hidden = 0

    private enum CodingKeys: CodingKey { case sum }

    enum Event: Codable, Sendable {
        case added(Int)
        case measured(Double)
        case hidden(Int)
        case revealed
    }

    mutating func apply(_ event: Event) {
        switch event {
        case .added(let number): sum += number
        case .measured: break
        case .hidden(let number): hidden += number
        case .revealed: sum += hidden
        }
    }

    struct Unlisted: Command {
        func decide(_ entity: Flawed) -> Decision<Event, Done> { Decision(.added(1)) }
    }

    struct Drawing: Command {
        func decide(_ entity: Flawed) -> Decision<Event, Done> { Decision(.added(.random(in: 1...Int.max))) }
    }

    struct Forgetful: Command {
        var number = 0
        private enum CodingKeys: CodingKey {}
        func decide(_ entity: Flawed) -> Decision<Event, Done> { Decision(.added(number)) }
    }

    struct Measure: Command {
        func decide(_ entity: Flawed) -> Decision<Event, Done> { Decision(.measured(.nan)) }
    }

    struct Hide: Command {
        var number: Int
        func decide(_ entity: Flawed) -> Decision<Event, Done> { Decision(.hidden(number)) }
    }

    struct Reveal: Command {
        func decide(_ entity: Flawed) -> Decision<Event, Done> { Decision(.revealed) }
    }

    struct Guess: Query {
        func answer(_ entity: Flawed) -> Int { .random(in: .min ... .max) }
    }
}

/// Its copies share one box.
private struct Shared: Entity {
    static let kind = "shared"
    static let commands: Commands<Self> = ["touch": Touch.self]

    final class Box: Codable, @unchecked Sendable { var touches = 0 }
    var box = Box()

    enum Event: Codable, Sendable { case touched }
    mutating func apply(_ event: Event) { box.touches += 1 }

    struct Touch: Command {
        func decide(_ entity: Shared) -> Decision<Event, Done> { Decision(.touched) }
    }
}
