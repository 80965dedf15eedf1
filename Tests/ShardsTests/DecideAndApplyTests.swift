import Entities
import Primitives
import Testing

@testable import Shards

@Suite("Deciding and applying")
struct DecideAndApplyTests {
    @Test("a command becomes a record that says what it did")
    func record() throws {
        var leader = try Leader()
        let submission = try leader.send(.increment(by: 10, .request(1)), wall: WallTime(milliseconds: 99))
        guard case .propose(let payload) = submission else { throw Unexpected("\(submission)") }
        let record = try EntryRecord(encoded: payload)
        #expect(String(decoding: record.entity, as: UTF8.self) == "alice")
        #expect(record.firstRevision == 1)
        #expect(String(decoding: record.events, as: UTF8.self) == #"[{"incremented":{"by":10}}]"#)
        #expect(String(decoding: record.reply, as: UTF8.self) == "10")
        #expect(record.request == .request(1))
        #expect(record.recordedAt == WallTime(milliseconds: 99))
    }

    @Test("a committed command answers with its reply and where it stands")
    func applied() throws {
        var leader = try Leader()
        _ = try leader.run(.increment(by: 10))
        let reply = try #require(try leader.run(.increment(by: 5)))
        #expect(reply.outcome.text == "15")
        #expect(reply.index == LogIndex(3))
        #expect(reply.term == Term(1))
        #expect(reply.revision == 2)
    }

    @Test("commands are decided on what is proposed, without waiting for it to commit")
    func speculation() throws {
        var leader = try Leader()
        for _ in 0..<5 { try leader.send(.increment(by: 2)) }
        let replies = try leader.commit().map(\.reply.outcome.text)
        #expect(replies == ["2", "4", "6", "8", "10"])
    }

