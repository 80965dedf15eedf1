import Consensus
import Primitives
import Shards

/// A row of `checkpoints`: as of which entry a replica's state rows stand.
struct CheckpointRow {
    var point: SnapshotPoint
    var forgottenOpened: Int64 = .min
    var keysForgottenThrough = LogIndex.zero
    var meta: [UInt8] = []

    static let replace = """
        INSERT OR REPLACE INTO checkpoints (replica, log_index, term, entry_checksum, configuration, forgotten_opened,
        keys_forgotten_through, meta, checksum) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)
        """

    static let select = """
        SELECT replica, log_index, term, entry_checksum, configuration, forgotten_opened, keys_forgotten_through, meta, checksum
        FROM checkpoints
        """

    init(birth configuration: Configuration) { point = .origin(configuration) }

    init(_ point: SnapshotPoint, _ state: ShardCheckpoint) {
        self.point = point
        forgottenOpened = state.forgottenOpened
        keysForgottenThrough = state.keysForgottenThrough
        meta = state.meta
    }

    func write(_ replica: Int64, with statement: Statement) throws(JournalError) {
        statement.bind(1, replica)
        statement.bind(2, point.index.rawValue)
        statement.bind(3, point.term.rawValue)
        statement.bind(4, point.checksum)
        statement.bindText(5, copying: point.configuration.encoded())
        statement.bind(6, forgottenOpened)
        statement.bind(7, keysForgottenThrough.rawValue)
        statement.bindBlob(8, copying: meta)
        statement.bind(9, checksum(replica))
        try statement.run()
    }

    /// The current row of `select`, with its replica.
    static func read(_ row: Statement, path: String) throws(JournalError) -> (replica: Int64, row: CheckpointRow) {
        let replica = row.integer(0)
        let configuration: Configuration
        do throws(MalformedBytes) {
            configuration = try Configuration(decoding: row.bytes(4))
        } catch {
            throw .corrupt(path, "table `checkpoints`, replica \(replica): \(error.reason)")
        }
        var found = CheckpointRow(birth: configuration)
        found.point.index = LogIndex(row.unsigned(1))
        found.point.term = Term(row.unsigned(2))
        found.point.checksum = row.unsigned(3)
        found.forgottenOpened = row.integer(5)
        found.keysForgottenThrough = LogIndex(row.unsigned(6))
        found.meta = row.bytes(7)
        guard row.unsigned(8) == found.checksum(replica) else {
            throw .corrupt(path, "the checksum of replica \(replica) in table `checkpoints` is wrong")
        }
        return (replica, found)
    }

    private func checksum(_ replica: Int64) -> UInt64 {
        var sum = RowChecksum("checkpoints")
        sum.mix(replica)
        sum.mix(point.index.rawValue)
        sum.mix(point.term.rawValue)
        sum.mix(point.checksum)
        sum.mix(point.configuration.encoded())
        sum.mix(forgottenOpened)
        sum.mix(keysForgottenThrough.rawValue)
        sum.mix(meta)
        return sum.value
    }

    /// What the shard's machine starts from.
    func restored(_ sessions: [SessionRow]) -> RestoredShard {
        RestoredShard(
            index: point.index, term: point.term, checksum: point.checksum, sessions: sessions,
            forgottenOpened: forgottenOpened, keysForgottenThrough: keysForgottenThrough, meta: meta)
    }
}
