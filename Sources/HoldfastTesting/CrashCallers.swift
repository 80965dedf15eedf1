internal import CrashTesting
internal import Engine
internal import Entities
internal import Node
internal import Primitives
internal import Simulator
internal import Synchronization

/// Concurrent callers of a crash test. Each asks one thing at a time; every command has one request id, made before its first attempt.
final class CrashCallers<E: Entity>: Sendable {
    private let workload: Workload<E>
    private let settings: CrashTestSettings
    private let cluster: Cluster
    let clock = RunClock()
    /// No new requests; those under way go on to their answers.
    private let isEnding = Atomic<Bool>(false)
    /// Nobody waits any longer.
    private let isOver = Atomic<Bool>(false)
    private let found = Mutex<[String]>([])

    /// One attempt of the client, in which it makes several of its own.
    private static var attempt: Duration { .seconds(5) }

    init(workload: Workload<E>, settings: CrashTestSettings, cluster: Cluster) {
        self.workload = workload
        self.settings = settings
        self.cluster = cluster
    }

    /// Answers that must not be.
    var findings: [String] { found.withLock { $0 } }

    /// Runs all callers until `end`.
    func run() async -> [Observation] {
        await withTaskGroup(of: [Observation].self) { group in
            for number in 0..<settings.callers { group.addTask { await self.run(number) } }
            var seen: [Observation] = []
            for await part in group { seen += part }
            return seen
        }
    }

    /// Makes no new requests, and gives those under way some time.
    func end() async {
        isEnding.store(true, ordering: .relaxed)
        let patience = settings.patience
        _ = try? await Task.sleep(for: patience)
        isOver.store(true, ordering: .relaxed)
    }

    private func run(_ number: Int) async -> [Observation] {
        var random = RandomGenerator(seed: settings.seed &+ UInt64(number + 1) &* 0x9E37_79B9)
        var seen: [Observation] = []
        var commands = 0
        while !isEnding.load(ordering: .relaxed) {
            let entity = Self.entity(Int.random(in: 0..<settings.entities, using: &random))
            if Int.random(in: 0..<100, using: &random) < settings.readPercent {
                if let answer = await ask(entity, workload.drawQuery(&random)) { seen.append(answer) }
                continue
            }
            commands += 1
            let key = RequestID.key(Array("caller-\(number)-\(commands)".utf8))
            let observation = await send(entity, workload.drawCommand(&random), key)
            seen.append(observation)
            if observation.outcome == .unknown { break }
        }
        return seen
    }

    private static func entity(_ number: Int) -> [UInt8] { Array("e\(number)".utf8) }

    private var now: Instant { Instant(nanoseconds: clock.now) }

    /// Nil for a question without an answer: it says nothing.
    private func ask(_ entity: [UInt8], _ message: EncodedMessage) async -> Observation? {
        let invoked = now
        let query = EntityQuery(kind: E.kind, entity: entity, name: message.name, payload: message.payload, consistency: .linearizable)
        switch await cluster.perform(.query(query), timeout: Self.attempt) {
        case .answered(let answered):
            return Observation(
                entity: entity, message: message, isCommand: false, request: nil, invoked: invoked, responded: now,
                outcome: .replied(revision: answered.revision, json: answered.value))
        case .failed(let failure):
            if failure.outcome == .invalid { find("a question was rejected: \(failure.failure)") }
        case let other: find("a question was answered with \(other)")
        }
        return nil
    }

    /// Sends a command until it is answered, or nobody waits any longer.
    private func send(_ entity: [UInt8], _ message: EncodedMessage, _ key: RequestID) async -> Observation {
        var observation = Observation(
            entity: entity, message: message, isCommand: true, request: key, invoked: now, responded: .distantFuture, outcome: .unknown)
        let request = Request.command(
            EntityCommand(kind: E.kind, entity: entity, name: message.name, payload: message.payload, request: key))
        while observation.outcome == .unknown {
            guard !isOver.load(ordering: .relaxed) else {
                find("\(observation.words) was never answered, although all nodes are up")
                break
            }
            switch await cluster.perform(request, timeout: Self.attempt) {
            case .committed(let committed): observation.outcome = .replied(revision: committed.revision, json: committed.reply)
            case .answered(let answered): observation.outcome = .replied(revision: answered.revision, json: answered.value)
            case .refused(let refused): observation.outcome = .refused(json: refused.json)
            case .failed(let failure):
                guard failure.outcome == .invalid else { continue }
                find("\(observation.words) was rejected: \(failure.failure)")
                return observation
            case .document:
                find("\(observation.words) was answered with a document")
                return observation
            }
            observation.responded = now
        }
        return observation
    }

    /// The state of every entity, once all is quiet.
    func readAll() async -> [Observation] {
        var seen: [Observation] = []
        for number in 0..<settings.entities {
            let state = EncodedMessage(name: "", payload: [])
            if let answer = await ask(Self.entity(number), state) { seen.append(answer) } else { find("e\(number) could not be read at the end") }
        }
        return seen
    }

    private func find(_ finding: String) { found.withLock { if $0.count < 20 { $0.append(finding) } } }
}
