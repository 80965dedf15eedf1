import Entities
import JSON
import Primitives
import Testing

/// What an application author writes, and nothing more: types that follow are left to inference.
private struct Door: Entity {
    static let kind = "door"
    static let commands: Commands<Self> = ["open": Open.self, "knock": Knock.self, "paint": Paint.self]
    static let queries: Queries<Self> = ["look": Look.self]

    var isOpen = false
    enum Event: Codable, Sendable { case opened(by: String) }
    mutating func apply(_ event: Event) { isOpen = true }

    struct Open: Command {
        var who: String
        func decide(_ door: Door) throws(AlreadyOpen) -> Decision<Event, Done> {
            if door.isOpen { throw AlreadyOpen(since: 3) }
            return Decision(.opened(by: who))
        }
    }
    struct Knock: Command {
        func decide(_ door: Door) -> Decision<Event, String> { .reply(door.isOpen ? "come in" : "…") }
    }
    struct Paint: Command {
        var thickness: Double
        func decide(_: Door) -> Decision<Event, Done> { Decision() }
    }
    struct Unlisted: Command {
        func decide(_: Door) -> Decision<Event, Done> { Decision() }
    }
    struct Look: Query {
        func answer(_ door: Door) -> Bool { door.isOpen }
    }
    struct UnlistedLook: Query {
        func answer(_: Door) -> Int { 0 }
    }
    struct AlreadyOpen: Error, Codable, Equatable { var since: Int }
}

@Suite("What an author writes and a caller gets")
struct AuthoringTests {
    private static let shard = ShardID(kind: "door", number: 2)

    @Test("reply and refusal follow from decide")
    func inference() throws {
        #expect(Door.Open.Refusal.self == Door.AlreadyOpen.self)
        #expect(Door.Open.Reply.self == Done.self)
        #expect(Door.Knock.Refusal.self == Never.self)
        #expect(Door.Knock.Reply.self == String.self)
        #expect(Door.Look.Reply.self == Bool.self)
        #expect(Counter.Increment.Refusal.self == Counter.Overflow.self)
    }

    @Test("a command travels as its stable name and its JSON")
    func encoded() throws {
        let open = try Door.Open(who: "Eve").encodedMessage()
        #expect(open == EncodedMessage(name: "open", payload: Array(#"{"who":"Eve"}"#.utf8)))
        #expect(try Door.Knock().encodedMessage() == EncodedMessage(name: "knock", payload: Array("{}".utf8)))
        #expect(try Door.Look().encodedMessage() == EncodedMessage(name: "look", payload: Array("{}".utf8)))
    }

    @Test("a message that is not listed, has no JSON or is too large is not sent")
    func notEncoded() throws {
        #expect(code { () throws(Failure) in _ = try Door.Unlisted().encodedMessage() } == .unknownCommand)
        #expect(code { () throws(Failure) in _ = try Door.UnlistedLook().encodedMessage() } == .unknownQuery)
        #expect(code { () throws(Failure) in _ = try Door.Paint(thickness: .nan).encodedMessage() } == .malformed)
        let long = String(repeating: "x", count: 1 << 20)
        #expect(code { () throws(Failure) in _ = try Door.Open(who: long).encodedMessage() } == .tooLarge)
    }

    @Test("a reply comes back typed, with its receipt")
    func reply() throws {
        let raw = Receipt(reply: Array(#""come in""#.utf8), shard: Self.shard, index: LogIndex(9), term: Term(2), revision: 4)
        let receipt = try Door.Knock.receipt(from: .replied(raw))
        #expect(receipt == Receipt(reply: "come in", shard: Self.shard, index: LogIndex(9), term: Term(2), revision: 4))
        #expect(try Door.Look.reply(from: Array("true".utf8)))
    }

    @Test("a refusal comes back typed")
    func refusal() {
        #expect(throws: CommandError.refused(Door.AlreadyOpen(since: 3))) {
            try Door.Open.receipt(from: .refused(json: Array(#"{"since":3}"#.utf8), message: "it is open"))
        }
    }

    @Test("the other ends of a command come back as what they are")
    func failures() {
        let failure = Failure(.overloaded, "later", retryAfterMilliseconds: 5)
        #expect(throws: CommandError<Door.AlreadyOpen>.notCommitted(failure)) {
            try Door.Open.receipt(from: .notCommitted(failure))
        }
        #expect(throws: CommandError<Door.AlreadyOpen>.outcomeUnknown(failure)) {
            try Door.Open.receipt(from: .outcomeUnknown(failure))
        }
    }

    @Test("a reply that cannot be read does not pass for one that never was; an unreadable refusal keeps its text")
    func unreadable() throws {
        let raw = Receipt(reply: Array("7".utf8), shard: Self.shard, index: LogIndex(9), term: Term(2), revision: 4)
        do {
            _ = try Door.Knock.receipt(from: .replied(raw))
            Issue.record("7 is not a text")
        } catch {
            guard case .outcomeUnknown(let failure) = error else { throw error }
            #expect(failure.code == .unreadableReply)
        }
        do {
            _ = try Door.Knock.receipt(from: .refused(json: Array("{}".utf8), message: "no visitors"))
            Issue.record("a knock has no refusal")
        } catch {
            guard case .notCommitted(let failure) = error else { throw error }
            #expect(failure.code == .unreadableReply)
            #expect(failure.message.contains("no visitors"))
        }
        #expect(code { () throws(Failure) in _ = try Door.Look.reply(from: Array("1".utf8)) } == .unreadableReply)
    }

    private func code(_ body: () throws(Failure) -> Void) -> Failure.Code? {
        do throws(Failure) {
            try body()
            return nil
        } catch {
            return error.code
        }
    }
}

@Suite("The counter")
struct CounterTests {
    @Test("its JSON is what the contract says")
    func json() throws {
        var counter = Counter()
        counter.apply(.incremented(by: 15))
        #expect(String(decoding: try JSON.encode(counter), as: UTF8.self) == #"{"balance":15}"#)
        #expect(
            String(decoding: try JSON.encode(Counter.Event.incremented(by: 10)), as: UTF8.self)
                == #"{"incremented":{"by":10}}"#)
        #expect(String(decoding: try JSON.encode(Counter.Increment(by: -3)), as: UTF8.self) == #"{"by":-3}"#)
        #expect(Counter.commands.listed.map(\.name) == ["increment"])
        #expect(Counter.queries.listed.map(\.name) == ["balance"])
        #expect(Counter.kind == "counter")
    }

    @Test("an increment adds, downwards too, and replies with the sum")
    func increment() throws {
        var counter = Counter()
        counter.balance = 15
        let decision = try Counter.Increment(by: -20).decide(counter)
        #expect(decision.events == [.incremented(by: -20)])
        #expect(decision.reply == -5)
        #expect(Counter.Balance().answer(counter) == 15)
    }

    @Test("an increment that would leave the 64-bit range is refused", arguments: [(Int64.max, Int64(1)), (.min, -1)])
    func overflow(_ balance: Int64, _ by: Int64) {
        var counter = Counter()
        counter.balance = balance
        #expect(throws: Counter.Overflow(balance: balance, by: by)) { try Counter.Increment(by: by).decide(counter) }
        #expect(throws: Never.self) { try Counter.Increment(by: -by).decide(counter) }
    }
}
