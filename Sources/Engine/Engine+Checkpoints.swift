internal import Consensus
internal import Primitives
internal import Shards

/// Writing what has changed in a group's state, so that a restart need not go through the log from its beginning.
extension Engine {
    /// One group at a time begins: a checkpoint is bulk work beside the commands'.
    func beginCheckpoints() {
        guard !replicas.contains(where: { $0.checkpoint != .idle }) else { return }
        for replica in replicas where isCheckpointDue(replica) {
            replica.dirtySince = nil
            if replica.directory != nil { return checkpointDirectory(replica) }
            guard replica.shard!.beginCheckpoint() != nil else { continue }
            replica.checkpoint = .loading(outstanding: 0)
            return advanceCheckpoint(replica)
        }
    }

    private func isCheckpointDue(_ replica: Replica) -> Bool {
        guard let since = replica.dirtySince else { return false }
        return replica.shard?.dirtyEntries ?? 0 >= settings.checkpointEntries
            || replica.shard?.dirtyBytes ?? 0 >= settings.checkpointBytes
            || now - since >= settings.checkpointInterval
    }

    /// Loads what the checkpoint misses; writes it when nothing is missing.
    private func advanceCheckpoint(_ replica: Replica) {
        let loads = replica.shard!.loadsForCheckpoint(limit: settings.checkpointLoadsMax)
        if !loads.isEmpty {
            replica.checkpoint = .loading(outstanding: loads.count)
            outputs.loads.append(EngineOutputs.StateLoad(group: replica.group, requests: loads, isCheckpoint: true))
            return
        }
        guard let state = replica.shard!.makeCheckpoint() else { return }
        write(state, at: state.index, of: replica)
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
        write(state, at: point.index, of: replica)
    }

    private func write(_ state: ShardCheckpoint, at index: LogIndex, of replica: Replica) {
        guard let point = replica.raft.snapshotPoint(at: index) else {
            return fail("group \(replica.group) has lost entry \(index) before its checkpoint was written")
        }
        replica.checkpoint = .writing(index)
        gathering.checkpoint(replica.group, at: point, state)
        gatheringEffects.checkpoints.append((replica.group, index))
    }

    func checkpointLoaded(_ replica: Replica, count: Int) {
        guard case .loading(let outstanding) = replica.checkpoint else { return }
        replica.checkpoint = .loading(outstanding: outstanding - count)
        if outstanding <= count { advanceCheckpoint(replica) }
    }

    func checkpointWritten(_ group: GroupID, _ index: LogIndex) {
        guard let replica = replica(group), replica.checkpoint == .writing(index) else { return }
        replica.checkpoint = .idle
        replica.shard?.checkpointWritten(index)
        if replica.shard?.dirtyEntries ?? replica.directory?.dirtyEntries ?? 0 > 0 { replica.dirtySince = now }
    }
}
