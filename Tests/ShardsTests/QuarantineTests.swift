import Entities
import Primitives
import Testing

@testable import Shards

/// The kind "light" as an older program knows it.
struct OldLight: Entity {
    static let kind = "light"
    static let commands: Commands<Self> = ["flip": Flip.self]

    var isOn = false
    enum Event: Codable, Sendable { case flipped }
    mutating func apply(_ event: Event) { isOn.toggle() }

    struct Flip: Command {
        func decide(_: OldLight) -> Decision<Event, Done> { Decision(.flipped) }
    }
}

/// The same kind in a newer program: with one more event.
struct NewLight: Entity {
    static let kind = "light"
    static let commands: Commands<Self> = ["flip": Flip.self, "paint": Paint.self]

    var isOn = false
    var color: String?
    enum Event: Codable, Sendable {
        case flipped
        case painted(color: String)
    }
    mutating func apply(_ event: Event) {
        switch event {
        case .flipped: isOn.toggle()
        case .painted(let color): self.color = color
        }
    }

    struct Flip: Command {
        func decide(_: NewLight) -> Decision<Event, Done> { Decision(.flipped) }
    }
    struct Paint: Command {
        var color: String
        func decide(_: NewLight) -> Decision<Event, Done> { Decision(.painted(color: color)) }
    }
}

/// Its JSON is a bare number, or null for 0.
struct Gauge: Entity {
    static let kind = "gauge"
    static let commands: Commands<Self> = ["add": Add.self]

    var level: Double = 0
    enum Event: Codable, Sendable { case added(Double) }
    mutating func apply(_ event: Event) { if case .added(let amount) = event { level += amount } }

    init() {}
    init(from decoder: any Decoder) throws {
        level = try decoder.singleValueContainer().decode(Double?.self) ?? 0
    }
    func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(level)
    }

    struct Add: Command {
        var amount: Double
        func decide(_: Gauge) -> Decision<Event, Done> { Decision(.added(amount)) }
    }
}

