public import Primitives

/// Handing leadership over (thesis §3.10).
extension RaftGroup {
    /// Stops proposals, brings `target` up to date, and asks it to campaign at once. Gives up after an election time-out and goes on.
    ///
    /// Done when another leader is known: `Outputs.statusChanged`. Given up when `transferTarget` is nil and this node still leads.
    /// - Throws: why nothing was begun.
    public mutating func transferLeadership(
        to target: NodeID, now: Instant, into outputs: inout Outputs
    ) throws(TransferRefusal) {
        guard role == .leader else { throw TransferRefusal(.notLeader, "node \(node) does not lead group \(group)") }
        guard let slot = peers.slot(of: target), !peers[slot].isLearner else {
            throw TransferRefusal(.unfitTarget, "node \(target) is not another voter of group \(group)")
        }
        guard !peers[slot].isLost else {
            throw TransferRefusal(.targetLost, "node \(target) is not connected")
        }
        guard transfer == nil else {
            throw TransferRefusal(.alreadyTransferring, "group \(group) is being handed over already")
        }
        wake(now)
        if !areTimersArmed { armLeader(now) }
        transfer = Transfer(target: target, deadline: now + settings.electionTimeout)
        fill(slot, into: &outputs)
        finishTransfer(slot, into: &outputs)
    }

    /// Once the target holds the whole log, it may campaign. Said again with every heartbeat, as it may be lost.
    func finishTransfer(_ slot: Int, into outputs: inout Outputs) {
        guard let transfer, transfer.target == peers[slot].node, peers[slot].match == log.last.index else { return }
        outputs.messages.append(Outputs.Addressed(to: transfer.target, message: .timeoutNow(term: term)))
    }

    mutating func receiveTimeoutNow(_ leaderTerm: Term, from: NodeID, now: Instant, into outputs: inout Outputs) {
        guard leaderTerm == term, role == .follower, isVoter, mayCampaign, leader == nil || leader == from else { return }
        stand(isTransfer: true, now: now, into: &outputs)
        countBallots(now: now, into: &outputs)
    }
}
