internal import Consensus
internal import Primitives
internal import Shards

/// Writing what has changed in a group's state, so that a restart need not go through the log from its beginning.
extension Engine {
    /// One group at a time begins: a checkpoint is bulk work beside the commands'.
    func beginCheckpoints() {
        guard !replicas.contains(where: { $0.checkpoint != .idle }) else { return }
        for replica in replicas where replica.installing == nil && isCheckpointDue(replica) {
            replica.dirtySince = nil
            if replica.directory != nil { return checkpointDirectory(replica) }
            guard let point = replica.raft.snapshotPoint(at: replica.applied), replica.shard!.beginCheckpoint() != nil
            else { continue }
            return advanceCheckpoint(replica, to: point)
        }
    }

    private func isCheckpointDue(_ replica: Replica) -> Bool {
        guard let since = replica.dirtySince else { return false }
        return replica.shard?.dirtyEntries ?? 0 >= settings.checkpointEntries
            || replica.shard?.dirtyEntities ?? 0 >= settings.checkpointEntities
            || replica.shard?.dirtyBytes ?? 0 >= settings.checkpointBytes
            || now - since >= settings.checkpointInterval
    }

    /// Loads what the checkpoint misses; writes it when nothing is missing.
    private func advanceCheckpoint(_ replica: Replica, to point: SnapshotPoint) {
        let loads = replica.shard!.loadsForCheckpoint(limit: settings.checkpointLoadsMax)
        if !loads.isEmpty {
            replica.checkpoint = .loading(point)
            outputs.loads.append(EngineOutputs.StateLoad(group: replica.group, requests: loads, isCheckpoint: true))
            return
        }
        guard let state = replica.shard!.makeCheckpoint() else {
            return fail("group \(replica.group) misses something for its checkpoint that it did not ask for")
        }
        write(state, at: point, of: replica)
    }

    private func checkpointDirectory(_ replica: Replica) {
        guard let machine = replica.directory, let point = replica.raft.snapshotPoint(at: machine.applied) else { return }
        var state = ShardCheckpoint(
            index: point.index, term: point.term, checksum: point.checksum, forgottenOpened: .min,
            keysForgottenThrough: .zero, meta: [])
        state.entities = [
            EntityRow(
                entity: DirectoryMachine.entity,
                stored: StoredState(revision: machine.applied.rawValue, state: machine.encoded()))
        ]
        replica.directory!.checkpointed()
        write(state, at: point, of: replica)
    }

    private func write(_ state: ShardCheckpoint, at point: SnapshotPoint, of replica: Replica) {
        precondition(state.index == point.index, "a checkpoint of \(state.index) at \(point.index)")
        replica.checkpoint = .writing(point.index)
        gathering.checkpoint(replica.group, at: point, state)
        gatheringEffects.checkpoints.append((replica.group, point.index))
    }

    func checkpointLoaded(_ replica: Replica) {
        guard case .loading(let point) = replica.checkpoint else { return }
        advanceCheckpoint(replica, to: point)
    }

    func checkpointWritten(_ group: GroupID, _ index: LogIndex) {
        guard let replica = replica(group), replica.checkpoint == .writing(index) else { return }
        replica.checkpoint = .idle
        replica.writtenCheckpoint = index
        tellCheckpoint(of: replica)
        replica.shard?.checkpointWritten(index)
        if replica.shard?.dirtyEntries ?? replica.directory?.dirtyEntries ?? 0 > 0 { replica.dirtySince = now }
    }
}
