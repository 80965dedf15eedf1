internal import Engine
internal import Primitives
internal import Shards
internal import Entities
internal import Linearizability

/// One run: a whole cluster on one thread, with simulated disks, network, clocks and callers, all from one seed.
///
/// Nothing in it depends on anything but the seed: the same seed gives the same run, event by event, on every machine.
public final class Simulation {
    enum Event {
        case frame(Frame)
        case tick(host: Int, start: UInt64)
        case written(host: Int, start: UInt64)
        case loaded(host: Int, start: UInt64, EngineOutputs.StateLoad, [LoadResult]?)
        case events(host: Int, start: UInt64, EngineOutputs.HistoryLoad)
        case entries(host: Int, start: UInt64, EngineOutputs.EntryLoad)
        case request(host: Int, start: UInt64, Request, token: UInt64)
        case checkpoint(host: Int, start: UInt64, EngineOutputs.CheckpointLoad)
        /// A broken connection is noticed at this end.
        case disconnected(host: Int, start: UInt64, peer: NodeID)
        case caller(Int, attempt: UInt64)
        case nemesis
        case heal(pairs: [Int])
        /// Strikes that take their time.
        case plot(host: Int)
        case setBack(host: Int, away: [Int])
        case strikeDown(host: Int, start: UInt64)
        case resume(host: Int)
        case restart(host: Int)
        case verify(host: Int)
        case space(hosts: [Int])
        case ask(host: Int)
        case flushed(host: Int, start: UInt64)
        case operate
        case check
    }

    struct Frame {
        var from: Int
        var to: Int
        /// Both ends' processes at the time of sending.
        var fromStart: UInt64
        var toStart: UInt64
        var generation: UInt64
        var bytes: [UInt8]
    }

    public let seed: UInt64
    let scenario: Scenario
    /// The rules that this run breaks.
    let broken: BrokenRules
    let cluster: UniqueID
    /// What callers do, if not the counters' increments and reads.
    let load: AuthorLoad?
    let runtime: KindRuntime
    var generator: RandomGenerator
    var now = Instant(nanoseconds: 1_000_000_000)
    var events = EventQueue<Event>()
    var hosts: [SimulatedHost] = []
    /// Which machine a node lives on.
    var hostOfNode: [NodeID: Int] = [:]
    var network = Network()
    var callers: [Caller] = []
    var operatorDesk = OperatorDesk()
    var watch: CommitWatch
    var history: [Operation] = []
    /// The history of a run with an author's load.
    var observations: [Observation] = []
    var phase = Phase.chaos
    /// What the coordinator last said of the cluster.
    var isSettled = false
    var lastStatus: ClusterStatus?
    var tally = Tally()
    var digest: UInt64
    var turns: UInt64 = 0
    /// Answers to questions for events that were compared with the committed log.
    var eventPages = 0
    /// The first rule found broken: the run ends with it.
    var violation: String?
    /// Called with each line of the trace, if somebody wants it.
    let trace: ((String) -> Void)?

    enum Phase: Hashable {
        case chaos
        /// Faults are over; the cluster must become whole, and every caller must get an answer.
        case healing(until: Instant)
        /// Every process was killed once more: what is read now comes from the disks.
        case restarted(until: Instant)
        case over
    }

    /// - Parameters:
    ///   - load: what callers do, if not the counters' increments and reads.
    ///   - mutation: a rule to be broken in this run.
    public init(seed: UInt64, load: AuthorLoad? = nil, mutation: Mutation? = nil, trace: ((String) -> Void)? = nil) {
        self.seed = seed
        self.load = load
        runtime = load?.runtime ?? KindRuntime(Counter.self)
        watch = CommitWatch(kind: runtime.name)
        self.trace = trace
        digest = seed
        generator = RandomGenerator(seed: seed &* 0x9E37_79B9_7F4A_7C15 ^ 0x5EED)
        broken = mutation?.broken ?? []
        var scenario = Scenario(using: &generator)
        scenario.settings.breakRules(broken)
        self.scenario = scenario
        cluster = UniqueID(using: &generator)
    }

