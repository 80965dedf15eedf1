public import Primitives

/// Sending the log to followers.
extension RaftGroup {
    /// Sends each peer all that it was not sent, within its window, and begins a read round if reads wait. To be called once after each turn
    /// in which the group was touched.
    public mutating func replicate(now: Instant, into outputs: inout Outputs) {
        guard role == .leader else { return }
        if !areTimersArmed {
            armLeader(now)
            // What woke the group goes out below and is as good as a heartbeat.
            heartbeatDeadline = now + settings.heartbeatInterval
        }
        let begins = startReadRound(into: &outputs)
        var shared = SharedBatch()
        for slot in peers.indices {
            let count = fill(slot, sharing: &shared, into: &outputs)
            if begins, count == 0, !peers[slot].isLearner { sendHeartbeat(slot, into: &outputs) }
        }
    }

    /// The entries of the message made last: peers that are equally far get the same array.
    struct SharedBatch {
        var from = LogIndex.zero
        var entries: [Entry] = []
        var bytes = 0
    }

    mutating func fill(_ slot: Int, into outputs: inout Outputs) {
        var shared = SharedBatch()
        fill(slot, sharing: &shared, into: &outputs)
    }

    /// Sends messages until the peer's window is full or there is nothing left. Returns how many.
    @discardableResult
    private mutating func fill(_ slot: Int, sharing shared: inout SharedBatch, into outputs: inout Outputs) -> Int {
        var count = 0
        while peers[slot].next <= log.last.index, !peers[slot].isLost, peers[slot].admits(settings) {
            let previous = peers[slot].next.previous
            guard previous >= log.base.index else {
                fetch(slot, into: &outputs)
                break
            }
            // What went in bulk could be overtaken, which would look like a gap.
            guard peers[slot].bulkThrough == .zero else { break }
            if shared.from != peers[slot].next || shared.entries.isEmpty {
                let batch = log.batch(
                    from: peers[slot].next, entriesMax: settings.appendEntriesMax, bytesMax: settings.appendBytesMax)
                shared = SharedBatch(from: peers[slot].next, entries: batch.entries, bytes: batch.bytes)
            }
            sendAppend(slot, after: previous, entries: shared.entries, into: &outputs)
            peers[slot].sent(
                through: previous + shared.entries.count, bytes: shared.bytes, isBulk: false)
            count += 1
        }
        return count
    }

    private func sendAppend(
        _ slot: Int, after previous: LogIndex, entries: [Entry], into outputs: inout Outputs
    ) {
        guard let previousTerm = log.term(at: previous) else {
            preconditionFailure("group \(group): no term at \(previous), the window is \(log.base)..\(log.last)")
        }
        outputs.messages.append(
            Outputs.Addressed(
                to: peers[slot].node,
                message: .append(
                    AppendRequest(
                        term: term, previousIndex: previous, previousTerm: previousTerm, entries: entries,
                        commit: commit, round: round))))
    }

    /// Asks the journal for what is not in memory any more; the shell for a checkpoint if the journal has trimmed it.
    private mutating func fetch(_ slot: Int, into outputs: inout Outputs) {
        let next = peers[slot].next
        guard firstAvailable <= next else {
            peers[slot].becomeSnapshot()
            guard !peers[slot].isSnapshotAsked else { return }
            peers[slot].isSnapshotAsked = true
            outputs.snapshotsWanted.append(peers[slot].node)
            return
        }
        guard !peers[slot].isLoading else { return }
        peers[slot].isLoading = true
        // A probe only asks where the logs agree: one entry, on the main stream.
        let entriesMax = peers[slot].flow == .probe ? 1 : max(1, settings.appendEntriesMax)
        outputs.loads.append(
            Outputs.EntryLoad(
                peer: peers[slot].node, from: next, through: min(log.base.index, next + (entriesMax - 1))))
    }

    /// The answer to `Outputs.loads`.
    /// - Parameters:
    ///   - entries: contiguous from the load's `from`, their checksums verified, as many as one message should carry; empty if the
    ///     journal could not be read: then the load is asked for again with a later heartbeat.
    ///   - previousTerm: of the entry before the first; zero before entry 1.
    public mutating func entriesLoaded(
        _ entries: [Entry], previousTerm: Term, for peer: NodeID, now: Instant, into outputs: inout Outputs
    ) {
        guard let slot = peers.slot(of: peer) else { return }
        peers[slot].isLoading = false
        guard role == .leader, let first = entries.first, let last = entries.last else { return }
        // The peer may have been probed back or on while the journal was read.
        guard first.index == peers[slot].next, last.index <= log.last.index, peers[slot].admits(settings) else {
            fill(slot, into: &outputs)
            return
        }
        let isBulk = peers[slot].flow == .replicate
        outputs.messages.append(
            Outputs.Addressed(
                to: peer,
                message: .append(
                    AppendRequest(
                        term: term, previousIndex: first.index.previous, previousTerm: previousTerm, entries: entries,
                        commit: commit, round: round)),
                isBulk: isBulk))
        var bytes = 0
        for entry in entries { bytes += Log.cost(entry) }
        peers[slot].sent(through: last.index, bytes: bytes, isBulk: isBulk)
        fill(slot, into: &outputs)
    }

    /// An empty append behind all that was sent: a gap shows in its answer, a lost acknowledgement is repeated by it.
    func sendProbe(_ slot: Int, into outputs: inout Outputs) {
        sendAppend(slot, after: peers[slot].next.previous, entries: [], into: &outputs)
    }
}
