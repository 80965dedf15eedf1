import Entities
import JSON
import Primitives
import Shards
import Testing

@testable import Engine

@Suite struct LoadTests {
    private func increment(_ entity: String, key: String) -> Request {
        .command(
            EntityCommand(
                kind: Counter.kind, entity: Array(entity.utf8), name: "increment", payload: Array(#"{"by":1}"#.utf8), request: .key(Array(key.utf8)),
                attempt: .first))
    }

    private func isDone(_ response: Response?) -> Bool { if case .committed? = response { true } else { false } }

    /// There is room for one entity and one key. The first command takes the room of what the second has, and the second of what the first
    /// has, for ever if each asks for no more than it lacks.
    @Test func `requests that push each other's entities and keys out are answered`() throws {
        var settings = EngineSettings()
        settings.shard.cleanEntitiesMax = 1
        settings.shard.cachedKeysMax = 1
        settings.checkpointInterval = .milliseconds(100)
        let node = try LoneNode(settings: settings)
        // Only the journal can tell whether it knows a key once it knows some.
        for number in 0..<8 {
            let token = node.ask(increment("x", key: "\(number)"))
            #expect(isDone(node.responses[token]))
        }
        try node.pass(.seconds(5)) { node.engine.replica(GroupID(1))!.writtenCheckpoint == node.engine.replica(GroupID(1))!.applied }
        _ = node.ask(.query(EntityQuery(kind: Counter.kind, entity: Array("b".utf8), name: "balance", payload: Array("{}".utf8), consistency: .local)))
        node.turn { engine in
            engine.request(increment("a", key: "first"), token: 1_000)
            engine.request(increment("b", key: "second"), token: 1_001)
        }
        #expect(isDone(node.responses[1_000]))
        #expect(isDone(node.responses[1_001]))
    }
}
