import Primitives
import Testing

@testable import Shards

/// HAZARDS 31, as a shard sees it.
@Suite struct TrialTests {
    private func afterLoss(_ id: RequestID?) -> CommandRequest {
        var command = CommandRequest.increment(by: 10, id)
        command.attempt = .afterLoss
        return command
    }

    @Test func `a command whose owner was lost is tried before it is decided`() throws {
        var leader = try Leader()
        #expect(try leader.send(afterLoss(.request(1))) == .mustBeTried)
        #expect(try leader.run(afterLoss(.request(1)), trial: .survived)?.outcome.text == "10")
    }

    @Test func `a command that was lost on its way, or is new, is not tried`() throws {
        var leader = try Leader()
        #expect(try leader.send(.increment(by: 1, .request(1))).isProposal)
        #expect(try leader.send(.increment(by: 1, .request(2), isRetry: true)).isProposal)
    }

    @Test func `what an earlier owner has recorded is answered and not tried`() throws {
        var leader = try Leader()
        let first = try #require(try leader.run(.increment(by: 10, .request(1))))
        #expect(try leader.send(afterLoss(.request(1))) == .done(first))
    }

    @Test(arguments: [RequestID.request(1), .key("k")])
    func `a fatal command is refused, and the refusal is what every later attempt gets`(id: RequestID) throws {
        var leader = try Leader()
        let reply = try #require(try leader.run(afterLoss(id), trial: .fatal), "the refusal of a fatal command was not recorded")
        #expect(reply.outcome.isFatal)
        #expect(reply.revision == 0)
        #expect(try leader.send(afterLoss(id)) == .done(reply))
        #expect(try leader.send(.increment(by: 10, id)) == .done(reply))
    }
}
