internal import DequeModule
internal import Primitives


/// Linearizable reads without the log: ReadIndex (thesis §6.4). A round is a number that every message of the leader carries and every
/// answer echoes, so reads ride on heartbeats and appends that go anyway.
extension RaftGroup {
    /// Asks whether this node leads. The answer comes as `Outputs.reads`: confirmed when a quorum has answered a round begun by a later
    /// `replicate`, and then this node was the leader after the call; not confirmed as soon as leadership is lost.
    ///
    /// Waits until an entry of the leader's own term is committed. A sole voter is its own quorum.
    public mutating func read(token: UInt64, into outputs: inout Outputs) {
        guard role == .leader else {
            outputs.reads.append(Outputs.ReadOutcome(token: token, isConfirmed: false))
            return
        }
        if isServing, isSoleVoter || isBroken(.readWithoutRound) {
            outputs.reads.append(Outputs.ReadOutcome(token: token, isConfirmed: true))
            return
        }
        waitingReads.append(token)
        wakeWithoutTime()
    }

    private var isSoleVoter: Bool { isVoter && configuration.voters.count == 1 }

    /// True if a round has begun that every voter must hear of.
    mutating func startReadRound(into outputs: inout Outputs) -> Bool {
        guard !waitingReads.isEmpty, isServing else { return false }
        round += 1
        for token in waitingReads { startedReads.append(StartedRead(round: round, token: token)) }
        waitingReads.removeAll(keepingCapacity: true)
        confirmReads(into: &outputs)
        return !startedReads.isEmpty
    }

    /// Confirms the reads whose round a majority of the voters has answered.
    mutating func confirmReads(into outputs: inout Outputs) {
        while let first = startedReads.first, answers(to: first.round) >= configuration.majority {
            let confirmed = first.round
            while let read = startedReads.first, read.round <= confirmed {
                outputs.reads.append(Outputs.ReadOutcome(token: read.token, isConfirmed: true))
                startedReads.removeFirst()
            }
        }
    }

    private func answers(to round: UInt64) -> Int {
        var count = isVoter ? 1 : 0
        for slot in peers.indices where !peers[slot].isLearner && (peers[slot].round >= round || isBroken(.readByOldRound)) { count += 1 }
        return count
    }

    mutating func failReads(into outputs: inout Outputs) {
        for read in startedReads { outputs.reads.append(Outputs.ReadOutcome(token: read.token, isConfirmed: false)) }
        for token in waitingReads { outputs.reads.append(Outputs.ReadOutcome(token: token, isConfirmed: false)) }
        startedReads.removeAll()
        waitingReads.removeAll()
    }
}
