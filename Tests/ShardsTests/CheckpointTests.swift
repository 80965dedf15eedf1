import Entities
import Primitives
import Testing

@testable import Shards

@Suite("Checkpoints and loading")
struct CheckpointTests {
    @Test("a checkpoint has what changed since the last, with the place in the log that it stands at")
    func content() throws {
        var leader = try Leader()
        _ = try leader.run(.increment("alice", by: 10))
        _ = try leader.run(.increment("bob", by: 1))
        #expect(leader.replica.machine.dirtyEntries == 2)
        #expect(leader.replica.machine.dirtyBytes > 100)
        let first = try #require(try leader.replica.checkpoint())
        #expect(first.index == LogIndex(3))
        #expect(first.term == Term(1))
        #expect(first.checksum == leader.log[LogIndex(3)].checksum)
        #expect(first.entities.map { String(decoding: $0.entity, as: UTF8.self) } == ["alice", "bob"])
        #expect(first.entities[0].stored() == StoredState(revision: 1, state: Array(#"{"balance":10}"#.utf8)))
        #expect(leader.replica.machine.dirtyEntries == 0)
        #expect(leader.replica.machine.dirtyBytes == 0)
        _ = try leader.run(.increment("bob", by: 1))
        let second = try #require(try leader.replica.checkpoint())
        #expect(second.entities.map { String(decoding: $0.entity, as: UTF8.self) } == ["bob"])
        #expect(try leader.replica.checkpoint() == nil)
    }

    @Test("one checkpoint is under way at a time, and it is handed out once")
    func oneAtATime() throws {
        var leader = try Leader()
        _ = try leader.run(.increment(by: 1))
        #expect(leader.replica.machine.makeCheckpoint() == nil)
        #expect(leader.replica.machine.beginCheckpoint() == LogIndex(2))
        #expect(leader.replica.machine.beginCheckpoint() == nil)
        let checkpoint = try leader.replica.made()
        #expect(leader.replica.machine.makeCheckpoint() == nil)
        #expect(leader.replica.machine.beginCheckpoint() == nil)
        leader.replica.journal.write(checkpoint)
        leader.replica.machine.checkpointWritten(LogIndex(2))
        #expect(leader.replica.machine.beginCheckpoint() == nil)
    }

    @Test("what is proposed is not in a checkpoint")
    func onlyCommitted() throws {
        var leader = try Leader()
        _ = try leader.run(.increment(by: 1))
        try leader.send(.increment(by: 10, .request(1)))
        try leader.replica.checkpoint()
        #expect(leader.replica.journal.entities[Array("alice".utf8)]?.revision == 1)
        #expect(leader.replica.journal.sessions.isEmpty)
        try leader.commit()
        #expect(try leader.replica.ask("alice").json == "11")
    }

    @Test("commands and entries go on between the steps of a checkpoint, which keeps the state of its index")
    func meanwhile() throws {
        var leader = try Leader()
        _ = try leader.run(.increment(by: 1, .request(1)))
        _ = try leader.run(.increment(by: 2, .key("a")))
        let expected = try leader.replica.image()
        #expect(leader.replica.machine.beginCheckpoint() == LogIndex(3))
        _ = try leader.run(.increment(by: 4, .request(2)))
        _ = try leader.run(.increment("bob", by: 4, .key("b")))
        let checkpoint = try leader.replica.made()
        _ = try leader.run(.increment(by: 8, .request(3, below: 3)))
        leader.replica.journal.write(checkpoint)
        #expect(leader.replica.journal == expected)
        leader.replica.machine.checkpointWritten(checkpoint.index)
        #expect(try leader.replica.ask("alice").json == "15")

        var restored = leader.replica
        try restored.restart()
        try restored.follow(leader.log)
        #expect(try restored.image() == leader.replica.image())
    }

    @Test("an entity that is not loaded keeps its events unread until somebody asks")
    func unloadedFollower() throws {
        var leader = try Leader()
        _ = try leader.run(.increment("alice", by: 1))
        _ = try leader.run(.increment("bob", by: 1))
        var follower = try Replica()
        try follower.follow(leader.log)
        try follower.checkpoint()
        try follower.restart()
        _ = try leader.run(.increment("alice", by: 2))
        _ = try leader.run(.increment("alice", by: 3))
        _ = try leader.run(.increment("bob", by: 5))
        let applied = try follower.follow(leader.log)
        #expect(applied.map(\.reply.revision) == [2, 3, 2])
        #expect(applied.map(\.reply.outcome.text) == ["3", "6", "6"])
        #expect(follower.journal.loads == 0)
        #expect(try follower.ask("alice", on: .committed).json == "6")
        #expect(follower.journal.loads == 1)
        // The checkpoint loads bob alone.
        #expect(try follower.image() == leader.replica.image())
        try follower.checkpoint()
        #expect(follower.journal.loads == 2)
    }

