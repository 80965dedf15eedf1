internal import Primitives

/// Answering candidates, and taking in their voters' answers.
extension RaftGroup {
    /// A node votes whatever its own configuration says of it or of the candidate: its configuration may be out of date (thesis §4.2.3).
    mutating func receive(_ request: VoteRequest, from: NodeID, now: Instant, into outputs: inout Outputs) {
        // Only a member's unrest is the group's: a removed replica does not keep it awake.
        if peers.slot(of: from) != nil { wake(now) }
        if request.isPreVote {
            receivePreVote(request, from: from, now: now, into: &outputs)
            return
        }
        if request.term > term, role != .leader || !isBroken(.keepLeadingInNewTerm) {
            guard request.isTransfer || !isSticky(to: from, now: now) else {
                answer(request, from: from, isGranted: false, into: &outputs)
                return
            }
            becomeFollower(term: request.term, leader: nil, now: now, into: &outputs)
        }
        let isFree = vote == from || (vote == nil && leader == nil) || isBroken(.voteTwice)
        let isStanding = role == .candidate || role == .leader
        let grants = request.term == term && !isStanding && isFree && isUpToDate(request)
        if grants {
            if vote != from { setVote(from, into: &outputs) }
            if role == .preCandidate {
                role = .follower
                outputs.statusChanged = true
            }
            armElection(now)
        }
        answer(request, from: from, isGranted: grants, into: &outputs)
    }

    /// Says whether it would vote. Of two that ask each other at the same time only one yields: the one with the lesser log or number.
    private mutating func receivePreVote(
        _ request: VoteRequest, from: NodeID, now: Instant, into outputs: inout Outputs
    ) {
        var grants = request.term > term && isUpToDate(request) && !isSticky(to: from, now: now)
        if grants, role == .preCandidate {
            let candidate = LogPosition(term: request.lastTerm, index: request.lastIndex)
            grants = (candidate, from) > (lastPosition, node)
        }
        if grants {
            if role == .preCandidate {
                role = .follower
                outputs.statusChanged = true
            }
            // Room for the one that asked to be elected.
            if role == .follower { electionDeadline = max(electionDeadline, now + shortDelay(from: 2, to: 4)) }
        } else if role == .follower, leader == nil, !isUpToDate(request) {
            // The leader is gone for both, and this node's log is the better one.
            electionDeadline = min(electionDeadline, now + shortDelay(from: 0, to: 1))
        }
        answer(request, from: from, isGranted: grants, into: &outputs)
    }

    private func answer(_ request: VoteRequest, from: NodeID, isGranted: Bool, into outputs: inout Outputs) {
        let response = VoteResponse(
            term: isGranted ? request.term : term, isGranted: isGranted, isPreVote: request.isPreVote)
        let addressed = Outputs.Addressed(to: from, message: .voteResponse(response))
        if isGranted && !request.isPreVote && !isBroken(.voteBeforeDurable) {
            outputs.durableMessages.append(addressed)
        } else {
            outputs.messages.append(addressed)
        }
    }

    /// Raft §5.4.1; for a replica that replaces an earlier one, against what either of them had.
    private func isUpToDate(_ request: VoteRequest) -> Bool {
        if isBroken(.voteForShorterLog) { return true }
        let candidate = LogPosition(term: request.lastTerm, index: request.lastIndex)
        return candidate >= lastPosition && promised.map { candidate >= $0 } ?? true
    }

    /// Whether a live leader is to be kept (thesis §4.2.3). Its own node asking for votes is the proof that it leads no more.
    private func isSticky(to candidate: NodeID, now: Instant) -> Bool {
        if role == .leader { return true }
        guard role == .follower, let leader, leader != candidate else { return false }
        return isQuiescent || now - heardAt < settings.electionTimeout
    }

    mutating func receive(_ response: VoteResponse, from: NodeID, now: Instant, into outputs: inout Outputs) {
        guard let slot = peers.slot(of: from) else { return }
        let isGrantedPreVote = response.isPreVote && response.isGranted
        if response.term > term, !isGrantedPreVote {
            becomeFollower(term: response.term, leader: nil, now: now, into: &outputs)
            return
        }
        let expected: Term
        switch role {
        case .preCandidate where response.isPreVote: expected = response.isGranted ? term.next : term
        case .candidate where !response.isPreVote: expected = term
        default: return
        }
        // A PreVote refused by a voter of an older term, by reason of its leader or a better log, carries that older term.
        guard response.term == expected || (response.isPreVote && !response.isGranted) else { return }
        peers[slot].isLost = false
        // A vote, once given, stands; an older refusal may come after it.
        if response.isGranted || peers[slot].ballot != .granted {
            peers[slot].ballot = response.isGranted ? .granted : .rejected
        }
        countBallots(now: now, into: &outputs)
    }
}
