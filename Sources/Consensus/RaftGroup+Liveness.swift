public import Primitives

/// Timers, heartbeats, CheckQuorum (thesis §6.2), and rest.
extension RaftGroup {
    /// Does what is due. Does nothing before `deadline`.
    public mutating func tick(now: Instant, into outputs: inout Outputs) {
        guard now >= deadline else { return }
        guard role == .leader else {
            campaign(now: now, into: &outputs)
            return
        }
        if !areTimersArmed { armLeader(now) }
        if let transfer, now >= transfer.deadline { self.transfer = nil }
        if now >= quorumDeadline {
            guard hasActiveQuorum else {
                becomeFollower(term: term, leader: nil, now: now, into: &outputs)
                return
            }
            beginQuorumPeriod(now)
        }
        if now >= heartbeatDeadline { heartbeat(now: now, into: &outputs) }
    }

    /// The loop stood still: what was timed on it means nothing. Nobody campaigns at once, and a leader has a whole period to hear its quorum.
    public mutating func resumed(now: Instant) {
        guard !isQuiescent else { return }
        if role == .leader {
            armLeader(now)
        } else if !(isVoter && configuration.voters.count == 1) {
            // A sole voter waits for nobody.
            armElection(now)
        }
    }

    mutating func armLeader(_ now: Instant) {
        areTimersArmed = true
        heartbeatDeadline = now
        beginQuorumPeriod(now)
    }

    private mutating func beginQuorumPeriod(_ now: Instant) {
        quorumDeadline = now + settings.electionTimeout
        for slot in peers.indices {
            peers[slot].wasActive = peers[slot].isActive
            peers[slot].isActive = false
            recheckSnapshot(slot)
        }
    }

    private var hasActiveQuorum: Bool {
        var count = isVoter ? 1 : 0
        for peer in peers where !peer.isLearner && peer.isActive { count += 1 }
        return count >= configuration.majority
    }

    // MARK: Heartbeats

    private mutating func heartbeat(now: Instant, into outputs: inout Outputs) {
        heartbeatDeadline = now + settings.heartbeatInterval
        let rests = canRest
        for slot in peers.indices where !(rests && peers[slot].isLost) {
            sendHeartbeat(slot, isQuiescent: rests, into: &outputs)
            finishTransfer(slot, into: &outputs)
        }
        if rests { rest() }
    }

    func sendHeartbeat(_ slot: Int, isQuiescent: Bool = false, into outputs: inout Outputs) {
        outputs.messages.append(
            Outputs.Addressed(
                to: peers[slot].node,
                message: .heartbeat(
                    Heartbeat(
                        term: term, commit: isBroken(.commitBeyondMatch) ? commit : min(commit, peers[slot].match), round: round, isQuiescent: isQuiescent))))
    }

    mutating func receive(_ heartbeat: Heartbeat, from: NodeID, now: Instant, into outputs: inout Outputs) {
        guard follow(from, term: heartbeat.term, now: now, into: &outputs) else {
            if outputs.fault == nil { respondToHeartbeat(from, into: &outputs) }
            return
        }
        guard heartbeat.commit <= log.last.index else {
            // The leader commits no further here than this node has acknowledged. If that was a predecessor of this replica, given up since,
            // the leader must begin anew; otherwise the node acknowledged what it no longer has (hazard 21).
            if let promised, promised.index >= heartbeat.commit {
                echoedRound = max(echoedRound, heartbeat.round)
                respond(
                    .diverging(probe: log.last.index, probeTerm: log.last.term, previousIndex: heartbeat.commit), to: from, into: &outputs)
                return
            }
            outputs.fault =
                "group \(group): this node acknowledged entries up to \(heartbeat.commit) or later, its log ends at "
                + "\(log.last.index): the journal is older than what the cluster remembers"
            return
        }
        echoedRound = max(echoedRound, heartbeat.round)
        if heartbeat.commit > commit { advanceCommit(to: heartbeat.commit, into: &outputs) }
        if heartbeat.isQuiescent, heartbeat.commit == log.last.index, durability.index == log.last.index {
            rest()
        } else {
            respondToHeartbeat(from, into: &outputs)
        }
    }

    // MARK: Rest (hazard 32)

    /// All is replicated and committed, nothing is pending, and a quorum is there. Peers whose processes are gone are left out: when they come
    /// back, `peerReached` wakes the group.
    private var canRest: Bool {
        guard commit == log.last.index, durability.index == commit, isServing, transfer == nil else { return false }
        guard waitingReads.isEmpty, startedReads.isEmpty else { return false }
        for peer in peers where !peer.isLost {
            guard peer.match == commit, peer.isRecentlyActive else { return false }
        }
        var count = isVoter ? 1 : 0
        for peer in peers where !peer.isLearner && !peer.isLost { count += 1 }
        return count >= configuration.majority
    }

    private mutating func rest() {
        isQuiescent = true
        // While the group rests, its members' processes vouch for them: who wakes it must not take them for silent.
        for slot in peers.indices where !peers[slot].isLost { peers[slot].isActive = true }
        trimWindow(keepingNothing: true)
    }

    /// Timers run again.
    mutating func wake(_ now: Instant) {
        guard isQuiescent else { return }
        isQuiescent = false
        if role == .leader {
            armLeader(now)
        } else {
            heardAt = now
            armElection(now)
        }
    }

    /// As `wake`, for calls that have no time: the next one that has it arms the timers.
    mutating func wakeWithoutTime() {
        guard isQuiescent, role == .leader else { return }
        isQuiescent = false
        areTimersArmed = false
    }

    // MARK: Hints of the transport

    /// The connection to `peer` was closed or reset: its process is probably gone. A hint, not a verdict: a group led from there asks for
    /// PreVotes after a short random delay.
    public mutating func peerLost(_ peer: NodeID, now: Instant, into outputs: inout Outputs) {
        if let slot = peers.slot(of: peer) {
            peers[slot].isLost = true
            peers[slot].isActive = false
            peers[slot].wasActive = false
            if role == .leader, peers[slot].flow != .probe { peers[slot].becomeProbe(next: peers[slot].match.next) }
            if transfer?.target == peer { transfer = nil }
        }
        guard role != .leader else {
            if peers.slot(of: peer) != nil { wake(now) }
            return
        }
        guard leader == peer else { return }
        leader = nil
        isQuiescent = false
        outputs.statusChanged = true
        electionDeadline = now + shortDelay(from: 0, to: 1)
    }

    /// A new connection to or from `peer`: what was on its way before is lost.
    public mutating func peerReached(_ peer: NodeID, now: Instant, into outputs: inout Outputs) {
        guard let slot = peers.slot(of: peer) else { return }
        peers[slot].isLost = false
        wake(now)
        switch role {
        case .leader:
            if peers[slot].flow != .snapshot || peers[slot].sentSnapshot != nil {
                peers[slot].becomeProbe(next: peers[slot].match.next)
            }
            sendHeartbeat(slot, into: &outputs)
            fill(slot, into: &outputs)
        case .candidate, .preCandidate:
            if !peers[slot].isLearner, peers[slot].ballot == .open { requestVote(slot, into: &outputs) }
        case .follower: break
        }
    }
}