    @Test("a checkpoint over an entity that is not loaded has its state as of the checkpoint, not of the load")
    func unloadedMeanwhile() throws {
        var leader = try Leader()
        _ = try leader.run(.increment("alice", by: 1))
        _ = try leader.run(.increment("bob", by: 1))
        try leader.replica.checkpoint()
        var follower = leader.replica
        try follower.restart()
        _ = try leader.run(.increment("alice", by: 2))
        _ = try leader.run(.increment("bob", by: 2))
        try follower.follow(leader.log)
        let index = follower.machine.applied
        #expect(follower.machine.beginCheckpoint() == index)
        let expected = try leader.replica.image()
        _ = try leader.run(.increment("alice", by: 4))
        _ = try leader.run(.increment("carol", by: 1))
        try follower.follow(leader.log)

        #expect(follower.machine.makeCheckpoint() == nil)
        let requests = follower.machine.loadsForCheckpoint(limit: 1)
        #expect(requests.map { String(decoding: $0.entity, as: UTF8.self) } == ["alice"])
        let other = follower.machine.loadsForCheckpoint(limit: 10)
        #expect(other.map { String(decoding: $0.entity, as: UTF8.self) } == ["bob"])
        #expect(follower.machine.loadsForCheckpoint(limit: 10).isEmpty)
        for request in requests + other {
            #expect(follower.machine.makeCheckpoint() == nil)
            try follower.machine.loaded(request, follower.journal.answer(request))
        }
        let checkpoint = try follower.made()
        #expect(checkpoint.index == index)
        follower.journal.write(checkpoint)
        #expect(follower.journal == expected)
        follower.machine.checkpointWritten(index)
        #expect(try follower.image() == leader.replica.image())
    }

