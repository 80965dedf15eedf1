public import Consensus
internal import Directory
internal import JSON
public import Primitives
internal import Shards

/// A checkpoint in place of entries that are trimmed: read from the leader's journal, sent in pieces beside the log's traffic, and taken in by the
/// follower in one transaction (HAZARDS 10, 28).
extension Engine {
    // MARK: The leader

    /// The answer to `EngineOutputs.checkpointLoads`: the journal's newest checkpoint of the group, encoded; nil if it could not be read.
    public func checkpointRead(_ group: GroupID, for peer: NodeID, _ found: (point: SnapshotPoint, bytes: [UInt8])?) {
        guard let replica = replica(group) else { return }
        guard let found, replica.raft.role == .leader, peers[peer]?.isConnected ?? false else {
            return replica.raft.snapshotFailed(to: peer)
        }
        notice("sends its checkpoint", group: group, node: peer)
        replica.sendings[peer] = CheckpointSending(
            point: found.point, bytes: found.bytes, digest: Checksum.xxh64(found.bytes, seed: 0), lastProgress: now)
        sendPieces(of: replica, to: peer)
    }

    /// Sends what the window admits. The receiver's word moves the window, so that no queue grows.
    private func sendPieces(of replica: Replica, to peer: NodeID) {
        guard var sending = replica.sendings[peer] else { return }
        while sending.sent < sending.bytes.count, sending.sent - sending.received < settings.checkpointWindowBytes {
            let end = min(sending.bytes.count, sending.sent + settings.checkpointPieceBytes)
            let piece = CheckpointPiece(
                index: sending.point.index, term: sending.point.term, digest: sending.digest,
                total: UInt64(sending.bytes.count), offset: UInt64(sending.sent),
                bytes: Array(sending.bytes[sending.sent..<end]))
            post(.checkpointPiece(replica.group, piece), to: peer, isBulk: true)
            sending.sent = end
        }
        replica.sendings[peer] = sending
    }

    func checkpointProgressed(_ group: GroupID, at peer: NodeID, index: LogIndex, bytes: UInt64) {
        guard let replica = replica(group), let sending = replica.sendings[peer], sending.point.index == index,
            let received = Int(exactly: bytes), received <= sending.bytes.count, received > sending.received
        else { return }
        replica.sendings[peer]!.received = received
        // It may hold more than was sent this time: pieces of an earlier attempt, which is gone on with.
        replica.sendings[peer]!.sent = max(sending.sent, received)
        replica.sendings[peer]!.lastProgress = now
        guard received == sending.bytes.count else { return sendPieces(of: replica, to: peer) }
        replica.sendings[peer] = nil
        guard let offer = replica.raft.snapshotOffer(at: sending.point) else {
            return replica.raft.snapshotFailed(to: peer)
        }
        send(offer, of: group, to: peer, isBulk: true)
        replica.raft.snapshotSent(to: peer, point: sending.point)
    }

    /// Pieces lost with a connection, or a leader that is none any more: the group asks again if it still must.
    func expireSendings() {
        for replica in replicas where !replica.sendings.isEmpty {
            for peer in replica.sendings.keys.sorted() {
                let isStale = now - replica.sendings[peer]!.lastProgress > settings.checkpointPatience
                guard isStale || replica.raft.role != .leader else { continue }
                abandonSending(of: replica, to: peer)
            }
        }
    }

    func abandonSending(of replica: Replica, to peer: NodeID) {
        guard replica.sendings.removeValue(forKey: peer) != nil else { return }
        replica.raft.snapshotFailed(to: peer)
    }

    // MARK: The follower

    func received(_ piece: CheckpointPiece, of group: GroupID, from peer: NodeID) {
        guard let replica = replica(group), let total = Int(exactly: piece.total), piece.bytes.count <= total,
            piece.offset <= piece.total
        else { return }
        guard piece.index > replica.raft.commit else {
            // What it stands for is here. The leader does not know that and would send it for ever: let it come to its offer, which the
            // group answers with what it holds.
            let through = piece.offset + UInt64(piece.bytes.count)
            return post(.checkpointProgress(group, index: piece.index, bytes: through), to: peer)
        }
        if replica.staging?.isOf(piece, from: peer) != true {
            // Two leaders' checkpoints are never mixed: the one that began last counts.
            guard piece.offset == 0 else { return }
            replica.staging = CheckpointStaging(
                from: peer, index: piece.index, term: piece.term, digest: piece.digest, total: total)
        }
        let received = replica.staging!.bytes.count
        if piece.offset == UInt64(received), received + piece.bytes.count <= total {
            replica.staging!.bytes.append(contentsOf: piece.bytes)
        }
        post(
            .checkpointProgress(group, index: piece.index, bytes: UInt64(replica.staging!.bytes.count)), to: peer)
    }

