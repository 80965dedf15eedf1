import Consensus
public import Primitives
public import Shards

extension JournalReader {
    /// Entity states and request keys as of the group's newest checkpoint, one result per request.
    ///
    /// A key at or below the checkpoint's window is given as not there, even if its row is still to be deleted.
    public func load(_ id: GroupID, _ requests: [LoadRequest]) throws(JournalError) -> [LoadResult] {
        try reading { () throws(JournalError) in
            guard let replica = try group(id)?.replica else {
                return requests.map { _ in LoadResult() }
            }
            var results: [LoadResult] = []
            results.reserveCapacity(requests.count)
            for request in requests {
                var result = LoadResult()
                if request.wantsState { result.state = try entity(replica, request.entity)?.stored() }
                if let key = request.key { result.key = try self.key(replica, request.entity, key)?.reply }
                results.append(result)
            }
            return results
        }
    }

    private func entity(_ replica: Int64, _ entity: [UInt8]) throws(JournalError) -> EntityRow? {
        let row = statements.entity
        row.bind(1, replica)
        row.bindText(2, copying: entity)
        guard try row.step() else { return nil }
        defer { row.reset() }
        return try StateRows.entity(row, replica, path: path)
    }

    private func key(_ replica: Int64, _ entity: [UInt8], _ key: [UInt8]) throws(JournalError) -> KeyRow? {
        let row = statements.key
        row.bind(1, replica)
        row.bindText(2, copying: entity)
        row.bindText(3, copying: key)
        guard try row.step() else { return nil }
        defer { row.reset() }
        return try StateRows.key(row, replica, path: path)
    }

    /// The group's complete state as of its newest checkpoint; nil if the group is not here or has no checkpoint yet.
    public func checkpoint(of id: GroupID) throws(JournalError) -> WholeCheckpoint? {
        try reading { () throws(JournalError) in
            guard let replica = try group(id)?.replica else { return nil }
            let found = try checkpointRow(replica)
            guard found.point.index > .zero else { return nil }
            var state = ShardCheckpoint(
                index: found.point.index, term: found.point.term, checksum: found.point.checksum,
                forgottenOpened: found.forgottenOpened, keysForgottenThrough: found.keysForgottenThrough,
                meta: found.meta)
            let entity = try connection.prepare("SELECT \(StateRows.entityColumns) FROM entities WHERE replica = \(replica)")
            while try entity.step() { state.entities.append(try StateRows.entity(entity, replica, path: path)) }
            let session = try connection.prepare(
                "SELECT \(StateRows.sessionColumns) FROM sessions WHERE replica = \(replica)")
            while try session.step() { state.sessions.append(try StateRows.session(session, path: path).session) }
            let key = try connection.prepare(
                "SELECT \(StateRows.keyColumns) FROM request_keys WHERE replica = \(replica) ORDER BY log_index")
            while try key.step() { state.keys.append(try StateRows.key(key, replica, path: path)) }
            return WholeCheckpoint(point: found.point, state: state)
        }
    }

    func checkpointRow(_ replica: Int64) throws(JournalError) -> CheckpointRow {
        let row = try connection.prepare(CheckpointRow.select + " WHERE replica = \(replica)")
        guard try row.step() else { throw .corrupt(path, "replica \(replica) has no checkpoint") }
        return try CheckpointRow.read(row, path: path).row
    }
}
