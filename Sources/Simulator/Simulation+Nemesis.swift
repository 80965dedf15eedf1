internal import Consensus
internal import Directory
internal import Engine
internal import Linearizability
internal import Primitives

/// The acts of the nemesis: one at a time, drawn from those that the seed has chosen.
extension Simulation {
    func strike() {
        guard isChaos else { return }
        post(.nemesis, after: generator.span(in: scenario.gap / 4..<scenario.gap * 2))
        guard let fault = pick(scenario.faults) else { return }
        if strikeNetwork(fault) || strikeProcess(fault) || strikeDisk(fault) || strikeMembers(fault) {
            tally.note(fault)
            log("fault: \(fault.rawValue)")
        }
    }

    private var running: [SimulatedHost] { hosts.filter { $0.isRunning } }

    /// Whom to strike: every other time one that leads a shard, if there is one.
    private func victim(_ hosts: [SimulatedHost]) -> SimulatedHost? {
        let leaders = hosts.filter { $0.seen.dropFirst().contains { $0.role == .leader } }
        return pick(chance(1, of: 2) && !leaders.isEmpty ? leaders : hosts)
    }

    /// Some callers stay with, or come to, a node that is struck: who else would ask a leader that is none any more?
    private func attract(to host: SimulatedHost) {
        for number in callers.indices where !callers[number].isObserver && chance(1, of: 4) { callers[number].host = host.number }
        for _ in 0..<3 { post(.ask(host: host.number), after: span(400, 1_300)) }
    }

    /// Observers that have nothing to do change an entity that this node leads, or believes to lead, by way of another node; once that
    /// has taken effect, they read it from this one.
    func askNow(_ host: SimulatedHost) {
        guard isChaos, host.isRunning else { return }
        let others = hosts.filter { $0 !== host && $0.isRunning && !$0.isPaused }
        for number in callers.indices where callers[number].isObserver && callers[number].operation == nil && callers[number].closing.isEmpty {
            guard let other = pick(others) else { return }
            let entity = entity(ledBy: host)
            callers[number].closing = [
                Caller.Closing(action: .increment(by: 1), entity: entity, host: other.number),
                Caller.Closing(action: .read, entity: entity, host: host.number),
            ]
            callers[number].attempt += 1
            post(.caller(number, attempt: callers[number].attempt), after: span(0, 3))
        }
    }

    private func entity(ledBy host: SimulatedHost) -> [UInt8] {
        let names = (0..<scenario.entities).map { Array("c\($0)".utf8) }.filter { name in
            guard let group = watch.group(of: name) else { return false }
            return Int(group.rawValue) < host.seen.count && host.seen[Int(group.rawValue)].role == .leader
        }
        return pick(names) ?? entity()
    }

    // MARK: The network

    private func strikeNetwork(_ fault: SimulatedFault) -> Bool {
        let away = span(100, 2_000)
        let hosts = running
        guard hosts.count > 1, let one = victim(hosts) else { return false }
        let others = hosts.filter { $0 !== one }
        switch fault {
        case .cutNode:
            cut(others.flatMap { both(one, $0) }, for: away)
            attract(to: one)
        case .cutOneWay:
            let victims = chance(1, of: 2) ? others : others.filter { _ in chance(1, of: 2) }
            let isInbound = chance(1, of: 2)
            if isInbound { attract(to: one) }
            cut(victims.map { isInbound ? pair($0, one) : pair(one, $0) }, for: away)
            tally.note(hazard: 5)
        case .cutPartial:
            guard let other = pick(others) else { return false }
            cut(both(one, other), for: away)
            tally.note(hazard: 5)
        case .cutHalves:
            let left = hosts.filter { _ in chance(1, of: 2) }
            let right = hosts.filter { host in !left.contains { $0 === host } }
            cut(left.flatMap { one in right.flatMap { both(one, $0) } }, for: away)
        case .cutAll:
            for host in hosts { cut(hosts.filter { $0 !== host }.map { pair(host, $0) }, for: span(200, 2_000)) }
        case .reset:
            for other in others where chance(1, of: 2) { disconnect(one, other, within: .milliseconds(20)) }
        default: return false
        }
        return true
    }

    func pair(_ from: SimulatedHost, _ to: SimulatedHost) -> Int { Network.pair(from.number, to.number) }
    func both(_ one: SimulatedHost, _ other: SimulatedHost) -> [Int] { [pair(one, other), pair(other, one)] }

    // MARK: Processes and clocks

    private func strikeProcess(_ fault: SimulatedFault) -> Bool {
        guard let host = victim(running) else { return false }
        switch fault {
        case .crash: crashForAWhile(host, isNoticed: true)
        case .powerOff: crashForAWhile(host, isNoticed: false)
        case .crashAll: for host in running { crashForAWhile(host, isNoticed: true) }
        case .terminate:
            turn(host) { $0.handOver() }
            guard host.isRunning else { return true }
            crashForAWhile(host, isNoticed: true)
        case .pause: pause(host)
        case .clockJump:
            host.skew = generator.span(in: scenario.skew * -1..<scenario.skew)
            tally.note(hazard: 25)
        default: return false
        }
        return true
    }

    private func crashForAWhile(_ host: SimulatedHost, isNoticed: Bool) {
        crash(host, isNoticed: isNoticed, because: isNoticed ? "kill" : "power")
        post(.restart(host: host.number), after: chance(1, of: 3) ? span(1, 60) : span(60, 2_000))
    }

    /// A node dies that has been given a replica a moment ago.
    func strikeDown(_ host: SimulatedHost, _ start: UInt64) {
        guard isChaos, host.isRunning, host.starts == start else { return }
        tally.note(.crash)
        crashForAWhile(host, isNoticed: true)
    }

