import Directory
import Engine
import Entities
import JSON
import Primitives
import Testing

/// Increments of one over a few counters, while nodes crash: every acknowledged one is there once.
@Suite struct SimulatedWorkloadTests {
    struct Caller {
        var host: Int
        var entity: [UInt8]
        var number: UInt64 = 0
        var token: UInt64?
        var attempts = 0
        var started: Instant
    }

    static func increment(_ entity: [UInt8], key: String, isRetry: Bool) -> Request {
        .command(
            EntityCommand(
                kind: "counter", entity: entity, name: "increment", payload: Array(#"{"by":1}"#.utf8),
                request: .key(Array(key.utf8)), isRetry: isRetry))
    }

    static func balance(_ entity: [UInt8]) -> Request {
        .query(EntityQuery(kind: "counter", entity: entity, name: "balance", payload: Array("{}".utf8), consistency: .linearizable))
    }

    @Test func `three nodes settle and answer`() throws {
        let cluster = SimulatedCluster(seed: 1)
        cluster.start(nodes: 3)
        cluster.register(shards: 4)
        #expect(cluster.settle())
        let command = Self.increment(Array("alice".utf8), key: "k1", isRetry: false)
        var answer = cluster.ask(cluster.hosts[2], command, within: .seconds(5))
        // A node that has not heard of the shard's owner yet says so; the caller tries again.
        for _ in 0..<20 {
            guard case .failed(let failure)? = answer, failure.outcome == .notCommitted else { break }
            cluster.run(for: .milliseconds(100))
            answer = cluster.ask(cluster.hosts[2], command, within: .seconds(5))
        }
        guard case .committed(let committed)? = answer else {
            Issue.record("\(String(describing: answer))")
            return
        }
        #expect(committed.reply == Array("1".utf8))
        let again = cluster.ask(cluster.hosts[0], Self.increment(Array("alice".utf8), key: "k1", isRetry: true), within: .seconds(5))
        #expect(again == answer)
    }

    @Test(arguments: 1...8)
    func `nothing acknowledged is lost or doubled while nodes crash`(seed: UInt64) throws {
        let cluster = SimulatedCluster(seed: seed)
        cluster.start(nodes: 3)
        cluster.register(shards: 3)
        #expect(cluster.settle(), "seed \(seed)")
        cluster.faults.lost = Int.random(in: 0...40, using: &cluster.generator)
        cluster.faults.doubled = Int.random(in: 0...40, using: &cluster.generator)
        cluster.faults.delay = Int64.random(in: 1...20, using: &cluster.generator)

        var acknowledged: [[UInt8]: UInt64] = [:]
        var callers = (0..<8).map { caller in
            Caller(host: caller % 3, entity: Array("counter-\(caller % 5)".utf8), started: cluster.now)
        }
        let end = cluster.now + .seconds(30)
        var nextFault = cluster.now + .seconds(2)
        var down: (host: Int, until: Instant)?
        while cluster.now < end {
            step(&callers, cluster, &acknowledged)
            if let item = down, item.until <= cluster.now {
                cluster.restart(cluster.hosts[item.host])
                down = nil
            }
            if down == nil, nextFault <= cluster.now {
                let host = Int.random(in: 0..<3, using: &cluster.generator)
                cluster.crash(cluster.hosts[host])
                let away = cluster.generator.span(in: .milliseconds(100)..<Span.seconds(3))
                down = (host, cluster.now + away)
                nextFault = cluster.now + away + cluster.generator.span(in: .milliseconds(500)..<Span.seconds(3))
            }
            cluster.run(for: .milliseconds(5))
        }
        if let item = down { cluster.restart(cluster.hosts[item.host]) }
        cluster.faults = SimulatedCluster.Faults()
        // Every caller goes on until its last command is answered: then balances and acknowledgements are the same number.
        let patience = cluster.now + .seconds(60)
        while cluster.now < patience, callers.contains(where: { $0.token != nil || $0.attempts > 0 }) {
            step(&callers, cluster, &acknowledged, isEnding: true)
            cluster.run(for: .milliseconds(5))
        }
        #expect(callers.allSatisfy { $0.token == nil && $0.attempts == 0 }, "seed \(seed): callers are stuck")
        #expect(acknowledged.values.reduce(0, +) > 100, "seed \(seed): \(acknowledged)")
        for (entity, count) in acknowledged.sorted(by: { $0.key.lexicographicallyPrecedes($1.key) }) {
            var answer: Response?
            for host in cluster.hosts {
                answer = cluster.ask(host, Self.balance(entity), within: .seconds(10))
                if case .answered? = answer { break }
            }
            guard case .answered(let answered)? = answer else {
                Issue.record("seed \(seed): no balance: \(String(describing: answer))")
                continue
            }
            #expect(String(decoding: answered.value, as: UTF8.self) == "\(count)", "seed \(seed)")
        }
    }

    private func step(
        _ callers: inout [Caller], _ cluster: SimulatedCluster, _ acknowledged: inout [[UInt8]: UInt64],
        isEnding: Bool = false
    ) {
        for position in callers.indices {
            var caller = callers[position]
            defer { callers[position] = caller }
            let host = cluster.hosts[caller.host]
            if let token = caller.token {
                if let answer = host.answers.removeValue(forKey: token) {
                    caller.token = nil
                    if case .committed = answer {
                        acknowledged[caller.entity, default: 0] += 1
                        caller.attempts = 0
                        continue
                    }
                    if case .failed(let failure) = answer { precondition(failure.outcome != .invalid, "\(failure)") }
                } else if host.engine == nil || cluster.now - caller.started > .seconds(6) {
                    caller.token = nil
                } else {
                    continue
                }
                caller.host = (caller.host + 1) % 3
                continue
            }
            guard host.engine != nil else {
                caller.host = (caller.host + 1) % 3
                continue
            }
            if caller.attempts == 0 {
                guard !isEnding else { continue }
                caller.number += 1
            }
            caller.attempts += 1
            caller.started = cluster.now
            caller.token = cluster.post(
                Self.increment(caller.entity, key: "caller-\(position)-\(caller.number)", isRetry: caller.attempts > 1),
                at: host)
        }
    }
}