    @Test("a read that loads an entity serves the checkpoint that waits for it as well")
    func loadedByRead() throws {
        var leader = try Leader()
        _ = try leader.run(.increment(by: 1))
        try leader.replica.checkpoint()
        try leader.replica.restart()
        var follower = leader.replica
        leader.log.append(.record, try #require(try Self.payload(leader)))
        leader.log.commit = leader.log.last
        try follower.follow(leader.log)
        _ = follower.machine.beginCheckpoint()
        #expect(try follower.ask("alice", on: .committed).json == "3")
        let checkpoint = try follower.made()
        #expect(checkpoint.entities.map { $0.stored().revision } == [2])
    }

    private static func payload(_ leader: Leader) throws -> [UInt8]? {
        var copy = leader
        guard case .propose(let payload) = try copy.send(.increment(by: 2)) else { return nil }
        return payload
    }

    @Test("a load that comes after a newer checkpoint is ignored and asked for again")
    func staleLoad() throws {
        var leader = try Leader(settings: SessionTests.settings { $0.cleanEntitiesMax = 1 })
        for name in ["a", "b"] { _ = try leader.run(.increment(name, by: 1)) }
        try leader.replica.checkpoint()
        try leader.replica.restart()
        guard case .needs(let request) = leader.replica.machine.submit(.increment("a", by: 1), wall: .zero) else {
            throw Unexpected("no load is needed")
        }
        let late = leader.replica.journal.answer(request)
        // Meanwhile the entity is loaded, changed, checkpointed and evicted.
        _ = try leader.run(.increment("a", by: 10))
        try leader.replica.checkpoint()
        #expect(try leader.replica.ask("b").json == "1")
        try leader.replica.machine.loaded(request, late)
        #expect(leader.replica.machine.entities.position(of: Array("a".utf8)) == nil)
        #expect(try leader.run(.increment("a", by: 1))?.outcome.text == "12")
    }

    @Test("a load that does not fit the log is an error, not a guess")
    func wrongLoad() throws {
        var leader = try Leader()
        _ = try leader.run(.increment(by: 1))
        try leader.replica.checkpoint()
        var follower = leader.replica
        try follower.restart()
        _ = try leader.run(.increment(by: 1))
        try follower.follow(leader.log)
        follower.journal.entities = [:]
        #expect(throws: MalformedBytes.self) { try follower.ask("alice", on: .committed) }
    }

    @Test("entities that equal their checkpoint leave memory, the one unused longest first")
    func eviction() throws {
        var leader = try Leader(settings: SessionTests.settings { $0.cleanEntitiesMax = 3 })
        for number in 0..<10 { _ = try leader.run(.increment("e\(number)", by: Int64(number))) }
        #expect(leader.replica.machine.entities.count == 10)
        try leader.replica.checkpoint()
        #expect(leader.replica.machine.entities.count == 3)
        for number in 0..<10 { #expect(try leader.replica.ask("e\(number)").json == "\(number)") }
        #expect(leader.replica.machine.entities.count == 3)
        #expect(try leader.replica.ask("e7").json == "7")
        #expect(try leader.replica.ask("e1").json == "1")
        #expect(leader.replica.machine.entities.position(of: Array("e7".utf8)) != nil)
        #expect(leader.replica.machine.entities.position(of: Array("e8".utf8)) == nil)
        // What is proposed keeps its entity; what nobody has touched is bounded as well.
        try leader.send(.increment("e1", by: 1))
        for number in 0..<20 { #expect(try leader.replica.ask("new\(number)").json == "0") }
        #expect(leader.replica.machine.entities.count == 4)
        try leader.commit()
        #expect(try leader.replica.ask("e1").json == "2")
    }

    @Test("memory for states is bounded in bytes")
    func evictionByBytes() throws {
        var leader = try Leader(KindRuntime(Notes.self), settings: SessionTests.settings { $0.cleanBytesMax = 5_000 })
        let line = String(repeating: "x", count: 2_000)
        for number in 0..<10 { _ = try leader.run(.note("n\(number)", "write", #"{"line":"\#(line)"}"#)) }
        try leader.replica.checkpoint()
        #expect(leader.replica.machine.entities.count == 2)
        for number in 0..<10 { #expect(try leader.replica.ask("n\(number)", "lines").json == #"["\#(line)"]"#) }
        #expect(leader.replica.machine.entities.count == 2)
    }

    @Test("an entity of many events is measured anew instead of crowding out the others")
    func estimate() throws {
        var leader = try Leader()
        for name in ["a", "b"] { _ = try leader.run(.increment(name, by: 1)) }
        while leader.replica.machine.dirtyBytes < 70_000 { _ = try leader.run(.increment("busy", by: 1)) }
        try leader.replica.checkpoint()
        #expect(leader.replica.machine.entities.position(of: Array("busy".utf8)) == nil)
        #expect(leader.replica.machine.entities.count == 2)
        let balance = try #require(try leader.replica.ask("busy").json)
        #expect(leader.replica.machine.entities.count == 3)
        #expect(try leader.run(.increment("busy", by: 1))?.outcome.text == "\((Int(balance) ?? 0) + 1)")
    }

    @Test("lost leadership lets go of entities that only proposals held")
    func evictionAfterLoss() throws {
        var leader = try Leader(settings: SessionTests.settings { $0.cleanEntitiesMax = 2 })
        for number in 0..<10 { try leader.send(.increment("e\(number)", by: 1)) }
        leader.replica.machine.lostLeadership()
        #expect(leader.replica.machine.entities.count == 2)
    }

    @Test("lost leadership lets go of an entity once, however many proposals it had")
    func evictionOfABusyEntity() throws {
        var leader = try Leader(settings: SessionTests.settings { $0.cleanEntitiesMax = 1 })
        for name in ["a", "b", "a", "c", "a"] { try leader.send(.increment(name, by: 1)) }
        leader.replica.machine.lostLeadership()
        // What was proposed commits after all, under another leader: each entity must have a slot of its own.
        try leader.commit()
        for (name, amount) in [("d", 4), ("e", 5), ("f", 6)] as [(String, Int64)] {
            _ = try leader.run(.increment(name, by: amount))
        }
        for (name, balance) in [("a", 3), ("b", 1), ("c", 1), ("d", 4), ("e", 5), ("f", 6)] {
            #expect(try leader.replica.ask(name, on: .committed).json == "\(balance)", "\(name)")
        }
    }

    @Test("a meta value that no checkpoint wrote is refused")
    func badMeta() throws {
        for text in ["x", "[]", #"{"newestKey":0,"keyBuckets":[{"through":1,"count":-1,"newest":0}]}"#] {
            var restored = RestoredShard.newborn
            restored.meta = Array(text.utf8)
            #expect(throws: MalformedBytes.self) {
                try ShardMachine(runtime: KindRuntime(Counter.self), settings: ShardSettings(), restored: restored)
            }
        }
    }
}
