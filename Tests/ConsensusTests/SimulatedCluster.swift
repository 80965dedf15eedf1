import Consensus
import Primitives

/// Replicas of one group, the network between them and a clock. Nothing happens but by a call.
struct SimulatedCluster {
    struct Packet {
        var from: NodeID
        var to: NodeID
        var message: Message
    }

    /// Sorted by node.
    private(set) var replicas: [SimulatedReplica]
    var network: [Packet] = []
    var now = Instant(nanoseconds: 1_000_000_000)
    var settings: RaftSettings
    var invariants = Invariants()
    /// What happened, for transcripts; nil: not kept.
    var trace: [String]?
    private var seeds: RandomGenerator

    /// Starts `voters` with their founding configuration and `others` blank.
    init(voters: [UInt32], others: [UInt32] = [], settings: RaftSettings = RaftSettings(), seed: UInt64 = 1) {
        self.settings = settings
        seeds = RandomGenerator(seed: seed)
        let founding = Configuration(voters: voters.map { NodeID($0) })
        replicas = (voters + others).sorted().map { number in
            SimulatedReplica(
                id: NodeID(number), configuration: voters.contains(number) ? founding : .none)
        }
        for slot in replicas.indices { replicas[slot].start(settings: settings, seed: seeds.next(), now: now) }
    }

    var ids: [NodeID] { replicas.map(\.id) }

    private func slot(_ node: NodeID) -> Int { replicas.firstIndex { $0.id == node }! }

    subscript(node: UInt32) -> SimulatedReplica { replicas[slot(NodeID(node))] }
    subscript(node: NodeID) -> SimulatedReplica { replicas[slot(node)] }

    func raft(_ node: UInt32) -> RaftGroup { self[node].raft! }

    /// The node that leads in the highest term, if any.
    var leader: UInt32? {
        replicas.filter { $0.raft?.role == .leader }.max { $0.raft!.term < $1.raft!.term }?.id.rawValue
    }

    // MARK: Steps

    /// Changes a replica and puts what it sent on the network.
    @discardableResult
    mutating func with<Result>(_ node: NodeID, _ body: (inout SimulatedReplica) -> Result) -> Result {
        let slot = slot(node)
        let before = trace == nil ? nil : replicas[slot]
        let result = body(&replicas[slot])
        if let before { trace! += Trace.lines(from: before, to: replicas[slot]) }
        for addressed in replicas[slot].sent {
            network.append(Packet(from: node, to: addressed.to, message: addressed.message))
        }
        replicas[slot].sent = []
        invariants.check(replicas[slot], among: replicas)
        return result
    }

    @discardableResult
    mutating func step<Result>(_ node: UInt32, _ body: (inout RaftGroup, inout Outputs) -> Result) -> Result? {
        with(NodeID(node)) { $0.step(body) }
    }

    /// Hands over a packet; the receiver's engine then flushes.
    mutating func deliver(_ packet: Packet) {
        guard ids.contains(packet.to) else { return }
        with(packet.to) { [now] in
            $0.step {
                $0.receive(packet.message, from: packet.from, now: now, into: &$1)
                $0.replicate(now: now, into: &$1)
            }
        }
    }

    mutating func tick(_ node: NodeID) {
        with(node) { [now] in
            $0.step {
                $0.tick(now: now, into: &$1)
                $0.replicate(now: now, into: &$1)
            }
        }
    }

    mutating func finishBatch(_ node: NodeID) {
        with(node) { [now] in
            $0.finishBatch(now: now)
            $0.step { $0.replicate(now: now, into: &$1) }
        }
    }

    mutating func flush(_ node: UInt32) { step(node) { [now] in $0.replicate(now: now, into: &$1) } }

    mutating func crash(_ node: UInt32, keepingInFlight: Bool = false) {
        with(NodeID(node)) { $0.crash(keepingInFlight: keepingInFlight) }
        network.removeAll { $0.to == NodeID(node) }
    }

    mutating func restart(_ node: UInt32) {
        let seed = seeds.next()
        with(NodeID(node)) { [settings, now] in
            if $0.isUp { $0.crash(keepingInFlight: false) }
            $0.start(settings: settings, seed: seed, now: now)
        }
    }

    mutating func wipe(_ node: UInt32) {
        crash(node)
        with(NodeID(node)) { $0.disk.wipe() }
        restart(node)
    }

    // MARK: Whole runs

    /// Delivers and persists until nothing moves; packets for which `drops` says so are lost.
    mutating func settle(drops: (Packet) -> Bool = { _ in false }) {
        var rounds = 0
        while true {
            rounds += 1
            precondition(rounds < 10_000, "the cluster does not settle")
            let packets = network
            network = []
            for packet in packets where !drops(packet) { deliver(packet) }
            var isQuiet = network.isEmpty
            for replica in replicas where replica.isUp {
                if replica.hasDiskWork {
                    finishBatch(replica.id)
                    isQuiet = false
                }
                if !replica.loads.isEmpty || !replica.snapshotsWanted.isEmpty {
                    answer(replica.id)
                    isQuiet = false
                }
            }
            if isQuiet, network.isEmpty { return }
        }
    }

    mutating func answer(_ node: NodeID, failing: Bool = false) {
        with(node) { [now, settings] in
            $0.answerLoads(now: now, countMax: settings.appendEntriesMax, failing: failing)
            $0.answerSnapshots(failing: failing)
        }
    }

    /// Lets time pass and everything that is due happen.
    mutating func advance(_ span: Span, drops: (Packet) -> Bool = { _ in false }) {
        let end = now + span
        while let due = replicas.compactMap({ $0.raft?.deadline }).min(), due <= end {
            now = max(now, due)
            for replica in replicas where (replica.raft?.deadline ?? .distantFuture) <= now { tick(replica.id) }
            settle(drops: drops)
        }
        now = end
    }

    /// Makes `node` campaign and lead.
    mutating func elect(_ node: UInt32) {
        let voters = raft(node).configuration.voters
        now = max(now + settings.electionTimeout * 2, raft(node).deadline)
        // The others' time-outs have not come yet, by luck.
        for other in voters where other != NodeID(node) && self[other].isUp {
            step(other.rawValue) { [now] raft, _ in raft.resumed(now: now) }
        }
        tick(NodeID(node))
        settle()
        precondition(raft(node).role == .leader, "node \(node) was not elected: \(raft(node).role)")
    }

    @discardableResult
    mutating func propose(_ node: UInt32, _ text: String) -> Proposal? {
        step(node) { [now] in
            let proposal = $0.propose(.record, Array(text.utf8), into: &$1)
            $0.replicate(now: now, into: &$1)
            return proposal
        }
    }
}
