import Consensus
import Primitives

/// Thousands of random things done to one cluster, all from one seed; then peace, in which it must recover.
struct RandomRun {
    /// What can go wrong in a run.
    struct Faults {
        var loses = true
        var doubles = true
        var reorders = true
        var crashes = true
        var partitions = true
        var changesMembers = false
        var trims = false
    }

    private(set) var cluster: SimulatedCluster
    private var random: RandomGenerator
    private let faults: Faults
    private var cuts: [(NodeID, NodeID)] = []
    private var isCalm = false
    private var nextToken: UInt64 = 1
    /// What was committed anywhere when each read was asked.
    private var reads: [UInt64: LogIndex] = [:]
    private(set) var violations: [String] = []
    /// How often each thing was really provoked: a run that provokes nothing proves nothing.
    private(set) var counts: [String: Int] = [:]

    static var settings: RaftSettings {
        var settings = RaftSettings()
        settings.appendEntriesMax = 8
        settings.appendBytesMax = 400
        settings.inFlightMessagesMax = 4
        settings.windowBytesMax = 300
        settings.promotionLagMax = 20
        return settings
    }

    init(voters: [UInt32], others: [UInt32] = [], faults: Faults, seed: UInt64) {
        random = RandomGenerator(seed: seed)
        self.faults = faults
        cluster = SimulatedCluster(voters: voters, others: others, settings: Self.settings, seed: random.next())
    }

    mutating func run(steps: Int) {
        for number in 0..<steps {
            // Calm spells between the storms, in which the cluster gets somewhere.
            isCalm = number % 1_000 >= 600
            if number % 1_000 == 600 { calm() }
            step()
            guard violations.isEmpty, cluster.invariants.violations.isEmpty else { break }
        }
        violations += cluster.invariants.violations
        guard violations.isEmpty else { return }
        recover()
        violations += cluster.invariants.violations
    }

    private mutating func calm() {
        cuts = []
        for replica in cluster.replicas where !replica.isUp { cluster.restart(replica.id.rawValue) }
    }

    private mutating func note(_ what: String) { counts[what, default: 0] += 1 }
    private mutating func chance(_ percent: Int) -> Bool { Int.random(in: 0..<100, using: &random) < percent }
    private mutating func anyNode() -> NodeID { cluster.ids.randomElement(using: &random)! }

    private mutating func step() {
        let steps = cluster.replicas.map { $0.raft?.term.rawValue ?? 0 }
        switch Int.random(in: 0..<1_000, using: &random) {
        case 0..<590: deliver()
        case 590..<760: finishBatch()
        case 760..<820: pass(.milliseconds(Int64.random(in: 0...40, using: &random)))
        case 820..<855: propose()
        case 855..<880: read()
        case 880..<930: answer()
        case 930..<936: if faults.crashes, !isCalm { crash() }
        case 936..<946: restart()
        case 946..<950: if faults.partitions, !isCalm { cut() }
        case 950..<954: cuts.removeAll()
        case 954..<957: transfer()
        case 957..<960: hint()
        case 960..<961: if !isCalm { pause() }
        case 961..<963: if !isCalm { pass(.milliseconds(Int64.random(in: 100...900, using: &random))) }
        case 963..<985: if faults.changesMembers { changeMembers() }
        case 985..<993: if faults.trims { checkpoint() }
        default: if faults.changesMembers { wipeRemoved() }
        }
        takeReads()
        if zip(steps, cluster.replicas).contains(where: { $0 < $1.raft?.term.rawValue ?? 0 }) { note("term") }
    }

    private mutating func deliver() {
        guard !cluster.network.isEmpty else { return }
        let position = faults.reorders && chance(30) ? Int.random(in: 0..<cluster.network.count, using: &random) : 0
        let packet = cluster.network.remove(at: position)
        if position > 0 { note("reordered") }
        if cuts.contains(where: { $0 == packet.from && $1 == packet.to }) || faults.loses && !isCalm && chance(3) {
            note("lost")
            return
        }
        if faults.doubles, chance(4) {
            cluster.network.append(packet)
            note("doubled")
        }
        if case .append(let request) = packet.message, let last = cluster[packet.to].raft?.lastIndex,
            request.previousIndex < last, !request.entries.isEmpty
        {
            note("overlapping append")
        }
        if case .snapshot = packet.message { note("snapshot") }
        let truncated = cluster[packet.to].raft?.lastIndex ?? .zero
        cluster.deliver(packet)
        if let last = cluster[packet.to].raft?.lastIndex, last < truncated { note("truncated") }
    }

