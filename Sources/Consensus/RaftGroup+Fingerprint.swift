internal import Primitives

extension RaftGroup {
    /// Everything that decides what the group does next, as numbers: two groups with the same ones behave alike. Instants and the
    /// generator are left out: they only decide when.
    package func fingerprint(into numbers: inout [UInt64]) {
        numbers += [term.rawValue, UInt64(vote?.rawValue ?? 0), UInt64(leader?.rawValue ?? 0), number(of: role)]
        numbers += [log.base.index.rawValue, log.last.index.rawValue, log.last.checksum, commit.rawValue, applied.rawValue]
        numbers += [durability.index.rawValue, durability.sequence - durability.settled]
        numbers += [matched.rawValue, acknowledged.rawValue, termStart.rawValue, configurations.currentIndex.rawValue]
        numbers.append(flags([isQuiescent, owesAcknowledgement, areTimersArmed, isVoter, transfer != nil]))
        for peer in peers {
            numbers += [UInt64(peer.node.rawValue), peer.match.rawValue, peer.next.rawValue, UInt64(peer.stalledHeartbeats)]
            numbers.append(
                flags([
                    peer.isPaused, peer.isActive, peer.wasActive, peer.isLost, peer.ballot == .granted, peer.ballot == .rejected,
                    peer.isLoading, peer.flow == .replicate, peer.flow == .snapshot,
                ]))
        }
    }

    private func number(of role: Role) -> UInt64 {
        switch role {
        case .follower: 0
        case .preCandidate: 1
        case .candidate: 2
        case .leader: 3
        }
    }

    private func flags(_ values: [Bool]) -> UInt64 { values.reduce(0) { $0 << 1 | ($1 ? 1 : 0) } }
}
