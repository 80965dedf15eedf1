public import Primitives

/// Checkpoints in place of entries that the leader no longer holds (Raft §7).
extension RaftGroup {
    /// The message that follows a checkpoint sent in bulk; the receiver's shell hands it in when it has the whole of it. Nil if this node
    /// has lost leadership since it was asked for: an offer in a term that another leads would be a lie.
    public func snapshotOffer(at point: SnapshotPoint) -> Message? {
        role == .leader ? .snapshot(SnapshotOffer(term: term, snapshot: point)) : nil
    }

    /// The checkpoint and its offer are on their way to `peer`.
    public mutating func snapshotSent(to peer: NodeID, point: SnapshotPoint) {
        guard let slot = peers.slot(of: peer) else { return }
        peers[slot].isSnapshotAsked = false
        guard role == .leader, peers[slot].flow == .snapshot else { return }
        peers[slot].sentSnapshot = point.index
        peers[slot].snapshotPeriods = 0
    }

    /// The checkpoint could not be sent. It is asked for again when the peer has answered a heartbeat.
    public mutating func snapshotFailed(to peer: NodeID) {
        guard let slot = peers.slot(of: peer) else { return }
        peers[slot].isSnapshotAsked = false
        guard role == .leader, peers[slot].flow == .snapshot else { return }
        peers[slot].becomeProbe(next: peers[slot].match.next)
        peers[slot].isPaused = true
    }

    /// An acknowledgement came while a checkpoint was on its way or wanted: goes on if the journal has what follows.
    mutating func leaveSnapshot(_ slot: Int) {
        let next = peers[slot].match.next
        guard next.previous >= log.base.index || firstAvailable <= next else { return }
        peers[slot].becomeReplicate()
    }

    /// A checkpoint that stays unacknowledged for long may never have come: asks the peer whether it has it.
    mutating func recheckSnapshot(_ slot: Int) {
        guard let sent = peers[slot].sentSnapshot else { return }
        peers[slot].snapshotPeriods += 1
        guard peers[slot].snapshotPeriods >= Self.snapshotPatience else { return }
        peers[slot].becomeProbe(next: sent.next)
    }

    /// CheckQuorum periods.
    private static var snapshotPatience: Int { 20 }

    /// Replaces log and state by the staged checkpoint, unless the log has what is in it.
    mutating func receive(_ offer: SnapshotOffer, from: NodeID, now: Instant, into outputs: inout Outputs) {
        guard follow(from, term: offer.term, now: now, into: &outputs) else {
            if outputs.fault == nil { respondToHeartbeat(from, into: &outputs) }
            return
        }
        let point = offer.snapshot
        if point.index <= commit {
            matched = max(matched, commit)
        } else if log.term(at: point.index) == point.term {
            guard log.checksum(at: point.index) == point.checksum else {
                outputs.fault = "group \(group): entry \(point.index) differs from the checkpoint's of the same term"
                return
            }
            matched = max(matched, point.index)
            advanceCommit(to: point.index, into: &outputs)
        } else {
            install(point, into: &outputs)
            return
        }
        acknowledge(into: &outputs)
    }

    private mutating func install(_ point: SnapshotPoint, into outputs: inout Outputs) {
        // Only what was committed here is certain to be under the checkpoint.
        durability.handOutTruncation(from: commit.next)
        log.reset(to: Log.Position(index: point.index, term: point.term, checksum: point.checksum))
        configurations = ConfigurationHistory(point.configuration, at: point.index)
        adoptConfiguration()
        commit = point.index
        applied = point.index
        matched = max(matched, point.index)
        firstAvailable = point.index.next
        outputs.entries.removeAll(keepingCapacity: true)
        outputs.truncateFrom = nil
        outputs.committed = nil
        outputs.installedSnapshot = point
    }
}
