import Entities
import Primitives
import Testing

@testable import Shards

@Suite("Sessions")
struct SessionTests {
    static func settings(_ change: (inout ShardSettings) -> Void) -> ShardSettings {
        var settings = ShardSettings()
        change(&settings)
        return settings
    }

    @Test("replies are kept until they are acknowledged, and their requests are never executed again")
    func acknowledged() throws {
        var leader = try Leader()
        for number in 1...4 as ClosedRange<UInt64> { _ = try leader.run(.increment(by: 1, .request(number))) }
        _ = try leader.run(.increment(by: 1, .request(5, below: 4)))
        let session = try #require(leader.replica.machine.sessions.session(of: 7))
        #expect(session.replies.map(\.number) == [4, 5])
        #expect(try leader.send(.increment(by: 1, .request(3), isRetry: true)).code == .alreadyAcknowledged)
        #expect(try leader.send(.increment(by: 1, .request(4), isRetry: true)).isProposal == false)
        #expect(try leader.replica.ask("alice").json == "5")
    }

    @Test("an acknowledgement counts as soon as it is proposed")
    func pendingAcknowledgement() throws {
        var leader = try Leader()
        try leader.send(.increment(by: 1, .request(5, below: 5)))
        #expect(try leader.send(.increment(by: 1, .request(3))).code == .alreadyAcknowledged)
        leader.replica.machine.lostLeadership()
        #expect(leader.replica.machine.sessions.count == 0)
    }

    @Test("requests of one session may come in any order")
    func anyOrder() throws {
        var leader = try Leader()
        let numbers: [UInt64] = [5, 2, 9, 1, 3]
        for number in numbers { try leader.send(.increment(by: Int64(number), .request(number))) }
        for (offset, number) in numbers.enumerated() {
            #expect(try leader.send(.increment(by: Int64(number), .request(number))) == .attach(LogIndex(2) + offset))
        }
        try leader.commit()
        #expect(leader.replica.machine.sessions.session(of: 7)?.replies.map(\.number) == [1, 2, 3, 5, 9])
        for number in numbers {
            guard case .done = try leader.send(.increment(by: Int64(number), .request(number))) else {
                throw Unexpected("\(number) is not done")
            }
        }
        #expect(try leader.send(.increment(by: 1, .request(4))).isProposal)
    }

    @Test("past the bound the session unused longest is forgotten, and is expired for ever")
    func expiry() throws {
        var leader = try Leader(settings: Self.settings { $0.sessionsMax = 2 })
        _ = try leader.run(.increment(by: 1, .request(1, of: 1, opened: 10)))
        _ = try leader.run(.increment(by: 1, .request(1, of: 2, opened: 20)))
        _ = try leader.run(.increment(by: 1, .request(2, of: 1, opened: 10)))
        _ = try leader.run(.increment(by: 1, .request(1, of: 3, opened: 30)))
        for _ in 0..<2 {
            #expect(try leader.send(.increment(by: 1, .request(1, of: 2, opened: 20))).code == .sessionExpired)
            // Unknown here, and no newer than one that was forgotten: it might have been.
            #expect(try leader.send(.increment(by: 1, .request(1, of: 9, opened: 20))).code == .sessionExpired)
            // Older, but remembered.
            guard case .done = try leader.send(.increment(by: 1, .request(1, of: 1, opened: 10))) else {
                throw Unexpected("a remembered session is gone")
            }
            try leader.replica.checkpoint()
            try leader.replica.restart()
        }
        #expect(leader.replica.journal.sessions.keys.sorted() == [1, 3])
        #expect(try leader.run(.increment(by: 1, .request(1, of: 9, opened: 21)))?.outcome.text == "5")
    }

    @Test("the order of use survives a checkpoint")
    func orderRestored() throws {
        var leader = try Leader(settings: Self.settings { $0.sessionsMax = 2 })
        _ = try leader.run(.increment(by: 1, .request(1, of: 1, opened: 10)))
        _ = try leader.run(.increment(by: 1, .request(1, of: 2, opened: 20)))
        _ = try leader.run(.increment(by: 1, .request(2, of: 1, opened: 10)))
        var restored = leader
        try restored.replica.checkpoint()
        try restored.replica.restart()
        _ = try leader.run(.increment(by: 1, .request(1, of: 3, opened: 30)))
        _ = try restored.run(.increment(by: 1, .request(1, of: 3, opened: 30)))
        #expect(try leader.replica.image() == restored.replica.image())
    }

