import Engine
import Entities
import JSON
import Node
import Primitives
import Synchronization

/// What all callers of a run share.
final class WorkloadState: Sendable {
    /// No new operations; those under way go on to their answers.
    let isEnding = Atomic<Bool>(false)
    /// Nobody waits any longer.
    let isOver = Atomic<Bool>(false)
    let answered = Atomic<Int>(0)
    let resent = Atomic<Int>(0)
    private let troubles = Mutex<[String: Int]>([:])
    private let findings = Mutex<[String]>([])

    /// Counts an attempt that ended without an answer, by what was said.
    func note(_ failure: RequestFailure) {
        let outcome =
            switch failure.outcome {
            case .notCommitted: "not committed"
            case .unknown: "outcome unknown"
            case .invalid: "invalid"
            }
        troubles.withLock { $0["\(outcome), \(failure.failure.code)", default: 0] += 1 }
    }

    /// An answer that must not be.
    func find(_ finding: String) { findings.withLock { if $0.count < 100 { $0.append(finding) } } }

    var attemptsUnanswered: [String: Int] { troubles.withLock { $0 } }
    var wrongAnswers: [String] { findings.withLock { $0 } }
}

/// One caller: an operation, its answer, the next. Every increment has one request id, made before its first attempt.
struct Caller: Sendable {
    let number: Int
    let settings: CrashTestSettings
    let names: RequestNames
    let cluster: Cluster
    let clock: RunClock
    let state: WorkloadState

    /// One attempt of the client, in which it makes several of its own.
    private static let attempt = Duration.seconds(5)

    func run() async -> [Act] {
        var generator = RandomGenerator(seed: settings.seed &+ UInt64(number + 1) &* 0x9E37_79B9)
        var acts: [Act] = []
        var increments: UInt32 = 0
        while !state.isEnding.load(ordering: .relaxed) {
            let entity = Int.random(in: 0..<settings.entities, using: &generator)
            let isRead = Int.random(in: 0..<100, using: &generator) < settings.readPercent
            if isRead {
                if let act = await read(entity) { acts.append(act) }
                continue
            }
            increments += 1
            let act = await increment(entity, by: Int32.random(in: 1...5, using: &generator), number: increments)
            acts.append(act)
            // A caller that does not know how its request ended makes no other one: its session would say that it does.
            guard act.ending == .answered else { break }
            if Int.random(in: 0..<100, using: &generator) < settings.resendPercent { await resend(act) }
        }
        return acts
    }

    /// A read that is not answered says nothing, and is not kept.
    func read(_ entity: Int) async -> Act? {
        var act = Act(entity: UInt32(entity), caller: UInt32(number), number: 0, by: 0, from: clock.now, to: .max)
        let query = EntityQuery(
            kind: Counter.kind, entity: Array(names.entity(entity).utf8), name: "balance", payload: Array("{}".utf8),
            consistency: .linearizable)
        switch await cluster.perform(.query(query), timeout: Self.attempt) {
        case .answered(let answered):
            act.to = clock.now
            guard let value = try? JSON.decode(Int64.self, from: answered.value) else {
                state.find("a read was answered with \(String(decoding: answered.value, as: UTF8.self))")
                return nil
            }
            act.value = value
            act.ending = .answered
            state.answered.add(1, ordering: .relaxed)
            return act
        case .failed(let failure):
            state.note(failure)
            if failure.outcome == .invalid { state.find("a read was rejected: \(failure.failure)") }
        case let other: state.find("a read was answered with \(other)")
        }
        return nil
    }

    private func increment(_ entity: Int, by: Int32, number: UInt32) async -> Act {
        var act = Act(
            entity: UInt32(entity), caller: UInt32(self.number), number: number, by: by, from: clock.now, to: .max)
        while !state.isOver.load(ordering: .relaxed) {
            switch await cluster.perform(request(act), timeout: Self.attempt) {
            case .committed(let committed):
                act.to = clock.now
                guard let value = try? JSON.decode(Int64.self, from: committed.reply) else {
                    state.find("\(describe(act)) was answered with \(String(decoding: committed.reply, as: UTF8.self))")
                    return act
                }
                act.value = value
                (act.group, act.term) = (committed.group.rawValue, committed.term.rawValue)
                (act.index, act.revision) = (committed.index.rawValue, committed.revision)
                act.ending = .answered
                state.answered.add(1, ordering: .relaxed)
                return act
            case .failed(let failure):
                state.note(failure)
                guard failure.outcome != .invalid else {
                    state.find("\(describe(act)) was rejected: \(failure.failure)")
                    return act
                }
            case let other:
                state.find("\(describe(act)) was answered with \(other)")
                return act
            }
        }
        return act
    }

    /// Sends an answered increment once more: the answer must be the first one, wherever it comes from now.
    private func resend(_ act: Act) async {
        while !state.isOver.load(ordering: .relaxed) {
            switch await cluster.perform(request(act), timeout: Self.attempt) {
            case .committed(let committed):
                state.resent.add(1, ordering: .relaxed)
                guard let value = try? JSON.decode(Int64.self, from: committed.reply), value == act.value,
                    committed.index.rawValue == act.index, committed.term.rawValue == act.term,
                    committed.revision == act.revision, committed.group.rawValue == act.group
                else {
                    return state.find("\(describe(act)), sent again, was answered with \(committed)")
                }
                return
            case .failed(let failure):
                state.note(failure)
                guard failure.outcome != .invalid else {
                    return state.find("\(describe(act)), sent again, was rejected: \(failure.failure)")
                }
            case let other: return state.find("\(describe(act)), sent again, was answered with \(other)")
            }
        }
    }

    private func request(_ act: Act) -> Request {
        .command(
            EntityCommand(
                kind: Counter.kind, entity: Array(names.entity(Int(act.entity)).utf8), name: "increment",
                payload: Array("{\"by\":\(act.by)}".utf8), request: names.id(caller: number, number: act.number)))
    }

    private func describe(_ act: Act) -> String { "\(act.operation(names)) at \(act.group):\(act.index)" }
}
