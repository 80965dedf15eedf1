import Consensus
import Engine
import Primitives

/// A row of `groups`: a group's term and vote, and which rows of the other tables are its own.
enum GroupRow {
    static let replace = """
        INSERT OR REPLACE INTO groups (group_id, replica, kind, number, term, vote, commit_index, first_index,
        before_first_term, before_first_checksum, promised_term, promised_index, checksum)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)
        """

    /// - Parameter version: the schema's. A reader does not migrate the file that it looks at.
    static func select(version: Int) -> String {
        let promise = version >= 2 ? "promised_term, promised_index" : "0, 0"
        return """
            SELECT group_id, replica, kind, number, term, vote, commit_index, first_index, before_first_term,
            before_first_checksum, \(promise), checksum FROM groups
            """
    }

    static func write(_ group: Replica, with statement: Statement) throws(JournalError) {
        statement.bind(1, Int64(group.group.rawValue))
        statement.bind(2, group.replica)
        statement.bind(3, group.descriptor.kind)
        statement.bind(4, group.descriptor.number)
        statement.bind(5, group.term.rawValue)
        statement.bind(6, group.vote.map { Int64($0.rawValue) })
        statement.bind(7, group.commit.rawValue)
        statement.bind(8, group.first.rawValue)
        statement.bind(9, group.beforeFirst.term.rawValue)
        statement.bind(10, group.beforeFirst.checksum)
        statement.bind(11, group.promised?.term.rawValue ?? 0)
        statement.bind(12, group.promised?.index.rawValue ?? 0)
        statement.bind(13, checksum(group))
        try statement.run()
    }

    /// The current row of `select`; its configuration is still `.none`.
    static func read(_ row: Statement, path: String) throws(JournalError) -> Replica {
        guard let group = UInt32(exactly: row.integer(0)), let vote = row.isNull(5) ? 0 : UInt32(exactly: row.integer(5)),
            row.integer(7) > 0
        else { throw .corrupt(path, "table `groups` has malformed numbers for group \(row.integer(0))") }
        let replica = Replica(
            GroupDescriptor(
                group: GroupID(group), kind: row.text(2), number: Int(row.integer(3)), configuration: .none))
        replica.replica = row.isNull(1) ? nil : row.integer(1)
        replica.term = Term(row.unsigned(4))
        replica.vote = row.isNull(5) ? nil : NodeID(vote)
        replica.commit = LogIndex(row.unsigned(6))
        replica.writtenCommit = replica.commit
        replica.first = LogIndex(row.unsigned(7))
        replica.beforeFirst = LogPoint(
            index: replica.first.previous, term: Term(row.unsigned(8)), checksum: row.unsigned(9))
        if row.integer(11) != 0 || row.integer(10) != 0 {
            replica.promised = LogPosition(term: Term(row.unsigned(10)), index: LogIndex(row.unsigned(11)))
        }
        guard row.unsigned(12) == checksum(replica) else {
            throw .corrupt(path, "the checksum of group \(group) in table `groups` is wrong")
        }
        return replica
    }

    private static func checksum(_ group: Replica) -> UInt64 {
        var sum = RowChecksum("groups")
        sum.mix(UInt64(group.group.rawValue))
        sum.mix(group.replica)
        sum.mix(group.descriptor.kind)
        sum.mix(Int64(group.descriptor.number))
        sum.mix(group.term.rawValue)
        sum.mix(group.vote.map { Int64($0.rawValue) })
        sum.mix(group.commit.rawValue)
        sum.mix(group.first.rawValue)
        sum.mix(group.beforeFirst.term.rawValue)
        sum.mix(group.beforeFirst.checksum)
        // Rows of version 1 have none, and their checksums stand.
        if let promised = group.promised {
            sum.mix(promised.term.rawValue)
            sum.mix(promised.index.rawValue)
        }
        return sum.value
    }
}
