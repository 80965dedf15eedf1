public import Primitives

/// Changing the members, one at a time (thesis §4).
extension RaftGroup {
    /// Appends the configuration that `change` leads to. It is in force at once, on each node when its log has it, and done when it is committed.
    ///
    /// A leader that removes itself goes on, without a vote of its own, until the entry commits, and then steps down.
    /// - Returns: the entry's index.
    /// - Throws: why nothing was begun.
    public mutating func changeConfiguration(
        _ change: ConfigurationChange, into outputs: inout Outputs
    ) throws(ConfigurationRefusal) -> LogIndex {
        guard role == .leader else { throw ConfigurationRefusal(.notLeader, "node \(node) does not lead group \(group)") }
        guard transfer == nil else {
            throw ConfigurationRefusal(.transferring, "group \(group) is being handed over")
        }
        guard isServing else {
            throw ConfigurationRefusal(.notServing, "the leader of group \(group) has committed nothing in its term yet")
        }
        guard configurations.currentIndex <= commit else {
            throw ConfigurationRefusal(
                .changePending, "group \(group) has not committed the change of members at \(configurations.currentIndex)")
        }
        let next = try configuration(after: change)
        let index = append(.configuration, next.encoded(), into: &outputs)
        configurations.append(next, at: index)
        adoptConfiguration()
        // With fewer voters, what was answered may be enough.
        confirmReads(into: &outputs)
        return index
    }

    private func configuration(after change: ConfigurationChange) throws(ConfigurationRefusal) -> Configuration {
        let current = configuration
        switch change {
        case .addLearner(let added):
            guard !current.contains(added) else {
                throw ConfigurationRefusal(.alreadyDone, "node \(added) is a member of group \(group)")
            }
            return Configuration(voters: current.voters, learners: current.learners + [added])
        case .promote(let promoted):
            guard !current.voters.contains(promoted) else {
                throw ConfigurationRefusal(.alreadyDone, "node \(promoted) is a voter of group \(group)")
            }
            guard let slot = peers.slot(of: promoted), current.learners.contains(promoted) else {
                throw ConfigurationRefusal(.notLearner, "node \(promoted) is no learner of group \(group)")
            }
            let learner = peers[slot]
            let lag = log.last.index - learner.match
            // It also knows that it is a member: its vote will be asked for. One that holds all there is may still be probed: after
            // a new connection nothing is sent to it that it could answer.
            guard learner.isRecentlyActive, learner.flow == .replicate || lag == 0, lag <= settings.promotionLagMax,
                learner.match >= configurations.currentIndex
            else {
                throw ConfigurationRefusal(
                    .notCaughtUp, "node \(promoted) is \(lag) entries behind in group \(group)")
            }
            return Configuration(
                voters: current.voters + [promoted], learners: current.learners.filter { $0 != promoted })
        case .remove(let removed):
            guard current.contains(removed) else {
                throw ConfigurationRefusal(.alreadyDone, "node \(removed) is no member of group \(group)")
            }
            guard current.voters != [removed] else {
                throw ConfigurationRefusal(.lastVoter, "node \(removed) is the last voter of group \(group)")
            }
            if isBroken(.changeTwoMembers), current.voters.count > 2,
                let other = current.voters.last(where: { $0 != removed && $0 != node })
            {
                return Configuration(
                    voters: current.voters.filter { $0 != removed && $0 != other },
                    learners: current.learners.filter { $0 != removed })
            }
            return Configuration(
                voters: current.voters.filter { $0 != removed }, learners: current.learners.filter { $0 != removed })
        }
    }

    /// Brings the peers in line with the configuration in force; those that stay keep their progress.
    mutating func adoptConfiguration() {
        let current = configuration
        isVoter = current.voters.contains(node)
        var next: [Progress] = []
        for member in current.members.sorted() where member != node {
            let isLearner = !current.voters.contains(member)
            if let slot = peers.slot(of: member) {
                peers[slot].isLearner = isLearner
                next.append(peers[slot])
                continue
            }
            var peer = Progress(node: member, isLearner: isLearner, next: log.last.index.next)
            if role == .leader {
                // A node that was removed and is added again has a new log; acknowledgements of the old one may be on their way.
                round += 1
                peer.minimumRound = round
                peer.becomeProbe(next: log.last.index)
            }
            next.append(peer)
        }
        peers = next
        if let target = transfer?.target, !current.voters.contains(target) { transfer = nil }
    }

    /// Its own removal is committed: tells the others, asks the best of them to take over, and follows.
    mutating func resign(now: Instant, into outputs: inout Outputs) {
        for slot in peers.indices { sendHeartbeat(slot, into: &outputs) }
        let heir = peers.first { !$0.isLearner && $0.isRecentlyActive && $0.match == log.last.index }
        if let heir {
            outputs.messages.append(Outputs.Addressed(to: heir.node, message: .timeoutNow(term: term)))
        }
        becomeFollower(term: term, leader: nil, now: now, into: &outputs)
    }
}
