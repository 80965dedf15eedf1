import Entities
import Primitives
import Testing

@testable import Shards

@Suite("Exactly once")
struct ExactlyOnceTests {
    @Test("a retry while the original is pending waits for it", arguments: [RequestID.request(1), .key("k")])
    func pending(_ id: RequestID) throws {
        var leader = try Leader()
        try leader.send(.increment(by: 10, id))
        #expect(try leader.send(.increment(by: 10, id, isRetry: true)) == .attach(LogIndex(2)))
        try leader.commit()
        #expect(try leader.replica.ask("alice").json == "10")
    }

    @Test("a retry after the commit gets the first answer", arguments: [RequestID.request(1), .key("k")])
    func committed(_ id: RequestID) throws {
        var leader = try Leader()
        let first = try #require(try leader.run(.increment(by: 10, id)))
        _ = try leader.run(.increment(by: 1))
        #expect(try leader.send(.increment(by: 10, id, isRetry: true)) == .done(first))
        #expect(first.outcome.text == "10")
        #expect(try leader.replica.ask("alice").json == "11")
    }

    @Test(
        "a retry after a checkpoint and a restart gets the first answer", arguments: [RequestID.request(1), .key("k")])
    func restarted(_ id: RequestID) throws {
        var leader = try Leader()
        let first = try #require(try leader.run(.increment(by: 10, id)))
        try leader.replica.checkpoint()
        #expect(try leader.send(.increment(by: 10, id, isRetry: true)) == .done(first))
        try leader.replica.restart()
        #expect(try leader.send(.increment(by: 10, id, isRetry: true)) == .done(first))
        try leader.replica.restart()
        #expect(try leader.send(.increment(by: 10, id, isRetry: true)) == .done(first))
    }

    @Test("a retry at another replica gets the first answer", arguments: [RequestID.request(1), .key("k")])
    func failover(_ id: RequestID) throws {
        var leader = try Leader()
        let first = try #require(try leader.run(.increment(by: 10, id)))
        var next = leader
        next.replica = try Replica()
        try next.replica.follow(leader.log)
        #expect(try next.send(.increment(by: 10, id, isRetry: true)) == .done(first))
    }

    @Test("the same id with another payload or command is a conflict, pending or committed")
    func conflict() throws {
        var leader = try Leader()
        for id in [RequestID.request(1), .key("k")] {
            try leader.send(.increment(by: 10, id))
            #expect(try leader.send(.increment(by: 11, id)).code == .conflict)
            try leader.commit()
            #expect(try leader.send(.increment(by: 11, id)).code == .conflict)
            #expect(try leader.send(.note("alice", "other", #"{"by":10}"#, id)).code == .conflict)
        }
        #expect(try leader.replica.ask("alice").json == "20")
    }

    @Test("a key belongs to its entity; a session's number belongs to the shard")
    func scopes() throws {
        var leader = try Leader()
        _ = try leader.run(.increment("alice", by: 1, .key("k")))
        _ = try leader.run(.increment("bob", by: 2, .key("k")))
        #expect(try leader.replica.ask("bob").json == "2")
        _ = try leader.run(.increment("alice", by: 1, .request(1)))
        #expect(try leader.send(.increment("bob", by: 1, .request(1))).code == .conflict)
    }

    @Test("lost leadership drops what was proposed: a retry is decided anew if it was not committed")
    func lostAndNotCommitted() throws {
        var leader = try Leader()
        try leader.send(.increment(by: 10, .request(1)))
        try leader.send(.increment(by: 20, .key("k")))
        leader.replica.machine.lostLeadership()
        leader.log.truncate(after: LogIndex(1))
        leader.log.term = Term(2)
        leader.log.append(.empty)
        try leader.commit()
        #expect(try leader.replica.ask("alice").json == "0")
        #expect(try leader.run(.increment(by: 10, .request(1), isRetry: true))?.outcome.text == "10")
        #expect(try leader.run(.increment(by: 20, .key("k"), isRetry: true))?.outcome.text == "30")
    }

    @Test("lost leadership drops what was proposed: a retry gets the first answer if it was committed after all")
    func lostAndCommitted() throws {
        var leader = try Leader()
        try leader.send(.increment(by: 10, .request(1)))
        try leader.send(.increment(by: 20, .key("k")))
        leader.replica.machine.lostLeadership()
        leader.log.term = Term(2)
        leader.log.append(.empty)
        let replies = try leader.commit().map(\.reply)
        #expect(replies.map(\.outcome.text) == ["10", "30"])
        #expect(try leader.send(.increment(by: 10, .request(1), isRetry: true)) == .done(replies[0]))
        #expect(try leader.send(.increment(by: 20, .key("k"), isRetry: true)) == .done(replies[1]))
    }

    @Test("another leader's entry in place of a proposal drops all proposals, even if nobody said so")
    func replaced() throws {
        var leader = try Leader()
        try leader.send(.increment(by: 10, .request(1)))
        try leader.send(.increment(by: 10, .request(2)))
        leader.log.truncate(after: LogIndex(1))
        leader.log.term = Term(2)
        var other = try Replica()
        try other.follow(leader.log)
        guard case .propose(let payload) = try other.submit(.increment(by: 3, .request(2, of: 8))) else {
            throw Unexpected("no proposal")
        }
        leader.log.append(.record, payload)
        try leader.commit()
        #expect(leader.replica.machine.proposed == 0)
        #expect(try leader.replica.ask("alice").json == "3")
    }

    @Test("a refusal of a retry is recorded, so that a late copy of the first attempt gets it too")
    func recordedRefusal() throws {
        var leader = try Leader()
        _ = try leader.run(.increment(by: .max, .request(1)))
        let refused = try #require(try leader.run(.increment(by: 1, .request(2), isRetry: true)))
        #expect(refused.outcome.isRefusal)
        #expect(refused.revision == 1)
        _ = try leader.run(.increment(by: -5, .request(3)))
        // The copy that was delayed: it would succeed now.
        #expect(try leader.send(.increment(by: 1, .request(2))) == .done(refused))
    }

    @Test("what is decided without events under a key is recorded: reply and refusal, with its message")
    func recordedEventless() throws {
        var leader = try Leader(KindRuntime(Notes.self))
        let count = try #require(try leader.run(.note("n", "count", "", .key("c"))))
        let refusal = try #require(try leader.run(.note("n", "write", #"{"line":""}"#, .key("w"))))
        _ = try leader.run(.note("n", "write", #"{"line":"x"}"#))
        #expect(count.outcome == Outcome(json: [0x30]))
        #expect(refusal.outcome.text == #"{"empty":{}}"#)
        #expect(refusal.outcome.refusalMessage == #"there is "nothing" to write"#)
        #expect(refusal.revision == 0)
        var follower = Leader(replica: try Replica(KindRuntime(Notes.self)), log: leader.log)
        try follower.replica.follow(leader.log)
        for _ in 0..<2 {
            #expect(try follower.send(.note("n", "count", "", .key("c"))) == .done(count))
            #expect(try follower.send(.note("n", "write", #"{"line":""}"#, .key("w"))) == .done(refusal))
            try follower.replica.checkpoint()
            try follower.replica.restart()
        }
    }

    @Test("without a request id a command is decided every time")
    func noID() throws {
        var leader = try Leader()
        _ = try leader.run(.increment(by: 1))
        #expect(try leader.run(.increment(by: 1))?.outcome.text == "2")
    }
}

extension Leader {
    init(replica: Replica, log: SharedLog) {
        self.replica = replica
        self.log = log
    }
}
