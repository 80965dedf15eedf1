internal import DequeModule
internal import Consensus
internal import Primitives
internal import Shards

/// Applying what is committed, and answering those who waited for it.
extension Engine {
    /// Entries taken out of the log at once: bounds the copy.
    private static let applyChunk = 256

    func applyCommitted(_ replica: Replica) {
        var directoryMoved = false
        while replica.applied < replica.raft.commit, outputs.fault == nil {
            let first = replica.applied.next
            let last = min(replica.raft.commit, replica.applied + Self.applyChunk)
            for entry in replica.raft.entries(from: first, through: last) {
                guard let outcome = apply(entry, to: replica) else { return }
                if !watched.isEmpty, let outcome { tell(of: outcome.entity, in: replica) }
                directoryMoved = directoryMoved || (replica.group == .directory && entry.type == .record)
                answerWaiters(of: replica, at: entry, with: outcome)
            }
            replica.raft.applied(through: last)
        }
        releaseConfirmed(replica)
        if replica.dirtySince == nil, replica.shard?.dirtyEntries ?? replica.directory?.dirtyEntries ?? 0 > 0 {
            replica.dirtySince = now
        }
        if directoryMoved { directoryChanged() }
    }

    /// Applies one entry; nil after a fault.
    private func apply(_ entry: Entry, to replica: Replica) -> Applied?? {
        do throws(MalformedBytes) {
            if replica.shard != nil { return .some(try replica.shard!.apply(entry)) }
            try replica.directory?.apply(entry)
            return .some(nil)
        } catch {
            fail("entry \(entry.index) of group \(replica.group) is committed and cannot be read: \(error)")
            return nil
        }
    }

    private func answerWaiters(of replica: Replica, at entry: Entry, with applied: Applied?) {
        while let waiter = replica.waiters.first, waiter.index <= entry.index {
            replica.waiters.removeFirst()
            guard waiter.index == entry.index, waiter.term == entry.term || settings.broken.contains(.answerByIndexAlone) else {
                respond(to: waiter.origin, .failed(.leadershipLost))
                continue
            }
            if let applied {
                if applied.reply.outcome.isRefusal {
                    replica.tally.counts.refused += 1
                } else {
                    replica.tally.counts.committed += 1
                }
                tally.commitLatency.record((now - waiter.arrived).nanoseconds)
                respond(to: waiter.origin, committed(applied.reply, in: replica))
            } else {
                respond(to: waiter.origin, .document(clusterMap()))
            }
        }
    }

    func committed(_ stored: StoredReply, in replica: Replica) -> Response {
        if let message = stored.outcome.refusalMessage {
            if stored.outcome.isFatal { return .failed(.fatal(message)) }
            return .refused(Refused(json: stored.outcome.json, message: message))
        }
        return .committed(
            Committed(
                group: replica.group, shard: replica.shardNumber, index: stored.index, term: stored.term,
                revision: stored.revision, reply: stored.outcome.json))
    }

    /// Follows the group into and out of leadership.
    func followRole(_ replica: Replica) {
        let isServing = replica.raft.isServing && replica.installing == nil && replica.applied >= replica.raft.commit
        if let term = replica.servingTerm, !isServing || term != replica.raft.term {
            dropLeadership(replica)
            // The directory may have said while it led that the group went on without it.
            isFollowDue = true
        }
        if isServing, replica.servingTerm == nil {
            replica.servingTerm = replica.raft.term
            tally.leadershipsGained += 1
            notice("leads the group", group: replica.group, term: replica.raft.term)
        }
        if !replica.queue.isEmpty, replica.servingTerm != nil || replica.raft.leader.map({ $0 != node }) ?? false {
            let queue = replica.queue
            replica.queue = []
            for pending in queue { dispatch(pending) }
        }
    }

    /// What was proposed here and not committed is no longer ours to promise: its callers learn that the outcome is unknown.
    private func dropLeadership(_ replica: Replica) {
        replica.servingTerm = nil
        tally.leadershipsLost += 1
        notice("leads the group no more", group: replica.group, term: replica.raft.term)
        replica.shard?.lostLeadership()
        replica.directory?.lostLeadership()
        releaseCallers(of: replica)
    }

    /// A replica that is given up answers whoever still waits for it.
    func letGo(of replica: Replica) {
        if replica.servingTerm != nil { dropLeadership(replica) } else { releaseCallers(of: replica) }
        for pending in replica.queue { respond(to: pending.origin, .failed(.moving)) }
        replica.queue = []
    }

    private func releaseCallers(of replica: Replica) {
        if !settings.broken.contains(.answerByIndexAlone) {
            let failure = settings.broken.contains(.calledNotCommitted) ? RequestFailure.notLeader : .leadershipLost
            for waiter in replica.waiters { respond(to: waiter.origin, .failed(failure)) }
            replica.waiters.removeAll()
        }
        for round in replica.rounds {
            for answer in round.answers { respond(to: answer.origin, .failed(.notLeader)) }
        }
        replica.rounds.removeAll()
        for answer in replica.confirmed { respond(to: answer.origin, .failed(.notLeader)) }
        replica.confirmed.removeAll()
        let parked = replica.parked.keys.sorted { ($0.entity, $0.key ?? []) < ($1.entity, $1.key ?? []) }
        for load in parked {
            for pending in replica.parked.removeValue(forKey: load) ?? [] { dispatch(pending) }
        }
    }
}

private func < (left: ([UInt8], [UInt8]), right: ([UInt8], [UInt8])) -> Bool {
    left.0 == right.0 ? left.1.lexicographicallyPrecedes(right.1) : left.0.lexicographicallyPrecedes(right.0)
}
