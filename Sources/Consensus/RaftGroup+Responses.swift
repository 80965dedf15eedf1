internal import Primitives

/// The leader taking in its followers' answers.
extension RaftGroup {
    mutating func receive(
        _ response: AppendResponse, slot: Int, now: Instant, into outputs: inout Outputs
    ) {
        switch response.result {
        case .matching(let index):
            guard index <= log.last.index else {
                outputs.fault =
                    "group \(group): node \(peers[slot].node) holds entries up to \(index) as committed, the leader's log of term "
                    + "\(term) ends at \(log.last.index)"
                return
            }
            receiveMatching(index, slot: slot, now: now, into: &outputs)
        case .diverging(let probe, let probeTerm, let previousIndex):
            receiveDiverging(
                probe: probe, probeTerm: probeTerm, previousIndex: previousIndex, slot: slot, now: now, into: &outputs)
        }
    }

    private mutating func receiveMatching(
        _ index: LogIndex, slot: Int, now: Instant, into outputs: inout Outputs
    ) {
        let isNews = index > peers[slot].match
        let wasBlocked = !peers[slot].admits(settings) || peers[slot].bulkThrough != .zero
        peers[slot].acknowledge(index)
        switch peers[slot].flow {
        case .probe: peers[slot].becomeReplicate()
        case .snapshot: leaveSnapshot(slot)
        case .replicate: break
        }
        if isNews {
            advanceCommit(now: now, into: &outputs)
            // The commit may have been that of this leader's own removal.
            guard role == .leader, slot < peers.count else { return }
            finishTransfer(slot, into: &outputs)
        }
        // In the steady state `replicate` sends, once for all that came in a turn.
        if wasBlocked { fill(slot, into: &outputs) }
    }

    private mutating func receiveDiverging(
        probe: LogIndex, probeTerm: Term, previousIndex: LogIndex, slot: Int, now: Instant, into outputs: inout Outputs
    ) {
        // A learner whose log does not know yet that it is a member may be given up by a node that reads an older directory, and come back
        // blank: it is promoted only when it knows. Nothing was committed by its copy.
        if peers[slot].isLearner, previousIndex <= peers[slot].match, probe < peers[slot].match, peers[slot].flow != .snapshot {
            wake(now)
            peers[slot].match = .zero
            peers[slot].becomeProbe(next: probe.next)
            fill(slot, into: &outputs)
            return
        }
        let peer = peers[slot]
        // An answer to something older than what is known, or a second answer.
        guard previousIndex > peer.match, previousIndex < peer.next else { return }
        switch peer.flow {
        case .probe: guard previousIndex == peer.next.previous else { return }
        case .replicate: break
        case .snapshot: return
        }
        wake(now)
        let previous = agreement(probe: probe, probeTerm: probeTerm, rejected: previousIndex, match: peer.match)
        peers[slot].becomeProbe(next: previous.next)
        fill(slot, into: &outputs)
    }

    /// Where the peer's log may agree: before `rejected`, at or after `match`. Skips a divergent term at a time (Raft §5.3, end).
    private func agreement(probe: LogIndex, probeTerm: Term, rejected: LogIndex, match: LogIndex) -> LogIndex {
        let hint = min(probe, rejected)
        let candidate =
            hint < log.base.index ? hint : log.newest(atOrBefore: hint, termAtMost: probeTerm).index
        guard candidate >= rejected else { return max(candidate, match) }
        // The terms that would tell are not in memory: halve the distance, so that few loads find the place.
        return LogIndex(match.rawValue + (rejected.rawValue - 1 - match.rawValue) / 2)
    }

    mutating func receiveHeartbeatResponse(slot: Int, now: Instant, into outputs: inout Outputs) {
        guard peers[slot].match < log.last.index else { return }
        wake(now)
        peers[slot].stalledHeartbeats += 1
        switch peers[slot].flow {
        case .snapshot: return
        case .probe where peers[slot].next.previous < log.base.index:
            // Its probe needs the journal, where the last load may have failed.
            peers[slot].isPaused = false
            fill(slot, into: &outputs)
        case .replicate where peers[slot].next.previous < log.base.index || peers[slot].bulkThrough != .zero:
            // The bulk stream may be slow; only a long silence says that something was lost there. A window full of what was
            // lost is never emptied otherwise.
            if peers[slot].stalledHeartbeats >= Self.bulkPatience {
                peers[slot].becomeProbe(next: peers[slot].match.next)
            }
            fill(slot, into: &outputs)
        case .probe, .replicate:
            sendProbe(slot, into: &outputs)
            if peers[slot].flow == .probe { peers[slot].isPaused = true }
        }
    }

    /// Answered heartbeats without progress until what went in bulk is taken for lost.
    private static var bulkPatience: Int { 50 }
}
