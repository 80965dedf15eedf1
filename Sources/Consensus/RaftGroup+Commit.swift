public import Primitives

/// The leader's own log, and what is committed.
extension RaftGroup {
    /// Appends to the leader's log. Nothing is sent before `replicate`.
    /// - Parameter payload: an encoded `EntryRecord`, or nothing for `.empty`. Configurations go through `changeConfiguration`.
    /// - Complexity: one hash of the payload.
    public mutating func propose(
        _ type: EntryType, _ payload: [UInt8], into outputs: inout Outputs
    ) -> Proposal {
        precondition(type != .configuration, "group \(group): a configuration was proposed as a plain entry")
        guard role == .leader else { return .notLeader }
        guard transfer == nil else { return .transferring }
        // With nothing pending even a proposal over the limit goes through, alone.
        guard uncommittedBytes == 0 || uncommittedBytes + payload.count <= settings.uncommittedBytesMax else {
            return .overloaded
        }
        return .appended(index: append(type, payload, into: &outputs), term: term)
    }

    @discardableResult
    mutating func append(_ type: EntryType, _ payload: [UInt8], into outputs: inout Outputs) -> LogIndex {
        let entry = Entry(
            following: log.last.checksum, term: term, index: log.last.index.next, type: type, payload: payload)
        log.append(entry)
        outputs.entries.append(entry)
        durability.handOut()
        uncommittedBytes += payload.count
        wakeWithoutTime()
        return entry.index
    }

    /// Everything handed out up to `mark` is durable: this node's own copy counts, votes for itself count, and a follower acknowledges in
    /// one message all that became durable.
    /// - Parameter mark: what `persistenceMark` said when the batch was submitted. Marks come back in order; one that comes twice, or is
    ///   of an earlier replica of this group on this node, changes nothing.
    public mutating func persisted(_ mark: PersistenceMark, now: Instant, into outputs: inout Outputs) {
        guard durability.settle(mark) else { return }
        switch role {
        case .leader: advanceCommit(now: now, into: &outputs)
        case .candidate: countBallots(now: now, into: &outputs)
        case .follower, .preCandidate: acknowledgeNews(into: &outputs)
        }
    }

    /// Commits what a majority holds durably, if that reaches the leader's own term (Raft §5.4.2, figure 8).
    mutating func advanceCommit(now: Instant, into outputs: inout Outputs) {
        guard role == .leader else { return }
        let held = heldByMajority
        guard held > commit, held >= termStart || isBroken(.commitOldTermByCount) else { return }
        advanceCommit(to: held, into: &outputs)
        if configurations.currentIndex <= commit, !isVoter { resign(now: now, into: &outputs) }
    }

    /// The newest index that a majority of the voters holds: the greatest of their indexes that enough of them reach.
    ///
    /// Quadratic in the number of voters, of which there are few, and without an allocation.
    private var heldByMajority: LogIndex {
        let majority = configuration.majority
        var best = commit
        let own = isBroken(.countOwnCopyBeforeDurable) ? log.last.index : durability.index
        if isVoter, own > best, holders(of: own) >= majority { best = own }
        for slot in peers.indices where !peers[slot].isLearner && peers[slot].match > best {
            if holders(of: peers[slot].match) >= majority { best = peers[slot].match }
        }
        return best
    }

    private func holders(of index: LogIndex) -> Int {
        let own = isBroken(.countOwnCopyBeforeDurable) ? log.last.index : durability.index
        var count = (isVoter || isBroken(.countRemovedLeader)) && own >= index ? 1 : 0
        for slot in peers.indices where peers[slot].match >= index {
            if !peers[slot].isLearner || isBroken(.countLearners) { count += 1 }
        }
        return count
    }

    mutating func advanceCommit(to index: LogIndex, into outputs: inout Outputs) {
        precondition(
            index > commit && index <= log.last.index,
            "group \(group): commit \(index) after \(commit) in a log that ends at \(log.last.index)")
        if role == .leader {
            var committed = commit
            while committed < index {
                committed = committed.next
                uncommittedBytes -= log[committed].payload.count
            }
        }
        commit = index
        outputs.committed = index
    }

    /// The state machine is at `index`: what came before may leave the memory.
    public mutating func applied(through index: LogIndex) {
        precondition(
            index <= commit, "group \(group): index \(index) applied, commit is \(commit)")
        applied = max(applied, index)
        trimWindow(keepingNothing: isQuiescent)
    }

    /// A leader keeps what a peer lacks, within `windowBytesMax`; the journal has the rest.
    mutating func trimWindow(keepingNothing: Bool = false) {
        let limit = min(applied, durability.index)
        var unneeded = LogIndex.zero
        if keepingNothing {
            unneeded = limit
        } else if role == .leader {
            unneeded = log.last.index
            for slot in peers.indices { unneeded = min(unneeded, peers[slot].match) }
        }
        let base = log.base.index
        log.trim(through: limit, unneeded: unneeded, bytesMax: settings.windowBytesMax)
        if keepingNothing { log.release() }
        if log.base.index > base { configurations.trim(through: log.base.index) }
    }

    /// The journal holds no entry before `index` any more.
    public mutating func trimmed(before index: LogIndex) { firstAvailable = max(firstAvailable, index) }
}
