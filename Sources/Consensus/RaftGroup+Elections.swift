internal import Primitives

/// Standing for election: PreVote (thesis §9.6), then the vote itself.
extension RaftGroup {
    /// Voters campaign. So does a node whose removal is in its log and not committed: until it is, nobody else may have a log that can
    /// win (thesis §4.2.2, figure 4.6). It then counts no vote of its own. A replica whose predecessor had more than it has waits.
    var mayCampaign: Bool {
        if let promised, lastPosition < promised { return false }
        if isVoter { return true }
        return configurations.currentIndex > commit
            && configurations.configuration(at: commit).voters.contains(node)
    }

    mutating func armElection(_ now: Instant) {
        electionDeadline = now + random.span(in: settings.electionTimeout..<settings.electionTimeout * 2)
    }

    /// A short wait, drawn anew each time so that two nodes with the same idea do not meet again and again.
    mutating func shortDelay(from least: Int64, to most: Int64) -> Span {
        random.span(in: settings.hintedElectionDelay * least..<settings.hintedElectionDelay * most)
    }

    /// Asks whether an election would be won; changes no term until a majority says so.
    mutating func campaign(now: Instant, into outputs: inout Outputs) {
        armElection(now)
        guard mayCampaign else { return askLeader(into: &outputs) }
        role = .preCandidate
        leader = nil
        isQuiescent = false
        isTransferElection = false
        clearBallots()
        outputs.statusChanged = true
        for slot in peers.indices where !peers[slot].isLearner { requestVote(slot, into: &outputs) }
        countBallots(now: now, into: &outputs)
    }

    /// A learner that hears nothing cannot stand, but its question wakes a leader that rests and has not told it so, or not everything.
    private func askLeader(into outputs: inout Outputs) {
        guard let leader, let slot = peers.slot(of: leader) else { return }
        let request = VoteRequest(
            term: term.next, lastIndex: log.last.index, lastTerm: log.last.term, isPreVote: true, isTransfer: false)
        outputs.messages.append(Outputs.Addressed(to: peers[slot].node, message: .voteRequest(request)))
    }

    /// Begins a new term and asks for votes, once the vote for itself is durable.
    mutating func stand(isTransfer: Bool, now: Instant, into outputs: inout Outputs) {
        role = .candidate
        leader = nil
        isQuiescent = false
        isTransferElection = isTransfer
        setTerm(term.next, vote: node, into: &outputs)
        voteSequence = durability.sequence
        clearBallots()
        armElection(now)
        for slot in peers.indices where !peers[slot].isLearner { requestVote(slot, into: &outputs) }
    }

    /// A real request waits for the disk: if this node forgot that it stood, it could stand again in the same term with a shorter log and
    /// win by the votes that the longer one got.
    func requestVote(_ slot: Int, into outputs: inout Outputs) {
        let isPreVote = role == .preCandidate
        let request = VoteRequest(
            term: isPreVote ? term.next : term, lastIndex: log.last.index, lastTerm: log.last.term,
            isPreVote: isPreVote, isTransfer: isTransferElection)
        let addressed = Outputs.Addressed(to: peers[slot].node, message: .voteRequest(request))
        if isPreVote || isBroken(.standBeforeDurable) { outputs.messages.append(addressed) } else { outputs.durableMessages.append(addressed) }
    }

    private mutating func clearBallots() {
        for slot in peers.indices { peers[slot].ballot = .open }
    }

    /// Goes on if the election is won, gives way if it cannot be won any more.
    mutating func countBallots(now: Instant, into outputs: inout Outputs) {
        guard role == .candidate || role == .preCandidate else { return }
        // Its own vote counts when it is durable; a PreVote binds nobody.
        var granted = isVoter && (role == .preCandidate || durability.settled >= voteSequence || isBroken(.standBeforeDurable)) ? 1 : 0
        var open = isVoter ? 1 - granted : 0
        var rejected = 0
        for peer in peers where !peer.isLearner {
            switch peer.ballot {
            case .granted: granted += 1
            case .open: if !peer.isLost { open += 1 }
            case .rejected: rejected += 1
            }
        }
        if granted >= configuration.majority {
            if role == .preCandidate {
                stand(isTransfer: false, now: now, into: &outputs)
            } else {
                becomeLeader(now: now, into: &outputs)
            }
        } else if rejected > 0, granted + open < configuration.majority {
            giveWay(now: now, into: &outputs)
        }
    }

    /// A vote that was split is tried again soon, and PreVote then lets only one of them through. A PreVote that was refused is not: a
    /// leader is there, or a better candidate.
    private mutating func giveWay(now: Instant, into outputs: inout Outputs) {
        if role == .candidate { electionDeadline = min(electionDeadline, now + shortDelay(from: 1, to: 4)) }
        role = .follower
        outputs.statusChanged = true
    }

    /// Leads from here on: an entry of its own term commits all that came before (Raft §5.4.2, §8).
    private mutating func becomeLeader(now: Instant, into outputs: inout Outputs) {
        role = .leader
        leader = node
        isQuiescent = false
        outputs.statusChanged = true
        uncommittedBytes = 0
        if commit < log.last.index {
            for entry in log.slice(from: commit.next, through: log.last.index) {
                uncommittedBytes += entry.payload.count
            }
        }
        for slot in peers.indices { peers[slot].resetForNewLeader(next: log.last.index.next) }
        waitingReads.removeAll()
        startedReads.removeAll()
        transfer = nil
        armLeader(now)
        heartbeatDeadline = now + settings.heartbeatInterval
        termStart = log.last.index.next
        append(.empty, [], into: &outputs)
        for slot in peers.indices { fill(slot, into: &outputs) }
        advanceCommit(now: now, into: &outputs)
    }
}
