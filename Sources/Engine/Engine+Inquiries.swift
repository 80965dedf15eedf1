internal import Consensus
internal import Entities
internal import JSON
internal import Primitives

/// Answers to those who look after the cluster. What is read from the disk is read by the shell.
extension Engine {
    func dispatch(_ pending: Pending, _ inquiry: ReplicaInquiry) {
        guard inquiry.node == node, let replica = replica(inquiry.group), replica.installing == nil else {
            return respond(to: pending.origin, .failed(.noReplica(inquiry, on: node)))
        }
        let committed = min(replica.raft.commit, replica.raft.durableIndex)
        switch inquiry.question {
        case .standing:
            let standing = ReplicaStanding(
                term: replica.raft.term, isLeader: replica.servingTerm != nil, first: replica.raft.firstAvailable,
                committed: committed)
            respond(to: pending.origin, .document(encoded(standing)))
        case .entries(let from, let through), .digest(let from, let through):
            // What is not durable here is not on the disk that is asked about.
            guard from > .zero, from <= through, through <= committed else {
                return respond(to: pending.origin, .failed(.notHere(through, committed: committed)))
            }
            read(inquiry, for: pending.origin)
        case .checkpoint: read(inquiry, for: pending.origin)
        case .hold(let cut, let milliseconds): hold(pending, replica, cut, milliseconds)
        case .release(let cut): release(pending, replica, cut)
        }
    }

    private func read(_ inquiry: ReplicaInquiry, for origin: Origin) {
        let token = nextHistory
        nextHistory += 1
        histories[token] = origin
        outputs.inquiries.append(EngineOutputs.InquiryLoad(token: token, inquiry: inquiry))
    }

    /// The journal has read what was asked under `token`, or could not.
    public func inquiryAnswered(_ token: UInt64, _ response: Response) { historyLoaded(token, response) }

    // MARK: Holding

    /// From now on commands wait. Everything proposed before is in the cut: the answer comes when it is committed.
    private func hold(_ pending: Pending, _ replica: Replica, _ cut: UInt64, _ milliseconds: UInt32) {
        guard let term = replica.servingTerm, replica.shard != nil else {
            return respond(to: pending.origin, .failed(.cutBroken("node \(node) does not own it")))
        }
        if let hold = replica.hold, hold.until > now, hold.cut != cut {
            return respond(to: pending.origin, .failed(.cutBroken("another backup is taking its cut")))
        }
        if replica.hold?.cut != cut {
            let last = replica.raft.lastIndex
            let point = CutPoint(index: last, term: term, checksum: replica.raft.checksum(at: last) ?? 0)
            let time = Span.milliseconds(Int64(min(milliseconds, ReplicaInquiry.holdMillisecondsMax)))
            replica.hold = Hold(cut: cut, point: point, until: now + time)
        }
        let point = replica.hold!.point
        hold(.document(encoded(point)), after: point.index, for: pending, in: replica)
    }

    /// The round that the answer waits for begins now, after every shard of the cut was held: who is still the leader in it, in the same
    /// term, has been the only one who could commit anything.
    private func release(_ pending: Pending, _ replica: Replica, _ cut: UInt64) {
        guard let hold = replica.hold, hold.cut == cut else {
            return respond(to: pending.origin, .failed(.cutBroken("it is not held any more")))
        }
        let isInForce = hold.until > now && replica.servingTerm == hold.point.term
        replica.hold = nil
        if isInForce {
            self.hold(.document(encoded(hold.point)), after: hold.point.index, for: pending, in: replica)
        } else {
            respond(to: pending.origin, .failed(.cutBroken("its hold has expired, or its owner has changed")))
        }
        resubmit(replica)
    }

    /// Whether commands of this shard have to wait for a backup's cut.
    func isHeld(_ replica: Replica) -> Bool { replica.hold.map { $0.until > now } ?? false }

    /// Holds end by themselves: whoever asked for them may be gone.
    func expireHolds() {
        for replica in replicas {
            guard let hold = replica.hold, hold.until <= now || replica.servingTerm == nil else { continue }
            replica.hold = nil
            resubmit(replica)
        }
    }

    private func resubmit(_ replica: Replica) {
        let queue = replica.queue
        replica.queue = []
        for pending in queue { dispatch(pending) }
    }

    private func encoded(_ value: some Encodable) -> [UInt8] {
        do { return try JSON.encode(value) } catch {
            preconditionFailure("\(type(of: value)) cannot be written as JSON: \(error)")
        }
    }
}

/// A shard whose owner takes no commands for a moment.
struct Hold {
    var cut: UInt64
    var point: CutPoint
    var until: Instant
}

extension RequestFailure {
    fileprivate static func noReplica(_ inquiry: ReplicaInquiry, on node: NodeID) -> RequestFailure {
        RequestFailure(
            .invalid, Failure.Code("no-replica"),
            inquiry.node == node
                ? "node \(node) has no replica of group \(inquiry.group)"
                : "this is node \(node), and node \(inquiry.node) was asked")
    }

    fileprivate static func notHere(_ index: LogIndex, committed: LogIndex) -> RequestFailure {
        RequestFailure(
            .invalid, Failure.Code("not-here"), "entry \(index) is not committed and on this disk: that goes to \(committed)")
    }

    fileprivate static func cutBroken(_ reason: String) -> RequestFailure {
        RequestFailure(.invalid, Failure.Code("cut-broken"), "the shard cannot be held still: \(reason)")
    }
}