    @Test("a read of the newest state names the entry that it rests on; a local read does not see it")
    func dirtyRead() throws {
        var leader = try Leader()
        try leader.send(.increment(by: 10))
        try leader.send(.increment("bob", by: 1))
        #expect(try leader.replica.ask("alice") == .answer(ReadAnswer(json: [0x31, 0x30], revision: 1), after: LogIndex(2)))
        #expect(
            try leader.replica.ask("alice", on: .committed)
                == .answer(ReadAnswer(json: [0x30], revision: 0), after: LogIndex(1)))
        try leader.commit()
        #expect(
            try leader.replica.ask("alice", on: .committed)
                == .answer(ReadAnswer(json: [0x31, 0x30], revision: 1), after: LogIndex(3)))
    }

    @Test("a refusal waits for what it was decided on, and changes nothing")
    func refusal() throws {
        var leader = try Leader()
        try leader.send(.increment(by: .max))
        let submission = try leader.send(.increment(by: 1))
        guard case .answer(let answer, let after) = submission else { throw Unexpected("\(submission)") }
        #expect(after == LogIndex(2))
        #expect(answer.outcome.isRefusal)
        #expect(answer.outcome.text == #"{"balance":9223372036854775807,"by":1}"#)
        #expect(answer.outcome.refusalMessage?.contains("not a 64-bit integer") == true)
        #expect(answer.revision == 1)
        try leader.commit()
        #expect(try leader.replica.state("alice").json == #"{"balance":9223372036854775807}"#)
    }

    @Test("a reply without events is not recorded")
    func eventless() throws {
        var leader = try Leader(KindRuntime(Notes.self))
        let submission = try leader.send(.note("n", "count", "", .request(1)))
        #expect(submission == .answer(Answer(outcome: Outcome(json: [0x30]), revision: 0), after: LogIndex(1)))
    }

    @Test("several events of one command take effect together")
    func severalEvents() throws {
        var leader = try Leader(KindRuntime(Notes.self))
        let reply = try #require(try leader.run(.note("n", "write-all", #"{"lines":["a","b,]\"","c"]}"#)))
        #expect(reply.revision == 3)
        #expect(reply.outcome.text == "{}")
        var follower = try Replica(KindRuntime(Notes.self))
        try follower.follow(leader.log)
        #expect(try follower.ask("n", "lines", on: .committed).json == #"["a","b,]\"","c"]"#)
        #expect(try follower.image() == leader.replica.image())
    }

    @Test("an event that cannot be written, or not be read back, never reaches the journal")
    func badEvents() throws {
        var leader = try Leader(KindRuntime(Notes.self))
        #expect(try leader.send(.note("n", "spoil")).code == .unstorable)
        #expect(try leader.send(.note("n", "cheat")).code == .unstorable)
        #expect(leader.log.last == LogIndex(1))
        #expect(try leader.run(.note("n", "write", #"{"line":"x"}"#)) != nil)
    }

    @Test("what is malformed is rejected with a reason", arguments: Bad.all)
    func malformed(_ bad: Bad) throws {
        var leader = try Leader()
        #expect(try leader.send(bad.command).code == bad.code)
        #expect(leader.log.last == LogIndex(1))
        #expect(try leader.run(.increment("a", by: 1))?.outcome.text == "1")
    }

    struct Bad: Sendable, CustomTestStringConvertible {
        var testDescription: String
        var command: CommandRequest
        var code = Failure.Code.malformed

        static let all: [Bad] = [
            Bad(testDescription: "no entity id", command: .increment("", by: 1)),
            Bad(testDescription: "a long entity id", command: .increment(String(repeating: "x", count: 513), by: 1)),
            Bad(testDescription: "an entity id that is not UTF-8", command: plain([0xFF], "{}")),
            Bad(testDescription: "a missing field", command: plain([0x61], "{}")),
            Bad(testDescription: "an empty payload", command: plain([0x61], "")),
            Bad(testDescription: "no JSON", command: plain([0x61], "nonsense")),
            Bad(testDescription: "a number over 64 bits", command: plain([0x61], #"{"by":9223372036854775808}"#)),
            Bad(testDescription: "an unknown command", command: .note("a", "decrement"), code: .unknownCommand),
            Bad(testDescription: "a command without a name", command: .note("a", ""), code: .unknownCommand),
            Bad(
                testDescription: "a large payload",
                command: plain([0x61], String(repeating: " ", count: 1 << 20 + 1)), code: .tooLarge),
            Bad(testDescription: "an empty key", command: .increment(by: 1, .key(""))),
            Bad(
                testDescription: "a long key",
                command: .increment(by: 1, .key(String(repeating: "k", count: 256)))),
            Bad(testDescription: "a key that is not UTF-8", command: .increment(by: 1, .key([0xC3]))),
            Bad(testDescription: "request number 0", command: .increment(by: 1, .request(0, below: 0))),
            Bad(
                testDescription: "a request that is acknowledged by itself",
                command: .increment(by: 1, .request(3, below: 4))),
        ]

        private static func plain(_ entity: [UInt8], _ payload: String) -> CommandRequest {
            CommandRequest(entity: entity, name: "increment", payload: Array(payload.utf8))
        }
    }

    @Test("an unknown query is rejected; one for an entity that nobody touched is answered and leaves nothing in memory")
    func queries() throws {
        var leader = try Leader()
        #expect(try leader.replica.ask("alice", "age").code == .unknownQuery)
        #expect(try leader.replica.ask("alice").json == "0")
        #expect(try leader.replica.state("alice").json == #"{"balance":0}"#)
        #expect(try leader.replica.ask("").code == .malformed)
        #expect(leader.replica.machine.entities.count == 0)
    }

    @Test("events over the limit are rejected")
    func largeEvents() throws {
        var leader = try Leader(KindRuntime(Notes.self))
        let line = String(repeating: "é", count: (1 << 19) - 10)
        #expect(try leader.send(.note("n", "write", #"{"line":"\#(line)"}"#)).code == .tooLarge)
        #expect(leader.log.last == LogIndex(1))
    }

    @Test("an abandoned proposal leaves no trace")
    func abandoned() throws {
        var leader = try Leader()
        guard case .propose = leader.replica.machine.submit(.increment(by: 1, .request(1)), wall: .zero) else {
            throw Unexpected("no proposal")
        }
        leader.replica.machine.abandonProposal()
        #expect(try leader.replica.ask("alice").json == "0")
        #expect(try leader.run(.increment(by: 1, .request(1)))?.outcome.text == "1")
    }

    @Test("a record that does not follow on its entity is an error, not a guess")
    func gap() throws {
        var leader = try Leader()
        _ = try leader.run(.increment(by: 1))
        var log = leader.log
        var record = try EntryRecord(encoded: log[LogIndex(2)].payload)
        record.firstRevision = 3
        log.append(.record, record.encoded())
        log.commit = log.last
        var follower = try Replica()
        #expect(throws: MalformedBytes.self) { try follower.follow(log) }
        #expect(throws: MalformedBytes.self) { try leader.replica.follow(log) }
    }
}

struct Unexpected: Error, CustomStringConvertible {
    var description: String
    init(_ description: String) { self.description = description }
}