@Suite("Quarantine")
struct QuarantineTests {
    static let new = KindRuntime(NewLight.self)
    static let old = KindRuntime(OldLight.self)
    static let paint = CommandRequest.note("hall", "paint", #"{"color":"red"}"#)

    @Test("an event that a program cannot read quarantines its entity there, and the shard goes on")
    func quarantined() throws {
        var leader = try Leader(Self.new)
        var follower = try Replica(Self.old)
        _ = try leader.run(.note("hall", "flip"))
        _ = try leader.run(Self.paint)
        _ = try leader.run(.note("hall", "flip"))
        _ = try leader.run(.note("attic", "flip"))
        let applied = try follower.follow(leader.log)
        #expect(applied.map(\.reply.revision) == [1, 2, 3, 1])
        #expect(try follower.state("hall").code == .quarantined)
        #expect(try follower.submit(.note("hall", "flip")).code == .quarantined)
        #expect(try follower.state("attic").json == #"{"isOn":true}"#)
    }

    @Test("a quarantined entity keeps its last good state and its events, over checkpoints and restarts")
    func kept() throws {
        var leader = try Leader(Self.new)
        var follower = try Replica(Self.old)
        _ = try leader.run(.note("hall", "flip"))
        _ = try leader.run(Self.paint)
        try follower.follow(leader.log)
        try follower.checkpoint()
        _ = try leader.run(.note("hall", "flip"))
        try follower.restart()
        try follower.follow(leader.log)
        try follower.checkpoint()
        #expect(
            follower.journal.entities[Array("hall".utf8)]
                == StoredState(
                    revision: 1, state: Array(#"{"isOn":true}"#.utf8),
                    unapplied: Array(#"[{"painted":{"color":"red"}},{"flipped":{}}]"#.utf8)))
        try follower.restart()
        #expect(try follower.state("hall").code == .quarantined)
    }

    @Test("a program that can read the events heals the entity")
    func healed() throws {
        var leader = try Leader(Self.new)
        var follower = try Replica(Self.old)
        _ = try leader.run(.note("hall", "flip"))
        _ = try leader.run(Self.paint)
        _ = try leader.run(.note("hall", "flip"))
        try follower.follow(leader.log)
        try follower.checkpoint()
        _ = try leader.run(.note("hall", "flip"))
        try follower.follow(leader.log)
        try follower.restart(Self.new)
        try follower.follow(leader.log)
        #expect(try follower.state("hall").json == #"{"isOn":true,"color":"red"}"#)
        #expect(try follower.state("hall").revision == 4)
        #expect(try follower.image() == leader.replica.image())
    }

    @Test("a state that a program cannot read quarantines its entity, and stays as it was")
    func unreadableState() throws {
        var leader = try Leader()
        _ = try leader.run(.increment(by: 1))
        try leader.replica.checkpoint()
        let damaged = Array(#"{"balance":"one"}"#.utf8)
        leader.replica.journal.entities[Array("alice".utf8)]?.state = damaged
        try leader.replica.restart()
        #expect(try leader.replica.ask("alice").code == .quarantined)
        #expect(try leader.send(.increment(by: 1)).code == .quarantined)
        #expect(try leader.run(.increment("bob", by: 1))?.outcome.text == "1")
        var record = try EntryRecord(encoded: leader.log[LogIndex(2)].payload)
        record.firstRevision = 2
        leader.log.append(.record, record.encoded())
        try leader.commit()
        try leader.replica.checkpoint()
        #expect(
            leader.replica.journal.entities[Array("alice".utf8)]
                == StoredState(
                    revision: 1, state: damaged, unapplied: Array(#"[{"incremented":{"by":1}}]"#.utf8)))
    }

    @Test("a state that has no JSON is stored as quarantined, and the shard goes on")
    func unencodableState() throws {
        var leader = try Leader(KindRuntime(Notes.self))
        _ = try leader.run(.note("n", "weigh", #"{"weight":1e308}"#))
        _ = try leader.run(.note("n", "weigh", #"{"weight":1e308}"#))
        _ = try leader.run(.note("m", "write", #"{"line":"x"}"#))
        #expect(try leader.replica.state("n").code == .unstorable)
        try leader.replica.checkpoint()
        #expect(
            leader.replica.journal.entities[Array("n".utf8)]
                == StoredState(revision: 2, state: Array("null".utf8), unapplied: Array("[]".utf8)))
        try leader.replica.restart()
        #expect(try leader.replica.state("n").code == .quarantined)
        #expect(try leader.replica.ask("m", "lines").json == #"["x"]"#)
    }

    @Test("a lost state is not taken for one, even by a type that reads null")
    func lostState() throws {
        var leader = try Leader(KindRuntime(Gauge.self))
        _ = try leader.run(.note("g", "add", #"{"amount":1e308}"#))
        #expect(try leader.replica.state("g").json == "1e+308")
        _ = try leader.run(.note("g", "add", #"{"amount":1e308}"#))
        try leader.replica.checkpoint()
        try leader.replica.restart()
        #expect(try leader.replica.state("g").code == .quarantined)
    }

    @Test("entries that are damaged are errors")
    func damaged() throws {
        var leader = try Leader()
        _ = try leader.run(.increment(by: 1))
        let good = leader.log[LogIndex(2)].payload
        for count in 0..<good.count {
            var log = leader.log
            log.entries[1].payload = Array(good[..<count])
            var follower = try Replica()
            #expect(throws: MalformedBytes.self) { try follower.follow(log) }
        }
    }
}

@Suite("Arrays of events")
struct EventArrayTests {
    @Test(
        "elements are counted without being read",
        arguments: [
            ("[]", 0), ("[1]", 1), ("[1,2]", 2), (#"[{"a":[1,2,{"b":3}]},"x,\"],[",[[],[]]]"#, 3),
            (#"["\\","\\\"",","]"#, 3),
        ])
    func count(_ text: String, _ count: Int) {
        #expect(EventArray.count(Array(text.utf8)) == count)
    }

    @Test("what is no array has no count", arguments: ["", "[", "]", "{}", "[[]", #"["]"#, "[}]"])
    func noArray(_ text: String) {
        #expect(EventArray.count(Array(text.utf8)) == nil)
    }

    @Test("arrays are joined in order, empty ones vanish")
    func joined() {
        let joined = EventArray.joined(["[1,2]", "[]", "[3]"].map { Array($0.utf8) })
        #expect(String(decoding: joined, as: UTF8.self) == "[1,2,3]")
        #expect(EventArray.joined([]) == [0x5B, 0x5D])
    }
}
