internal import Consensus
internal import Engine
internal import Primitives

/// What must hold after every step. Only what has changed since the host's last turn is looked at.
extension Simulation {
    func look(at host: SimulatedHost, _ engine: Engine) {
        var seen = host.seen
        host.seen = []
        engine.forEachReplica { view in
            let group = Int(view.group.rawValue)
            while seen.count <= group { seen.append(SimulatedHost.Seen()) }
            check(view, &seen[group], host, engine)
        }
        host.seen = seen
    }

    private func check(_ view: ReplicaView, _ seen: inout SimulatedHost.Seen, _ host: SimulatedHost, _ engine: Engine) {
        defer { seen.lastIndex = view.lastIndex }
        if seen.incarnation != view.incarnation {
            seen = SimulatedHost.Seen()
            seen.incarnation = view.incarnation
            checkPromise(view.group, host, engine)
        } else if seen.term == view.term, seen.role == view.role, seen.commit == view.commit,
            seen.configurationIndex == view.configurationIndex, seen.isQuiescent == view.isQuiescent
        {
            return
        }
        if view.term < seen.term { fail("the term of group \(view.group) on node \(engine.node) goes back") }
        var voters = seen.voters
        if view.configurationIndex != seen.configurationIndex || voters.isEmpty {
            voters = engine.raft(of: view.group)?.configuration.voters ?? []
        }
        if view.role == .leader, seen.role != .leader || seen.term != view.term { elected(view, host, voters, seen.voters) }
        if seen.role == .leader, view.role != .leader, view.lastIndex > seen.commit { tally.note(hazard: 12) }
        if view.isQuiescent, !seen.isQuiescent, view.role == .leader { tally.note(hazard: 32) }
        if view.role == .leader, view.configurationIndex > seen.configurationIndex, seen.configurationIndex > .zero {
            tally.note(hazard: 3)
        }
        if view.commit < seen.commit {
            fail("the commit index of group \(view.group) on node \(engine.node) goes back from \(seen.commit) to \(view.commit)")
        }
        if view.commit > seen.commit {
            committed(view, host, voters, seen.voters, wasLeader: seen.role == .leader && seen.term == view.term)
        }
        seen.term = view.term
        seen.role = view.role
        seen.commit = view.commit
        seen.configurationIndex = view.configurationIndex
        seen.isQuiescent = view.isQuiescent
        seen.voters = voters
    }

    /// A node that has just started reads its directory anew from an old commit index on; what a later entry of its log has asked for
    /// it must not give up meanwhile.
    func checkDirectory(_ host: SimulatedHost, givingUp group: GroupID) {
        guard let end = host.directoryEnd, host.disk.entry(.directory, end.index)?.checksum == end.checksum,
            let applied = host.engine?.applied(of: .directory), applied < end.index
        else { return }
        fail(
            "node \(host.node!) gives up its replica of group \(group) by a directory of entry \(applied), and had entry \(end.index) "
                + "when it started")
    }

    /// A replica knows how far those went that the node had before it and gave up (HAZARDS 4).
    private func checkPromise(_ group: GroupID, _ host: SimulatedHost, _ engine: Engine) {
        guard !host.isSpoiled, let farthest = host.givenUp[group], let raft = engine.raft(of: group) else { return }
        guard raft.promised.map({ $0 < farthest }) ?? true else { return }
        fail(
            "node \(engine.node) has acknowledged entries of group \(group) up to \(farthest.index) of term \(farthest.term), gave them up, and "
                + "would now vote for a log without them")
    }

    /// The votes that made a leader are on the disks of those who gave them (Raft, figure 2: what is persistent on all servers).
    private func isElected(_ view: ReplicaView, _ host: SimulatedHost, by voters: [NodeID]) -> Bool {
        let votes = voters.count { voter in
            guard let number = hostOfNode[voter] else { return false }
            return hosts[number].disk.holdsVote(view.group, view.term, host.node)
                || hosts[number].ghost?.holdsVote(view.group, view.term, host.node) == true
        }
        return votes > voters.count / 2
    }

    private func elected(_ view: ReplicaView, _ host: SimulatedHost, _ voters: [NodeID], _ before: [NodeID]) {
        log("node \(host.node!) leads group \(view.group) in term \(view.term)")
        // The last entry is the first of its own term.
        if view.lastIndex.rawValue > view.commit.rawValue + 1 { tally.note(hazard: 2) }
        let leader = CommitWatch.Leader(host: host.number, start: host.starts)
        if let problem = watch.lead(view.group, view.term, leader) { fail(problem) }
        // Members may have changed in the same turn.
        guard !isElected(view, host, by: voters), !isElected(view, host, by: before) else { return }
        fail("node \(host.node!) leads group \(view.group) in term \(view.term) by votes that no majority of \(voters) has on its disks")
    }

    /// A replica's commit index has advanced: it must agree with all others, and what is new must be durable on a majority.
    private func committed(
        _ view: ReplicaView, _ host: SimulatedHost, _ voters: [NodeID], _ before: [NodeID], wasLeader: Bool
    ) {
        let (group, index) = (view.group, view.commit)
        if let checksum = watch.checksum(group, at: index) {
            if checksum != view.checksum {
                fail("node \(host.node!) has committed another entry \(index) of group \(group) than others have")
            }
            return
        }
        // Members may have changed in the same turn: the majority is one of those before or after.
        guard isHeld(group, index, view.checksum, by: voters) || isHeld(group, index, view.checksum, by: before) else {
            return fail(
                "node \(host.node!) commits entry \(index) of group \(group) in term \(view.term), which no majority of \(voters) holds durably")
        }
        let known = LogIndex(UInt64(watch.count(group)))
        defer { checkOwnTerm(view, wasLeader) }
        for candidate in hosts where !candidate.isSpoiled {
            guard let disk = candidate.disk.groups[group], disk.before.index <= known,
                disk.entry(index)?.checksum == view.checksum
            else { continue }
            let news = disk.entries[(known - disk.before.index)..<(index - disk.before.index)]
            if let problem = watch.extend(group, with: news) { fail(problem) }
            return
        }
        fail("no disk has the committed entry \(index) of group \(group) undamaged")
    }

    /// A leader commits what others left only through an entry of its own (Raft §5.4.2).
    private func checkOwnTerm(_ view: ReplicaView, _ wasLeader: Bool) {
        guard wasLeader, view.role == .leader, violation == nil,
            let entry = watch.log(view.group).last, entry.index == view.commit, entry.term != view.term
        else { return }
        fail("the leader of group \(view.group) in term \(view.term) commits entry \(entry.index) of term \(entry.term) by count")
    }

    /// Whether a majority of `voters` holds the entry durably, or held it until its disk was spoiled.
    func isHeld(_ group: GroupID, _ index: LogIndex, _ checksum: UInt64, by voters: [NodeID]) -> Bool {
        var holders = 0
        for voter in voters {
            guard let number = hostOfNode[voter] else { continue }
            if hosts[number].disk.holds(group, index, checksum) || hosts[number].ghost?.holds(group, index, checksum) == true {
                holders += 1
            }
        }
        return !voters.isEmpty && holders > voters.count / 2
    }
}

extension SimulatedHost.Seen {
    init() {
        incarnation = 0
        term = .zero
        role = .follower
        commit = .zero
        lastIndex = .zero
        configurationIndex = .zero
        isQuiescent = false
        voters = []
    }
}
