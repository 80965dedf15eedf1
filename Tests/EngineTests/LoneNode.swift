import Directory
import Entities
import JSON
import Primitives
import Shards
import Testing

@testable import Engine

/// A cluster of one, whose disk takes no time, with one shard of counters (group 1).
final class LoneNode {
    let engine: Engine
    private(set) var responses: [UInt64: Response] = [:]
    /// Commands that wait for their trial's end.
    private(set) var onTrial: Int?
    /// Whether trials go on until `endTrial`.
    var trialsTakeTime = false
    private var now = Instant(nanoseconds: 1_000_000_000)
    private var nextToken: UInt64 = 1

    init(settings: EngineSettings = EngineSettings()) throws {
        engine = Engine(
            recovery: Recovery(
                identity: FileIdentity(file: .random(), cluster: nil, node: nil, name: nil, starts: StartHistory(count: 1, process: .random()))),
            cluster: .random(), node: NodeID(1), runtimes: [KindRuntime(Counter.self)], settings: settings, seed: 1,
            now: now, wall: .zero)
        let address = try NodeAddress("a:1")
        turn { $0.found(name: "a", address: address) }
        let registration = try JSON.encode(DirectoryCommand.registerKind(name: Counter.kind, shards: 1, replication: nil))
        var token = ask(.cluster(.directory(registration)))
        try pass(.seconds(10)) {
            if case .failed? = self.responses[token] { token = self.ask(.cluster(.directory(registration))) }
            guard case .document? = self.responses[token] else { return false }
            return self.engine.replica(GroupID(1))?.servingTerm != nil
        }
    }

    func turn(after span: Span = .zero, _ body: (Engine) -> Void) {
        now = now + span
        engine.beginTurn(now: now, wall: .zero)
        body(engine)
        drain()
    }

    /// Lets time pass in ticks until `condition` holds.
    func pass(_ limit: Span, until condition: () throws -> Bool) throws {
        let end = now + limit
        while try !condition() {
            try #require(now < end)
            turn(after: .milliseconds(50)) { $0.tick() }
        }
    }

    func ask(_ request: Request) -> UInt64 {
        let token = nextToken
        nextToken += 1
        turn { $0.request(request, token: token) }
        return token
    }

    /// What a question was answered with, as JSON.
    func document<Value: Decodable>(_ token: UInt64) throws -> Value {
        guard case .document(let body)? = responses[token] else { throw Unanswered() }
        return try JSON.decode(Value.self, from: body)
    }

    struct Unanswered: Error {}

    func endTrial() {
        guard let count = onTrial else { return }
        onTrial = nil
        turn { $0.tried(survivors: count) }
    }

    private func drain() {
        for round in 0... {
            precondition(round < 10_000, "the node never comes to rest")
            var outputs = EngineOutputs()
            engine.flush(into: &outputs)
            for item in outputs.localResponses { responses[item.token] = item.response }
            for load in outputs.loads {
                engine.loaded(load.group, load.requests, load.requests.map { _ in LoadResult() }, isCheckpoint: load.isCheckpoint)
            }
            if let count = outputs.trial {
                if trialsTakeTime { onTrial = count } else { engine.tried(survivors: count) }
            }
            if outputs.batch != nil { engine.persisted() } else if outputs.loads.isEmpty, outputs.trial == nil { return }
        }
    }
}