    @Test("replies of all sessions are bounded in bytes")
    func bytes() throws {
        let perSession = SessionTable.sessionOverhead + SessionTable.replyOverhead + 1
        var leader = try Leader(settings: Self.settings { $0.sessionBytesMax = 3 * perSession })
        for client in 1...5 as ClosedRange<UInt64> {
            _ = try leader.run(.increment(by: 1, .request(1, of: client, opened: Int64(client))))
        }
        #expect(leader.replica.machine.sessions.count == 3)
        #expect(leader.replica.machine.sessions.bytes == 3 * perSession)
        try leader.replica.checkpoint()
        try leader.replica.restart()
        #expect(leader.replica.machine.sessions.bytes == 3 * perSession)
    }

    @Test("a session that a proposal will forget is not begun anew: its requests stay expired")
    func forgottenByProposal() throws {
        var leader = try Leader(settings: Self.settings { $0.sessionsMax = 1 })
        _ = try leader.run(.increment(by: 1, .request(1, of: 1, opened: 10)))
        // Both are decided while session 1 is known; the first makes the shard forget it.
        try leader.send(.increment(by: 1, .request(1, of: 2, opened: 20)))
        #expect(try leader.send(.increment(by: 1, .request(2, of: 1, opened: 10))).isProposal)
        try leader.commit()
        #expect(try leader.replica.ask("alice").json == "3")
        #expect(try leader.send(.increment(by: 1, .request(1, of: 1, opened: 10), isRetry: true)).code == .sessionExpired)
        #expect(try leader.send(.increment(by: 1, .request(2, of: 1, opened: 10), isRetry: true)).code == .sessionExpired)
    }

    @Test("a client that opens a newer session leaves the older one expired")
    func reopened() throws {
        var leader = try Leader()
        _ = try leader.run(.increment(by: 1, .request(1, opened: 10)))
        try leader.send(.increment(by: 1, .request(1, opened: 11)))
        #expect(try leader.send(.increment(by: 1, .request(2, opened: 10))).code == .sessionExpired)
        try leader.commit()
        #expect(try leader.send(.increment(by: 1, .request(1, opened: 10))).code == .sessionExpired)
        #expect(try leader.replica.ask("alice").json == "2")
    }

    @Test("of two replies to one request the first stands")
    func firstStands() {
        var table = SessionTable(settings: ShardSettings(), restored: [], forgottenOpened: .min)
        let request = SessionRequest(client: 1, opened: 1, number: 4, acknowledgedBelow: 2)
        let replies = ["1", "2"].map {
            StoredReply(
                index: LogIndex(9), term: Term(1), revision: 1, fingerprint: 0, outcome: Outcome(json: Array($0.utf8)))
        }
        for reply in replies { table.record(request, reply) }
        #expect(table.session(of: 1)?.reply(to: 4) == replies[0])
        #expect(table.bytes == SessionTable.sessionOverhead + SessionTable.replyOverhead + 1)
    }

    @Test("a client that never acknowledges is refused as overload")
    func tooManyReplies() throws {
        var leader = try Leader(settings: Self.settings { $0.sessionRepliesMax = 3 })
        _ = try leader.run(.increment(by: 1, .request(1)))
        try leader.send(.increment(by: 1, .request(2)))
        try leader.send(.increment(by: 1, .request(3)))
        #expect(try leader.send(.increment(by: 1, .request(4))).code == .overloaded)
        try leader.commit()
        #expect(try leader.send(.increment(by: 1, .request(4))).code == .overloaded)
        guard case .done = try leader.send(.increment(by: 1, .request(2))) else { throw Unexpected("not done") }
    }

    @Test("a client with too many bytes of unacknowledged replies is refused as overload")
    func tooManyReplyBytes() throws {
        var leader = try Leader(settings: Self.settings { $0.sessionReplyBytesMax = 200 })
        _ = try leader.run(.increment(by: 1, .request(1)))
        _ = try leader.run(.increment(by: 1, .request(2)))
        #expect(try leader.send(.increment(by: 1, .request(3))).code == .overloaded)
    }
}

@Suite("Request keys")
struct KeyTests {
    static let settings = SessionTests.settings {
        $0.keysPerBucket = 4
        $0.keysRememberedMin = 8
        $0.keysRememberedFor = .milliseconds(100)
        $0.cachedKeysMax = 2
    }

