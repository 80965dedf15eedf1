import Entities
import JSON
import Primitives
import Shards
import Testing

@testable import Engine

/// A shard that is held for a backup's cut takes no command, by whatever way it comes.
@Suite struct HoldTests {
    private let group = GroupID(1)

    private func increment(_ attempt: Attempt = .first, key: String? = nil) throws -> Request {
        .command(
            EntityCommand(
                kind: Counter.kind, entity: Array("a".utf8), name: "increment", payload: try JSON.encode(Counter.Increment(by: 1)),
                request: key.map { .key(Array($0.utf8)) }, attempt: attempt))
    }

    private func hold(_ cut: UInt64, _ milliseconds: UInt32 = 1_000) -> Request {
        .cluster(.replica(ReplicaInquiry(node: NodeID(1), group: group, question: .hold(cut: cut, milliseconds: milliseconds))))
    }

    private func release(_ cut: UInt64) -> Request {
        .cluster(.replica(ReplicaInquiry(node: NodeID(1), group: group, question: .release(cut: cut))))
    }

    private func index(_ response: Response?) -> LogIndex? { if case .committed(let committed)? = response { committed.index } else { nil } }

    @Test func `a command that comes waits until the release`() throws {
        let node = try LoneNode()
        let before = node.ask(try increment())
        #expect(index(node.responses[before]) != nil)
        let point: CutPoint = try node.document(node.ask(hold(7)))
        #expect(point.index == index(node.responses[before]))
        let waiting = node.ask(try increment())
        #expect(node.responses[waiting] == nil)
        #expect(try node.document(node.ask(release(7))) == point)
        #expect(index(node.responses[waiting]) == point.index.next)
    }

    @Test func `a command that was on trial when the hold began waits as well`() throws {
        let node = try LoneNode()
        node.trialsTakeTime = true
        let tried = node.ask(try increment(.afterLoss, key: "k"))
        #expect(node.onTrial == 1)
        let point: CutPoint = try node.document(node.ask(hold(7)))
        node.endTrial()
        #expect(node.responses[tried] == nil)
        #expect(try node.document(node.ask(release(7))) == point)
        // It is sent round once more, and tried once more.
        node.endTrial()
        #expect(try #require(index(node.responses[tried])) > point.index)
    }

    @Test func `a command that would be tried while the shard is held is tried after it`() throws {
        let node = try LoneNode()
        node.trialsTakeTime = true
        let point: CutPoint = try node.document(node.ask(hold(7)))
        let tried = node.ask(try increment(.afterLoss, key: "k"))
        #expect(node.onTrial == nil)
        #expect(try node.document(node.ask(release(7))) == point)
        #expect(node.onTrial == 1)
        node.endTrial()
        #expect(try #require(index(node.responses[tried])) > point.index)
    }

    @Test func `a hold ends by itself, and then it cannot be released`() throws {
        let node = try LoneNode()
        let point: CutPoint = try node.document(node.ask(hold(7, 200)))
        let waiting = node.ask(try increment())
        try node.pass(.milliseconds(500)) { node.responses[waiting] != nil }
        #expect(index(node.responses[waiting]) == point.index.next)
        let late = node.ask(release(7))
        guard case .failed(let failure)? = node.responses[late] else { return #expect(Bool(false), "\(String(describing: node.responses[late]))") }
        #expect(failure.failure.code == Failure.Code("cut-broken"))
    }

    @Test func `one cut at a time`() throws {
        let node = try LoneNode()
        let point: CutPoint = try node.document(node.ask(hold(7)))
        let other = node.ask(hold(8))
        guard case .failed? = node.responses[other] else { return #expect(Bool(false), "\(String(describing: node.responses[other]))") }
        // The same one may ask again, as its first answer may be lost.
        #expect(try node.document(node.ask(hold(7))) == point)
    }
}
