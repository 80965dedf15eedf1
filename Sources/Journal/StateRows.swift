import Primitives
import Shards

/// Rows of `entities`, `sessions` and `request_keys`: the state of one replica as of its checkpoint, each row with a checksum.
enum StateRows {
    static let replaceEntity = """
        INSERT OR REPLACE INTO entities (replica, entity, revision, state, unapplied, checksum)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6)
        """
    static let entityColumns = "entity, revision, state, unapplied, checksum"

    static func write(_ row: EntityRow, _ replica: Int64, with statement: Statement) throws(JournalError) {
        let state = row.stored()
        statement.bind(1, replica)
        statement.bindText(2, copying: row.entity)
        statement.bind(3, state.revision)
        statement.bindText(4, copying: state.state)
        if let unapplied = state.unapplied { statement.bindText(5, copying: unapplied) } else { statement.bindNull(5) }
        statement.bind(6, checksum(replica, row.entity, state))
        try statement.run()
    }

    /// The current row of a statement that selects `entityColumns`.
    static func entity(_ row: Statement, _ replica: Int64, path: String) throws(JournalError) -> EntityRow {
        let entity = row.bytes(0)
        let state = StoredState(
            revision: row.unsigned(1), state: row.bytes(2), unapplied: row.isNull(3) ? nil : row.bytes(3))
        guard row.unsigned(4) == checksum(replica, entity, state) else {
            throw .corrupt(path, "the checksum of an entity of replica \(replica) at revision \(state.revision) is wrong")
        }
        return EntityRow(entity: entity, stored: state)
    }

    private static func checksum(_ replica: Int64, _ entity: [UInt8], _ state: StoredState) -> UInt64 {
        var sum = RowChecksum("entities")
        sum.mix(replica)
        sum.mix(entity)
        sum.mix(state.revision)
        sum.mix(state.state)
        sum.mix(state.unapplied)
        return sum.value
    }

    // MARK: Sessions

    static let replaceSession = """
        INSERT OR REPLACE INTO sessions (replica, client, opened, acknowledged_below, last_index, replies, checksum)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
        """
    static let sessionColumns = "replica, client, opened, acknowledged_below, last_index, replies, checksum"

    static func write(_ row: SessionRow, _ replica: Int64, with statement: Statement) throws(JournalError) {
        let replies = encode(row.replies)
        statement.bind(1, replica)
        statement.bind(2, row.client)
        statement.bind(3, row.opened)
        statement.bind(4, row.acknowledgedBelow)
        statement.bind(5, row.lastIndex.rawValue)
        statement.bindBlob(6, copying: replies)
        statement.bind(7, checksum(replica, row, replies))
        try statement.run()
    }

    /// The current row of a statement that selects `sessionColumns`, with its replica.
    static func session(_ row: Statement, path: String) throws(JournalError) -> (replica: Int64, session: SessionRow) {
        let replica = row.integer(0)
        let bytes = row.bytes(5)
        var session = SessionRow(
            client: row.unsigned(1), opened: row.integer(2), acknowledgedBelow: row.unsigned(3),
            lastIndex: LogIndex(row.unsigned(4)), replies: [])
        guard row.unsigned(6) == checksum(replica, session, bytes) else {
            throw .corrupt(path, "the checksum of session \(hexadecimal(session.client)) of replica \(replica) is wrong")
        }
        do throws(MalformedBytes) {
            session.replies = try decode(bytes)
        } catch {
            throw .corrupt(path, "session \(hexadecimal(session.client)) of replica \(replica): \(error.reason)")
        }
        return (replica, session)
    }

    private static func checksum(_ replica: Int64, _ row: SessionRow, _ replies: [UInt8]) -> UInt64 {
        var sum = RowChecksum("sessions")
        sum.mix(replica)
        sum.mix(row.client)
        sum.mix(row.opened)
        sum.mix(row.acknowledgedBelow)
        sum.mix(row.lastIndex.rawValue)
        sum.mix(replies)
        return sum.value
    }

    private static let repliesFormat: UInt8 = 1