    private mutating func finishBatch() {
        let busy = cluster.replicas.filter(\.hasDiskWork).map(\.id)
        if let node = busy.randomElement(using: &random) { cluster.finishBatch(node) }
    }

    private mutating func pass(_ span: Span) {
        cluster.now = cluster.now + span
        for node in cluster.ids.shuffled(using: &random) { cluster.tick(node) }
    }

    private mutating func propose() {
        // Stale leaders are asked as well.
        let leaders = cluster.replicas.filter { $0.raft?.role == .leader }.map(\.id)
        guard let leader = leaders.randomElement(using: &random) else { return }
        for _ in 0..<Int.random(in: 1...6, using: &random) {
            let text = String(random.next(), radix: 36)
            cluster.step(leader.rawValue) { _ = $0.propose(.record, Array(text.utf8), into: &$1) }
        }
        cluster.flush(leader.rawValue)
        if leaders.count > 1 { note("two leaders") }
    }

    private mutating func read() {
        let node = anyNode()
        guard cluster[node].isUp else { return }
        let token = nextToken
        nextToken += 1
        reads[token] = cluster.invariants.newestCommit
        cluster.step(node.rawValue) { $0.read(token: token, into: &$1) }
        if chance(80) { cluster.flush(node.rawValue) }
    }

    /// A confirmed read sees everything that was committed anywhere before it was asked.
    private mutating func takeReads() {
        for node in cluster.ids where !cluster[node].reads.isEmpty {
            for outcome in cluster[node].reads {
                guard let asked = reads.removeValue(forKey: outcome.token) else {
                    violations.append("read \(outcome.token) ended twice")
                    continue
                }
                guard outcome.isConfirmed else { continue }
                note("confirmed read")
                let commit = cluster[node].raft!.commit
                if commit < asked {
                    violations.append("node \(node) confirms a read at \(commit), \(asked) was committed before it")
                }
            }
            cluster.with(node) { $0.reads = [] }
        }
    }

    private mutating func answer() {
        for node in cluster.ids where cluster[node].isUp {
            if !cluster[node].loads.isEmpty { note("load") }
            cluster.answer(node, failing: chance(10))
        }
    }

    private mutating func crash() {
        // The worst moment is while something that others may rely on is on its way to the disk.
        let busy = cluster.replicas.filter(\.hasDiskWork).map(\.id)
        let node = chance(70) ? busy.randomElement(using: &random) ?? anyNode() : anyNode()
        guard cluster[node].isUp else { return }
        if cluster[node].hasDiskWork { note("crash in a write") }
        let keeps = chance(50)
        cluster.crash(node.rawValue, keepingInFlight: keeps)
        note("crash")
        if chance(30) { return cluster.restart(node.rawValue) }
        guard chance(70) else { return }
        for other in cluster.ids where other != node && chance(80) {
            cluster.step(other.rawValue) { [now = cluster.now] in $0.peerLost(node, now: now, into: &$1) }
        }
    }

    private mutating func restart() {
        guard let node = cluster.replicas.filter({ !$0.isUp }).map(\.id).randomElement(using: &random) else { return }
        cluster.restart(node.rawValue)
        guard chance(70) else { return }
        for other in cluster.ids where other != node {
            cluster.step(other.rawValue) { [now = cluster.now] in $0.peerReached(node, now: now, into: &$1) }
            cluster.step(node.rawValue) { [now = cluster.now] in $0.peerReached(other, now: now, into: &$1) }
        }
    }

    /// One-way cuts as well as whole ones.
    private mutating func cut() {
        if chance(30), let leader = cluster.leader {
            // The leader alone, for long.
            for node in cluster.ids where node.rawValue != leader {
                cuts.append((NodeID(leader), node))
                if chance(70) { cuts.append((node, NodeID(leader))) }
            }
            note("cut")
            return
        }
        let (from, to) = (anyNode(), anyNode())
        guard from != to else { return }
        cuts.append((from, to))
        if chance(50) { cuts.append((to, from)) }
        note("cut")
    }

    /// Wrong hints, too, must do no harm.
    private mutating func hint() {
        let (node, peer) = (anyNode(), anyNode())
        let isLost = chance(50)
        cluster.step(node.rawValue) { [now = cluster.now] in
            isLost ? $0.peerLost(peer, now: now, into: &$1) : $0.peerReached(peer, now: now, into: &$1)
        }
    }