    @Test("a key is remembered until enough newer ones came and it is old enough")
    func window() throws {
        var leader = try Leader(settings: Self.settings)
        func key(_ number: Int) -> RequestID { .key("k\(number)") }
        for number in 0..<12 { _ = try leader.run(.increment(by: 1, key(number)), wall: WallTime(milliseconds: 1_000)) }
        guard case .done = try leader.send(.increment(by: 1, key(0))) else { throw Unexpected("forgotten too early") }
        _ = try leader.run(.increment(by: 1, key(12)), wall: WallTime(milliseconds: 1_099))
        guard case .done = try leader.send(.increment(by: 1, key(0))) else { throw Unexpected("forgotten too early") }
        _ = try leader.run(.increment(by: 1, key(13)), wall: WallTime(milliseconds: 1_100))
        // k0 … k3 are the first bucket; after it come ten.
        for number in 4..<14 {
            guard case .done = try leader.send(.increment(by: 1, key(number))) else {
                throw Unexpected("\(number) is forgotten too early")
            }
        }
        #expect(leader.replica.machine.keys.count == 10)
        #expect(try leader.send(.increment(by: 1, key(3))).isProposal)
        try leader.commit()
        #expect(try leader.replica.ask("alice").json == "15")
        try leader.replica.checkpoint()
        #expect(leader.replica.journal.keys.count == 11)
        #expect(leader.replica.journal.keysForgottenThrough == LogIndex(5))
    }

    @Test("clocks that go back or astray do not shorten the count")
    func clocks() throws {
        var leader = try Leader(settings: Self.settings)
        let times: [Int64] = [.max, .min, 0, 5, .max, 7, 9]
        for number in 0..<30 {
            _ = try leader.run(
                .increment(by: 1, .key("k\(number)")), wall: WallTime(milliseconds: times[number % times.count]))
            #expect(leader.replica.machine.keys.count >= min(number + 1, 8))
        }
        try leader.replica.checkpoint()
        try leader.replica.restart()
    }

    @Test("old keys are looked up in the journal, and the lookups take bounded memory")
    func loads() throws {
        var leader = try Leader(settings: Self.settings)
        for number in 0..<6 { _ = try leader.run(.increment(by: 1, .key("k\(number)"))) }
        #expect(leader.replica.journal.loads == 0)
        try leader.replica.checkpoint()
        for round in 0..<3 {
            for number in 0..<6 {
                guard case .done(let reply) = try leader.send(.increment(by: 1, .key("k\(number)"))) else {
                    throw Unexpected("key \(number) is forgotten in round \(round)")
                }
                #expect(reply.outcome.text == "\(number + 1)")
            }
        }
        #expect(try leader.run(.increment(by: 1, .key("new")))?.outcome.text == "7")
        #expect(try leader.send(.increment(by: 1, .key("new"))).isProposal == false)
    }

    @Test("keys leave memory once a checkpoint has them")
    func bounded() throws {
        var leader = try Leader(settings: Self.settings)
        for number in 0..<6 { _ = try leader.run(.increment(by: 1, .key("k\(number)"))) }
        #expect(leader.replica.machine.keys.residentCount == 6)
        try leader.replica.checkpoint()
        #expect(leader.replica.machine.keys.residentCount == 2)
        for number in 0..<20 { try leader.send(.increment(by: 1, .key("new\(number)"))) }
        #expect(leader.replica.machine.keys.residentCount == 2)
    }

    @Test("a key that was looked up and not found is taken once")
    func absent() throws {
        var leader = try Leader(settings: Self.settings)
        _ = try leader.run(.increment(by: 1, .key("a")))
        try leader.replica.checkpoint()
        try leader.replica.restart()
        let first = try #require(try leader.run(.increment(by: 1, .key("b"))))
        #expect(try leader.send(.increment(by: 1, .key("b"))) == .done(first))
        try leader.replica.checkpoint()
        #expect(try leader.send(.increment(by: 1, .key("b"))) == .done(first))
    }

    @Test("with too many keys remembered, keyed commands are refused as overload and others go on")
    func overload() throws {
        var settings = Self.settings
        settings.keysMax = 3
        var leader = try Leader(settings: settings)
        _ = try leader.run(.increment(by: 1, .key("a")))
        try leader.send(.increment(by: 1, .key("b")))
        try leader.send(.increment(by: 1, .key("c")))
        #expect(try leader.send(.increment(by: 1, .key("d"))).code == .overloaded)
        #expect(try leader.send(.increment(by: 1, .key("b"))) == .attach(LogIndex(3)))
        #expect(try leader.send(.increment(by: 1)).isProposal)
    }

    @Test("what is forgotten depends on the log alone")
    func deterministic() throws {
        var leader = try Leader(settings: Self.settings)
        var follower = try Replica(settings: Self.settings)
        for number in 0..<60 {
            let wall = WallTime(milliseconds: Int64(number) * 30)
            _ = try leader.run(.increment(by: 1, .key("k\(number % 25)")), wall: wall)
            if number % 7 == 0 { try leader.replica.checkpoint() }
            if number % 11 == 0 {
                try follower.follow(leader.log)
                try follower.checkpoint()
                try follower.restart()
            }
        }
        try follower.follow(leader.log)
        #expect(leader.replica.machine.keys.forgottenThrough > .zero)
        #expect(try leader.replica.image() == follower.image())
    }
}
