import Entities
import Primitives
import Shards
import Testing

@testable import Engine

/// HAZARDS 31: a caller that does not say that it asks again after a loss, as over HTTP, must not end the next owner as well.
@Suite struct SuspectTests {
    private func command(_ key: String?) -> Request {
        .command(
            EntityCommand(
                kind: Counter.kind, entity: Array("a".utf8), name: "increment", payload: Array(#"{"by":1}"#.utf8),
                request: key.map { .key(Array($0.utf8)) }, attempt: .first))
    }

    /// What was passed on last, as the peer gets it.
    private func passedOn(_ node: LoneNode) throws -> EntityCommand {
        var reader = ByteReader(node.engine.peers[NodeID(2)]!.main.bytes)
        var found: EntityCommand?
        while !reader.isAtEnd { if case .forward(_, _, .command(let command)) = try reader.readPeerMessage() { found = command } }
        return try #require(found)
    }

    private func passOn(_ request: Request, at node: LoneNode) -> Pending {
        Pending(request: request, origin: .local(99), hops: 0, arrived: node.engine.now)
    }

    @Test func `a key that was passed on to a process which then ended is tried with care, here or at the next owner`() throws {
        let node = try LoneNode()
        node.trialsTakeTime = true
        node.turn { $0.peerConnected(NodeID(2), startCounter: 1) }
        let engine = node.engine
        engine.forward(passOn(command("k"), at: node), to: NodeID(2))
        #expect(try passedOn(node).attempt == .first)
        node.turn { $0.peerDisconnected(NodeID(2)) }
        guard case .failed(.lostForwarded)? = node.responses[99] else {
            Issue.record("\(String(describing: node.responses[99]))")
            return
        }
        node.turn { $0.peerConnected(NodeID(2), startCounter: 2) }
        engine.forward(passOn(command("k"), at: node), to: NodeID(2))
        #expect(try passedOn(node).attempt == .afterLoss)
        engine.forward(passOn(command("other"), at: node), to: NodeID(2))
        #expect(try passedOn(node).attempt == .first)

        let other = node.ask(command("other"))
        #expect(node.onTrial == nil && node.responses[other] != nil)
        _ = node.ask(command("k"))
        #expect(node.onTrial != nil)
    }

    @Test func `the newest suspects are remembered`() {
        var suspects = Suspects()
        let requests = (0..<5_000).map { RequestID.key(Array("\($0)".utf8)) }
        for request in requests + requests.suffix(2_000) { suspects.insert(request) }
        #expect(!suspects.contains(requests[0]) && !suspects.contains(nil))
        #expect(requests.suffix(4_096).allSatisfy { suspects.contains($0) })
    }
}