    /// Whether an offer may go to the group: the whole checkpoint is here, and is what its leader sent. An offer that is passed over is
    /// made again.
    func isStaged(_ offer: SnapshotOffer, in replica: Replica) -> Bool {
        // What is committed here already needs no checkpoint, and is acknowledged by the group itself.
        guard offer.snapshot.index > replica.raft.commit else { return true }
        guard let staging = replica.staging, staging.index == offer.snapshot.index,
            staging.term == offer.snapshot.term, staging.bytes.count == staging.total
        else { return false }
        if staging.state != nil { return true }
        guard Checksum.xxh64(staging.bytes, seed: 0) == staging.digest || settings.broken.contains(.installUnverified),
            let state = try? ShardCheckpoint(encoded: staging.bytes), state.index == offer.snapshot.index,
            state.term == offer.snapshot.term, state.checksum == offer.snapshot.checksum,
            replica.directory == nil || DirectoryMachine(checkpoint: state) != nil
        else {
            notice("received a checkpoint that is damaged", group: replica.group, node: staging.from)
            replica.staging = nil
            return false
        }
        replica.staging!.state = state
        replica.staging!.bytes = []
        return true
    }

    /// The group has taken the staged checkpoint for its log's beginning: the state machine starts anew from it, and reads nothing from the
    /// journal before the journal has it.
    func install(_ point: SnapshotPoint, in replica: Replica) {
        guard var state = replica.staging?.state, state.index == point.index else {
            return fail("group \(replica.group) took in a checkpoint at \(point.index) that is not here")
        }
        replica.staging = nil
        if settings.broken.contains(.forgetIDsAtSnapshot) { (state.sessions, state.keys) = ([], []) }
        gathering.installSnapshot(replica.group, at: point, state)
        gatheringEffects.installations.append((replica.group, point.index))
        replica.installing = point.index
        replica.checkpoint = .idle
        replica.dirtySince = nil
        replica.journaledCommit = point.index
        notice("takes in a checkpoint", group: replica.group)
        if replica.directory != nil {
            replica.directory = DirectoryMachine(checkpoint: state)
            directoryChanged()
            return
        }
        do throws(MalformedBytes) {
            replica.shard = try ShardMachine(
                runtime: replica.shard!.runtime, settings: settings.shard, restored: RestoredShard(state))
        } catch {
            fail("the checkpoint of group \(replica.group) cannot be read: \(error)")
        }
    }

    func installed(_ group: GroupID, _ index: LogIndex) {
        guard let replica = replica(group), replica.installing == index else { return }
        replica.installing = nil
        replica.writtenCheckpoint = index
        tellCheckpoint(of: replica)
        followRole(replica)
    }
}

/// A checkpoint on its way to a follower.
struct CheckpointSending {
    var point: SnapshotPoint
    var bytes: [UInt8]
    var digest: UInt64
    var sent = 0
    /// What the follower has said that it holds.
    var received = 0
    var lastProgress: Instant
}

/// A checkpoint on its way from a leader.
struct CheckpointStaging {
    var from: NodeID
    var index: LogIndex
    var term: Term
    var digest: UInt64
    var total: Int
    /// Empty again once `state` is set.
    var bytes: [UInt8] = []
    /// Set once all of it is here and verified.
    var state: ShardCheckpoint?

    init(from: NodeID, index: LogIndex, term: Term, digest: UInt64, total: Int) {
        self.from = from
        self.index = index
        self.term = term
        self.digest = digest
        self.total = total
    }

    func isOf(_ piece: CheckpointPiece, from peer: NodeID) -> Bool {
        from == peer && index == piece.index && term == piece.term && digest == piece.digest
            && UInt64(total) == piece.total
    }
}

extension RestoredShard {
    /// What a complete checkpoint keeps in memory; entities and keys are loaded from the journal as ever.
    init(_ state: ShardCheckpoint) {
        self.init(
            index: state.index, term: state.term, checksum: state.checksum, sessions: state.sessions,
            forgottenOpened: state.forgottenOpened, keysForgottenThrough: state.keysForgottenThrough, meta: state.meta)
    }
}