    private mutating func pause() {
        let node = anyNode()
        cluster.now = cluster.now + .milliseconds(700)
        cluster.step(node.rawValue) { [now = cluster.now] raft, _ in raft.resumed(now: now) }
    }

    private mutating func transfer() {
        guard let leader = cluster.leader else { return }
        let target = anyNode()
        let isBegun = cluster.step(leader) { [now = cluster.now] raft, outputs in
            (try? raft.transferLeadership(to: target, now: now, into: &outputs)) != nil
        }
        if isBegun == true { note("transfer") }
    }

    private mutating func changeMembers() {
        guard let leader = cluster.leader else { return }
        let configuration = cluster.raft(leader).configuration
        let change: ConfigurationChange
        // Mostly growing while small and shrinking while large, so that quorums of all sizes come and go.
        let grows = chance(configuration.voters.count < 3 ? 95 : 40)
        let learner = configuration.learners.randomElement(using: &random)
        let stranger = cluster.ids.filter { !configuration.contains($0) }.randomElement(using: &random)
        if grows, let learner, chance(80) || stranger == nil {
            change = .promote(learner)
        } else if grows, let stranger {
            change = .addLearner(stranger)
        } else {
            change = .remove(configuration.members.randomElement(using: &random)!)
        }
        let isBegun = cluster.step(leader) { raft, outputs in
            (try? raft.changeConfiguration(change, into: &outputs)) != nil
        }
        if isBegun == true {
            note("member change")
            if case .remove(NodeID(leader)) = change { note("leader removes itself") }
            if case .promote = change { note("promotion") }
        }
        if chance(80) { cluster.flush(leader) }
    }

    /// A node whose removal is committed is given a blank replica: it has forgotten all but term and vote.
    private mutating func wipeRemoved() {
        guard let leader = cluster.leader, cluster.raft(leader).isServing else { return }
        let raft = cluster.raft(leader)
        guard raft.configurationIndex <= raft.commit else { return }
        // A deposed leader's configuration may be out of date: only what is committed newest counts.
        guard raft.commit == cluster.invariants.newestCommit else { return }
        guard let node = cluster.ids.filter({ !raft.configuration.contains($0) }).randomElement(using: &random),
            cluster[node].disk.lastIndex > .zero
        else { return }
        cluster.wipe(node.rawValue)
        note("wipe")
    }

    private mutating func checkpoint() {
        let node = anyNode()
        let before = cluster[node].disk.firstAvailable
        let trims = chance(70)
        cluster.with(node) { $0.checkpoint(trimming: trims) }
        if cluster[node].disk.firstAvailable > before { note("trim") }
    }

    /// Faults end. A leader must come forth, commit something new, and bring every member up to date.
    private mutating func recover() {
        cuts = []
        for replica in cluster.replicas where !replica.isUp { cluster.restart(replica.id.rawValue) }
        for node in cluster.ids {
            for other in cluster.ids where other != node {
                cluster.step(node.rawValue) { [now = cluster.now] in $0.peerReached(other, now: now, into: &$1) }
            }
        }
        cluster.settle()
        for _ in 0..<20 {
            cluster.advance(.milliseconds(1_500))
            takeReads()
            guard let leader = cluster.leader, cluster.raft(leader).isServing else { continue }
            guard case .appended(let index, _) = cluster.propose(leader, "after") else { continue }
            cluster.settle()
            cluster.advance(.milliseconds(1_500))
            takeReads()
            let members = cluster.raft(leader).configuration.members
            if members.allSatisfy({ cluster[$0].raft!.commit >= index }) {
                note("recovered")
                if members.allSatisfy({ cluster[$0].raft!.isQuiescent }) { note("rests") }
                return
            }
        }
        let states = cluster.replicas.map { replica in
            let raft = replica.raft!
            return "\(replica.id): \(raft.role) term \(raft.term) log \(raft.windowBase)..\(raft.lastIndex) commit \(raft.commit) "
                + "leader \(raft.leader.map(\.description) ?? "-") \(raft.configuration.voters)/\(raft.configuration.learners)"
                + "@\(raft.configurationIndex) "
                + raft.progress.map { "\($0.node):\($0.matching)\($0.isActive ? "" : "?")" }.joined(separator: " ")
        }
        violations.append("no recovery within 30 s:\n" + states.joined(separator: "\n"))
    }
}