    /// Runs to the end, or to the first violation.
    public func run() -> RunReport {
        log("seed \(seed): \(scenario.summary)")
        found()
        while violation == nil, phase != .over, let next = events.removeFirst() {
            now = max(now, next.at)
            perform(next.event)
        }
        if violation == nil { checkEnd() }
        return report()
    }

    private func perform(_ event: Event) {
        switch event {
        case .frame(let frame): arrive(frame, event)
        case .tick(let host, let start): tick(hosts[host], start)
        case .written(let host, let start): written(hosts[host], start, event)
        case .loaded(let host, let start, let load, let results): loaded(hosts[host], start, load, results, event)
        case .events(let host, let start, let load): eventsRead(hosts[host], start, load, event)
        case .entries(let host, let start, let load): entriesRead(hosts[host], start, load, event)
        case .request(let host, let start, let request, let token):
            guard hosts[host].starts == start, !isHeld(hosts[host], event) else { return }
            turn(hosts[host]) { $0.request(request, token: token) }
        case .checkpoint(let host, let start, let load): checkpointRead(hosts[host], start, load, event)
        case .disconnected(let host, let start, let peer):
            guard hosts[host].starts == start, !isHeld(hosts[host], event) else { return }
            // A connection made since then has brought the news along.
            guard let other = hostOfNode[peer], !network.isUp(host, other) else { return }
            turn(hosts[host]) { $0.peerDisconnected(peer) }
        case .caller(let caller, let attempt): wake(caller, attempt)
        case .nemesis: strike()
        case .heal(let pairs): heal(pairs)
        case .plot(let host): plotOldImage(hosts[host])
        case .setBack(let host, let away): setBack(hosts[host], away)
        case .strikeDown(let host, let start): strikeDown(hosts[host], start)
        case .resume(let host): resume(hosts[host])
        case .restart(let host): restart(hosts[host])
        case .verify(let host): verify(hosts[host])
        case .space(let numbers): for number in numbers { hosts[number].empty() }
        case .flushed(let host, let start): if hosts[host].starts == start { hosts[host].flushed = nil }
        case .ask(let host): askNow(hosts[host])
        case .operate: operate()
        case .check: checkProgress()
        }
    }

    // MARK: Chance and time

    func chance(_ count: Int, of total: Int) -> Bool { Int.random(in: 0..<total, using: &generator) < count }

    func pick<Choice>(_ choices: [Choice]) -> Choice? {
        choices.isEmpty ? nil : choices[Int.random(in: 0..<choices.count, using: &generator)]
    }

    func span(_ low: Int64, _ high: Int64) -> Span { generator.span(in: .milliseconds(low)..<Span.milliseconds(high)) }

    func post(_ event: Event, after span: Span) { events.add(event, at: now + span) }

    func wall(_ host: SimulatedHost) -> WallTime {
        WallTime(milliseconds: 1_700_000_000_000 + now.nanoseconds / 1_000_000 + host.skew.milliseconds)
    }

    var isChaos: Bool { phase == .chaos }

    // MARK: Trace

    /// Mixes numbers that tell one run from another into the digest.
    func mix(_ one: UInt64, _ other: UInt64 = 0) {
        var mixed = (digest ^ one) &* 0xBF58_476D_1CE4_E5B9
        mixed ^= mixed >> 29
        digest = (mixed ^ other) &* 0x94D0_49BB_1331_11EB
    }

    func log(_ line: @autoclosure () -> String) {
        guard let trace else { return }
        let microseconds = now.nanoseconds / 1_000
        let fraction = String(microseconds % 1_000)
        trace("\(microseconds / 1_000).\(String(repeating: "0", count: 3 - fraction.count))\(fraction) \(line())")
    }

    func fail(_ message: String) {
        guard violation == nil else { return }
        violation = message
        log("VIOLATION: \(message)")
    }
}
