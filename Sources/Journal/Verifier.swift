import Engine
import Primitives

/// Reads a whole journal: takes every checksum again from the columns, follows every group's chain from its first entry to its
/// last, and compares the index of positions with the rows.
///
/// Works on one read transaction: a node may write meanwhile, what it adds is not looked at.
final class Verifier {
    private let reader: JournalReader
    private var found = Verification()
    private let progress: (Int64) -> Void

    /// One replica's chain on the way through the file.
    private final class Chain {
        let name: String
        let first: LogIndex
        let base: LogPoint
        let commit: LogIndex
        /// The entry that was read last; at first the one before the log.
        var last: LogPoint
        /// After damage: nothing more is said of this chain's links.
        var isBroken = false

        init(_ group: Replica, base: LogPoint) {
            name = group.descriptor.shardName
            first = group.first
            last = group.beforeFirst
            commit = group.commit
            self.base = base
        }
    }

    private var chains: [Int64: Chain] = [:]
    private var order: [Int64] = []
    private var scratch: [UInt8] = []

    init(_ reader: JournalReader, progress: @escaping (Int64) -> Void) {
        self.reader = reader
        self.progress = progress
    }

    /// - Throws: only if the file cannot be read at all; what is wrong in it is listed.
    func run() throws(JournalError) -> Verification {
        try reader.reading { () throws(JournalError) in
            try readFile()
            try readGroups()
            try readJournal()
            checkEnds()
            try checkState()
        }
        return found
    }

    /// The rows of no group. Earlier versions have fewer of them.
    private func readFile() throws(JournalError) {
        guard reader.statements.version >= 3 else { return }
        do throws(JournalError) {
            let count = try FileRow.read(reader.connection).identity.starts.count
            _ = try StartRow.history(reader.connection, count: count)
        } catch {
            found.note(error)
        }
        let row = try reader.connection.prepare(PeerRow.select)
        while try row.step() {
            do throws(JournalError) { _ = try PeerRow.read(row, path: reader.path) } catch { found.note(error) }
        }
    }

    private func readGroups() throws(JournalError) {
        let row = reader.statements.groups
        while try row.step() {
            let group: Replica
            do throws(JournalError) {
                group = try GroupRow.read(row, path: reader.path)
            } catch {
                found.note(error)
                continue
            }
            guard let replica = group.replica else { continue }
            found.groups += 1
            do throws(JournalError) {
                let base = LogPoint(try reader.checkpointRow(replica).point)
                order.append(replica)
                chains[replica] = Chain(group, base: base)
            } catch {
                found.note(error)
            }
        }
    }

    private func readJournal() throws(JournalError) {
        let flushed = try FileRow.read(reader.connection).flushedThrough
        var segments = try SegmentWalk(reader.connection)
        let row = try reader.connection.prepare("SELECT \(JournalRow.columns), position FROM journal ORDER BY position")
        while try row.step() {
            found.entries += 1
            if found.entries % 65_536 == 0 { progress(found.entries) }
            let replica = row.integer(0)
            let position = row.integer(16)
            if position <= flushed { try segments.pass(row, replica, position) { found.note($0) } }
            // Rows of replicas that are retired wait for their deletion and mean nothing.
            guard let chain = chains[replica], LogIndex(row.unsigned(1)) >= chain.first else { continue }
            follow(row, chain, position)
        }
        try segments.end { found.note($0) }
        progress(found.entries)
    }

    private func follow(_ row: Statement, _ chain: Chain, _ position: Int64) {
        // Put together for a problem alone: it would cost as much as all the rest.
        func note(_ problem: String) { found.note("row \(position), entry \(row.unsigned(1)) of \(chain.name): \(problem)") }
        let previous = chain.last
        guard let checksum = JournalRow.checksum(row, after: previous.checksum, &scratch) else {
            note("its columns hold no entry")
            chain.isBroken = true
            return
        }
        let point = LogPoint(index: LogIndex(row.unsigned(1)), term: Term(row.unsigned(2)), checksum: row.unsigned(4))
        if !chain.isBroken {
            if point.index != previous.index.next {
                note("entry \(previous.index.next) should be there")
                chain.isBroken = true
            } else if checksum != point.checksum {
                note("its checksum is wrong")
                chain.isBroken = true
            } else if point.term < previous.term {
                note("its term \(point.term) is older than \(previous.term) before it")
            }
        }
        if point.index == chain.base.index, point != chain.base { note("it is not the entry that the checkpoint names") }
        chain.last = point
    }

    private func checkEnds() {
        for replica in order {
            guard let chain = chains[replica], !chain.isBroken else { continue }
            let end = chain.last.index
            if end < max(chain.base.index, chain.commit) {
                found.note(
                    "\(chain.name) ends at entry \(end); its checkpoint is at \(chain.base.index), its commit index \(chain.commit)")
            }
        }
    }

    private func checkState() throws(JournalError) {
        for replica in order {
            found.entities += try count(StateRows.entityColumns, "entities", replica) { row throws(JournalError) in
                _ = try StateRows.entity(row, replica, path: reader.path)
            }
            found.sessions += try count(StateRows.sessionColumns, "sessions", replica) { row throws(JournalError) in
                _ = try StateRows.session(row, path: reader.path)
            }
            found.keys += try count(StateRows.keyColumns, "request_keys", replica) { row throws(JournalError) in
                _ = try StateRows.key(row, replica, path: reader.path)
            }
        }
    }

    private func count(
        _ columns: String, _ table: String, _ replica: Int64, _ check: (Statement) throws(JournalError) -> Void
    ) throws(JournalError) -> Int64 {
        var count: Int64 = 0
        let row = try reader.connection.prepare("SELECT \(columns) FROM \(table) WHERE replica = \(replica)")
        while try row.step() {
            count += 1
            do throws(JournalError) {
                try check(row)
            } catch {
                found.note(error)
            }
        }
        return count
    }
}
