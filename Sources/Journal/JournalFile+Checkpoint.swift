import Consensus
import Engine
import Primitives
import Shards

extension JournalFile {
    /// Writes what changed since the group's last checkpoint. An older one than the newest is ignored.
    func writeCheckpoint(_ group: Replica, _ point: SnapshotPoint, _ state: ShardCheckpoint) throws(JournalError) {
        precondition(state.index == point.index, "a checkpoint of \(state.index) stands at \(point.index)")
        precondition(
            point.index <= group.last.index,
            "group \(group.group): checkpoint \(point.index) is after the last entry \(group.last.index)")
        guard point.index >= group.base.index, let replica = group.replica else { return }
        let entry = try self.point(at: point.index, in: group)
        guard entry == LogPoint(point) else {
            throw .failed(path, "\(group.descriptor.shardName): checkpoint \(point.index) is not of this log")
        }
        try write(state, of: replica)
        try CheckpointRow(point, state).write(replica, with: statements.replaceCheckpoint)
        group.base = entry
        group.commit = max(group.commit, point.index)
        // A commit index on disk that lies before the checkpoint would look like damage.
        if point.index > group.writtenCommit { touch(group) }
    }

    /// Puts a peer's complete state in place of the group's log and state; the old rows are left to `reclaim`. One that is older
    /// than what is known to be committed is ignored.
    func install(_ group: Replica, _ point: SnapshotPoint, _ state: ShardCheckpoint) throws(JournalError) {
        precondition(state.index == point.index, "a checkpoint of \(state.index) stands at \(point.index)")
        guard point.index > group.base.index, point.index >= group.commit, let old = group.replica else { return }
        try discard(old)
        let fresh = freshReplica()
        group.startLog(fresh, after: LogPoint(point))
        group.commit = point.index
        touch(group)
        try write(state, of: fresh)
        KillPoint.pass(.install)
        try CheckpointRow(point, state).write(fresh, with: statements.replaceCheckpoint)
    }

    /// Gives up entries that the checkpoint stands for. They go little by little.
    func trim(_ group: Replica, before: LogIndex) throws(JournalError) {
        precondition(
            before <= group.base.index.next,
            "group \(group.group): trimmed before \(before), the newest checkpoint is \(group.base.index)")
        guard before > group.first, let replica = group.replica else { return }
        group.beforeFirst = try point(at: before.previous, in: group)
        group.first = before
        touch(group)
        try discard(replica, before: before)
    }

    private func write(_ state: ShardCheckpoint, of replica: Int64) throws(JournalError) {
        // In the order of the table, so that each of its pages is looked for and written once.
        for row in state.entities.sorted(by: { isOrdered($0.entity, $1.entity) }) {
            try StateRows.write(row, replica, with: statements.replaceEntity)
        }
        KillPoint.pass(.checkpoint)
        for client in state.sessionsRemoved {
            statements.deleteSession.bind(1, replica)
            statements.deleteSession.bind(2, client)
            try statements.deleteSession.run()
        }
        for row in state.sessions { try StateRows.write(row, replica, with: statements.replaceSession) }
        for row in state.keys { try StateRows.write(row, replica, with: statements.replaceKey) }
        statements.deleteKeys.bind(1, replica)
        statements.deleteKeys.bind(2, state.keysForgottenThrough.rawValue)
        try statements.deleteKeys.run()
    }
}

/// SQLite's order of text: byte by byte.
private func isOrdered(_ left: [UInt8], _ right: [UInt8]) -> Bool {
    left.withUnsafeBytes { left in right.withUnsafeBytes { left.lexicographicallyPrecedes($0) } }
}