    private static func encode(_ replies: [NumberedReply]) -> [UInt8] {
        var writer = ByteWriter()
        writer.write(repliesFormat)
        for numbered in replies {
            writer.write(numbered.number)
            writer.write(numbered.reply.index.rawValue)
            writer.write(numbered.reply.term.rawValue)
            writer.write(numbered.reply.revision)
            writer.write(numbered.reply.fingerprint)
            writer.writeLong(numbered.reply.outcome.json)
            writer.write(numbered.reply.outcome.isRefusal)
            if let refusal = numbered.reply.outcome.refusalMessage { writer.writeLong(Array(refusal.utf8)) }
        }
        return writer.bytes
    }

    private static func decode(_ bytes: [UInt8]) throws(MalformedBytes) -> [NumberedReply] {
        var reader = ByteReader(bytes)
        let format: UInt8 = try reader.read()
        guard format == repliesFormat else { throw MalformedBytes("replies of format \(format) are not known") }
        var replies: [NumberedReply] = []
        while !reader.isAtEnd {
            let number: UInt64 = try reader.read()
            var reply = StoredReply(
                index: LogIndex(try reader.read()), term: Term(try reader.read()), revision: try reader.read(),
                fingerprint: try reader.read(), outcome: Outcome(json: try reader.readLong(limit: bytes.count)))
            if try reader.readBool() {
                reply.outcome.refusalMessage = String(decoding: try reader.readLong(limit: bytes.count), as: UTF8.self)
            }
            replies.append(NumberedReply(number: number, reply: reply))
        }
        return replies
    }

    // MARK: Request keys

    static let replaceKey = """
        INSERT OR REPLACE INTO request_keys (replica, entity, request_key, recorded_at, log_index, term, revision, fingerprint,
        reply, refusal, checksum) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)
        """
    static let keyColumns = """
        entity, request_key, recorded_at, log_index, term, revision, fingerprint, reply, refusal, checksum
        """

    static func write(_ row: KeyRow, _ replica: Int64, with statement: Statement) throws(JournalError) {
        statement.bind(1, replica)
        statement.bindText(2, copying: row.entity)
        statement.bindText(3, copying: row.key)
        statement.bind(4, row.recordedAt.milliseconds)
        statement.bind(5, row.reply.index.rawValue)
        statement.bind(6, row.reply.term.rawValue)
        statement.bind(7, row.reply.revision)
        statement.bind(8, row.reply.fingerprint)
        statement.bindText(9, copying: row.reply.outcome.json)
        statement.bind(10, row.reply.outcome.refusalMessage)
        statement.bind(11, checksum(replica, row))
        try statement.run()
    }

    /// The current row of a statement that selects `keyColumns`.
    static func key(_ row: Statement, _ replica: Int64, path: String) throws(JournalError) -> KeyRow {
        let found = KeyRow(
            entity: row.bytes(0), key: row.bytes(1), recordedAt: WallTime(milliseconds: row.integer(2)),
            reply: StoredReply(
                index: LogIndex(row.unsigned(3)), term: Term(row.unsigned(4)), revision: row.unsigned(5),
                fingerprint: row.unsigned(6),
                outcome: Outcome(json: row.bytes(7), refusalMessage: row.isNull(8) ? nil : row.text(8))))
        guard row.unsigned(9) == checksum(replica, found) else {
            throw .corrupt(path, "the checksum of a request key of replica \(replica), entry \(found.reply.index), is wrong")
        }
        return found
    }

    private static func checksum(_ replica: Int64, _ row: KeyRow) -> UInt64 {
        var sum = RowChecksum("request_keys")
        sum.mix(replica)
        sum.mix(row.entity)
        sum.mix(row.key)
        sum.mix(row.recordedAt.milliseconds)
        sum.mix(row.reply.index.rawValue)
        sum.mix(row.reply.term.rawValue)
        sum.mix(row.reply.revision)
        sum.mix(row.reply.fingerprint)
        sum.mix(row.reply.outcome.json)
        sum.mix(row.reply.outcome.refusalMessage)
        return sum.value
    }
}
