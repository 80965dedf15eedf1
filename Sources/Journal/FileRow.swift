import Engine
import Primitives

/// The one row of table `file`.
struct FileRow {
    var identity: FileIdentity
    var nextReplica: Int64
    var flushedThrough: Int64
    var createdAt: Int64

    var checksum: UInt64 {
        var sum = RowChecksum("file")
        sum.mix(identity.file.description)
        sum.mix(identity.cluster?.description)
        sum.mix(identity.node.map { Int64($0.rawValue) })
        sum.mix(identity.name)
        sum.mix(identity.starts.count)
        sum.mix(nextReplica)
        sum.mix(flushedThrough)
        sum.mix(createdAt)
        return sum.value
    }

    /// Its identity has no processes of starts: those are `StartRow`'s.
    static func read(_ connection: Connection) throws(JournalError) -> FileRow {
        let row = try connection.prepare(
            """
            SELECT file_uuid, cluster_uuid, node, name, start_counter, next_replica, flushed_through, created_at, checksum
            FROM file WHERE id = 1
            """)
        guard try row.step() else { throw .corrupt(connection.path, "the table `file` is empty") }
        let cluster: UniqueID? = row.isNull(1) ? nil : UniqueID(row.text(1))
        guard let file = UniqueID(row.text(0)), row.isNull(1) || cluster != nil,
            let node = row.isNull(2) ? 0 : UInt32(exactly: row.integer(2))
        else { throw .corrupt(connection.path, "the table `file` holds malformed identities") }
        let found = FileRow(
            identity: FileIdentity(
                file: file, cluster: cluster, node: row.isNull(2) ? nil : NodeID(node),
                name: row.isNull(3) ? nil : row.text(3), starts: StartHistory(count: row.unsigned(4), processes: [])),
            nextReplica: row.integer(5), flushedThrough: row.integer(6), createdAt: row.integer(7))
        guard row.unsigned(8) == found.checksum else {
            throw .corrupt(connection.path, "the checksum of the table `file` is wrong")
        }
        return found
    }

    func write(_ statement: Statement) throws(JournalError) {
        statement.bind(1, identity.file.description)
        statement.bind(2, identity.cluster?.description)
        statement.bind(3, identity.node.map { Int64($0.rawValue) })
        statement.bind(4, identity.name)
        statement.bind(5, identity.starts.count)
        statement.bind(6, nextReplica)
        statement.bind(7, flushedThrough)
        statement.bind(8, createdAt)
        statement.bind(9, checksum)
        try statement.run()
    }

    static let replace = """
        INSERT OR REPLACE INTO file (id, file_uuid, cluster_uuid, node, name, start_counter, next_replica, flushed_through,
        created_at, checksum) VALUES (1, ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)
        """
}
