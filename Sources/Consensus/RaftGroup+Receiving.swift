public import Primitives

extension RaftGroup {
    /// Takes in a message of the member `from`, or of a node that was or will be one.
    public mutating func receive(_ message: Message, from: NodeID, now: Instant, into outputs: inout Outputs) {
        guard from != node else { return }
        guard message.isPlausible else {
            outputs.fault = "group \(group): node \(from) sent numbers that no log has: \(message)"
            return
        }
        switch message {
        case .voteRequest(let request): receive(request, from: from, now: now, into: &outputs)
        case .voteResponse(let response): receive(response, from: from, now: now, into: &outputs)
        case .append(let request): receive(request, from: from, now: now, into: &outputs)
        case .heartbeat(let heartbeat): receive(heartbeat, from: from, now: now, into: &outputs)
        case .snapshot(let offer): receive(offer, from: from, now: now, into: &outputs)
        case .timeoutNow(let term): receiveTimeoutNow(term, from: from, now: now, into: &outputs)
        case .appendResponse(let response):
            guard let slot = respondent(from, term: response.term, round: response.round, now: now, into: &outputs)
            else { return }
            receive(response, slot: slot, now: now, into: &outputs)
        case .heartbeatResponse(let response):
            guard let slot = respondent(from, term: response.term, round: response.round, now: now, into: &outputs)
            else { return }
            receiveHeartbeatResponse(slot: slot, now: now, into: &outputs)
        }
    }

    /// Sets the term, forgets the vote, and follows. `leader` is nil until the new term's leader speaks.
    ///
    /// Also a leader's way down within its own term (CheckQuorum, its own removal).
    mutating func becomeFollower(term newTerm: Term, leader newLeader: NodeID?, now: Instant, into outputs: inout Outputs) {
        precondition(newTerm >= term, "group \(group): term \(newTerm) after \(term)")
        let wasLeader = role == .leader
        let wasAsleep = isQuiescent
        if newTerm > term {
            setTerm(newTerm, vote: nil, into: &outputs)
        } else if role == .follower, leader == newLeader {
            return
        }
        role = .follower
        leader = newLeader
        isQuiescent = false
        outputs.statusChanged = true
        if wasLeader { dropLeadership(into: &outputs) }
        if wasLeader || wasAsleep { armElection(now) }
    }

    mutating func setTerm(_ newTerm: Term, vote newVote: NodeID?, into outputs: inout Outputs) {
        precondition(newTerm > term, "group \(group): term \(newTerm) after \(term)")
        term = newTerm
        setVote(newVote, into: &outputs)
        termSequence = durability.sequence
        matched = .zero
        acknowledged = .zero
        owesAcknowledgement = false
        echoedRound = 0
        outputs.statusChanged = true
    }

    mutating func setVote(_ newVote: NodeID?, into outputs: inout Outputs) {
        vote = newVote
        outputs.hardStateChanged = true
        durability.handOut()
    }

    private mutating func dropLeadership(into outputs: inout Outputs) {
        failReads(into: &outputs)
        transfer = nil
        uncommittedBytes = 0
        areTimersArmed = true
    }

    /// Takes `from` for the leader of `term`. False if it is a leader of the past, or if a fault is found.
    mutating func follow(_ from: NodeID, term leaderTerm: Term, now: Instant, into outputs: inout Outputs) -> Bool {
        if leaderTerm < term, isBroken(.followOlderTerm), role == .follower {
            heardAt = now
            return true
        }
        guard leaderTerm >= term else { return false }
        if leaderTerm > term, role == .leader, isBroken(.keepLeadingInNewTerm) { return false }
        if leaderTerm == term, role == .leader || (leader != nil && leader != from) {
            outputs.fault = "group \(group): nodes \(leader ?? node) and \(from) both lead in term \(term)"
            return false
        }
        becomeFollower(term: leaderTerm, leader: from, now: now, into: &outputs)
        isQuiescent = false
        heardAt = now
        armElection(now)
        if let slot = peers.slot(of: from) { peers[slot].isLost = false }
        return true
    }

    /// The place of a peer whose response counts: a member's, of this term, to a request of this leader.
    ///
    /// Responses of nodes that are not members count for nothing, not even for their term: a removed replica deposes nobody.
    private mutating func respondent(
        _ from: NodeID, term responseTerm: Term, round: UInt64, now: Instant, into outputs: inout Outputs
    ) -> Int? {
        guard let slot = peers.slot(of: from) else { return nil }
        if responseTerm > term, !isBroken(.countOtherTerms), !isBroken(.keepLeadingInNewTerm) {
            becomeFollower(term: responseTerm, leader: nil, now: now, into: &outputs)
            return nil
        }
        guard responseTerm == term || isBroken(.countOtherTerms), role == .leader, round >= peers[slot].minimumRound else { return nil }
        peers[slot].isActive = true
        if peers[slot].isLost {
            peers[slot].isLost = false
            wake(now)
        }
        if round > peers[slot].round {
            peers[slot].round = min(round, self.round)
            confirmReads(into: &outputs)
        }
        return slot
    }
}

extension Message {
    /// Whether its numbers leave room for arithmetic. No log of a real cluster comes near 2⁶² entries or terms.
    fileprivate var isPlausible: Bool {
        let limit: UInt64 = 1 << 62
        guard term.rawValue < limit else { return false }
        switch self {
        case .append(let request):
            return request.previousIndex.rawValue < limit && request.commit.rawValue < limit
        case .appendResponse(let response):
            switch response.result {
            case .matching(let index): return index.rawValue < limit
            case .diverging(let probe, _, let previousIndex):
                return probe.rawValue < limit && previousIndex.rawValue < limit && previousIndex.rawValue > 0
            }
        case .heartbeat(let heartbeat): return heartbeat.commit.rawValue < limit
        case .snapshot(let offer): return offer.snapshot.index.rawValue < limit
        case .voteRequest, .voteResponse, .heartbeatResponse, .timeoutNow: return true
        }
    }
}