    private func pause(_ host: SimulatedHost) {
        guard !host.isPaused else { return }
        host.isPaused = true
        let length = chance(1, of: 2) ? span(50, 600) : span(600, 3_000)
        if length > scenario.settings.raft.electionTimeout / 2 { tally.note(hazard: 26) }
        post(.resume(host: host.number), after: length)
        attract(to: host)
    }

    // MARK: Disks

    private func strikeDisk(_ fault: SimulatedFault) -> Bool {
        guard let host = pick(hosts.filter { $0.node != nil && !$0.isGone && !$0.isSpoiled }) else { return false }
        switch fault {
        case .writeError:
            host.nextWriteFails = host.isRunning
            // Counted when it comes about.
            return false
        case .slowDisk: return false
        case .fullDisk: fill([host])
        case .fullDisks: fill(hosts)
        case .lockedDisk:
            host.stuckUntil = now + span(100, 2_500)
            tally.note(hazard: 24)
        case .flippedBit: return maySpoil(host) && flipBit(host)
        case .oldImage:
            // Counted when it comes about.
            copyDisk(of: host)
            return false
        default: return false
        }
        return true
    }

    private func fill(_ hosts: [SimulatedHost]) {
        for host in hosts where !host.isFull {
            host.isFull = true
            tally.note(hazard: 23)
        }
        post(.space(hosts: hosts.map(\.number)), after: span(200, 2_500))
    }

    /// A disk may be lost only where a majority of each of its groups is left, one disk at a time, and where a spare is up: a cluster of
    /// three that becomes one of two goes by way of two voters, of which none may then be lost.
    func maySpoil(_ host: SimulatedHost) -> Bool {
        guard let node = host.node, watch.directory.member(node)?.status != .removed, hosts.count < Network.hostsMax,
            watch.directory.membersUp.count > 3, scenario.replication != 2, !isOneSpoiled,
            !watch.directory.kinds.isEmpty || operatorDesk.errands.isEmpty
        else { return false }
        let groups = [GroupID.directory] + watch.directory.shards.map(\.group)
        return groups.allSatisfy { mayLose(node, $0) }
            && watch.directory.shards.allSatisfy { !$0.initialVoters.contains(node) || $0.initialVoters.count > 2 || $0.reported.index > .zero }
    }

    /// Whether some group may still count on a disk that is lost.
    private var isOneSpoiled: Bool { hosts.contains { $0.isSpoiled && !watch.isRemoved($0.node) } }

    /// By what any disk says of the group's members.
    private func mayLose(_ node: NodeID, _ group: GroupID) -> Bool {
        hosts.allSatisfy { host in
            guard let configuration = host.disk.groups[group]?.configuration, configuration.contains(node) else { return true }
            return configuration.voters.contains(node) && configuration.voters.count > 2
        }
    }

    func spoil(_ host: SimulatedHost) {
        host.isSpoiled = true
        host.ghost = host.disk
    }

    private func flipBit(_ host: SimulatedHost) -> Bool {
        let full = host.disk.groups.keys.sorted().filter { !host.disk.groups[$0]!.entries.isEmpty }
        guard let group = pick(full) else { return false }
        let position = Int.random(in: 0..<host.disk.groups[group]!.entries.count, using: &generator)
        spoil(host)
        var entry = host.disk.groups[group]!.entries[position]
        if entry.payload.isEmpty || chance(1, of: 4) {
            entry.term = Term(entry.term.rawValue ^ 1)
        } else {
            let byte = Int.random(in: 0..<entry.payload.count, using: &generator)
            entry.payload[byte] ^= 1 << UInt8.random(in: 0..<8, using: &generator)
        }
        host.disk.groups[group]!.entries[position] = entry
        // Somebody verifies the file soon, if nobody else stumbles over the damage.
        post(.verify(host: host.number), after: span(20, 400))
        return true
    }

    // MARK: Members

    /// Only where enough others are there to go on.
    private func takeLeaderOut() -> Bool {
        guard !isOneSpoiled else { return false }
        var choices: [(SimulatedHost, GroupID)] = []
        for host in running {
            for group in host.disk.groups.keys.sorted() {
                guard let raft = host.engine?.raft(of: group), raft.isServing, raft.configuration.voters.count > 2,
                    raft.progress.allSatisfy({ $0.isActive })
                else { continue }
                choices.append((host, group))
            }
        }
        guard let (host, group) = pick(choices), let node = host.node else { return false }
        turn(host) { $0.change(group, .remove(node)) }
        return true
    }

    private func strikeMembers(_ fault: SimulatedFault) -> Bool {
        let members = watch.directory.members.filter { $0.status == .up || $0.status == .down }
        switch fault {
        case .join:
            guard hosts.count < min(Network.hostsMax - 2, scenario.nodes + 3) else { return false }
            operatorDesk.ask(.join(host: addHost().number))
        case .leave:
            guard members.count > 3, let member = pick(members) else { return false }
            operatorDesk.ask(.remove(member.id))
            if chance(1, of: 2), hosts.count < Network.hostsMax - 2 { operatorDesk.ask(.join(host: addHost().number)) }
        case .move:
            guard let shard = pick(watch.directory.shards) else { return false }
            // Back to where the shard was born: the replica there may have been given up since.
            let former = members.filter { shard.initialVoters.contains($0.id) && !shard.replicas.contains($0.id) }
            guard let member = pick(chance(1, of: 2) && !former.isEmpty ? former : members) else { return false }
            operatorDesk.ask(.move(shard.group, member.id))
        case .leaderLeaves: return takeLeaderOut()
        default: return false
        }
        return true
    }
}
