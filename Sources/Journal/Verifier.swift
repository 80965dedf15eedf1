import Engine
import Primitives
import Shards

/// Reads a whole journal: takes every checksum again from the columns, follows every group's chain from its first entry to its
/// last, and compares the index of positions with the rows.
///
/// Works on one read transaction: a node may write meanwhile, what it adds is not looked at. Beside its thread, another makes the states
/// anew from the rows that this one reads.
final class Verifier {
    private let reader: JournalReader
    /// Nil: states are only checked to be as they were written.
    private let replay: ReplayThread?
    /// Entities replayed at once, as they are held in memory; for more of them the journal is read again.
    private let entitiesMax: Int64
    private var found = Verification()
    private let progress: (Int64) -> Void

    /// One replica's chain on the way through the file.
    private final class Chain {
        let name: String
        /// The directory is no entity: its states are its own affair.
        let isReplayed: Bool
        let first: LogIndex
        let base: LogPoint
        let commit: LogIndex
        /// The entry that was read last; at first the one before the log.
        var last: LogPoint
        /// After damage: nothing more is said of this chain's links.
        var isBroken = false

        init(_ group: Replica, base: LogPoint) {
            name = group.descriptor.shardName
            isReplayed = !group.descriptor.kind.isEmpty
            first = group.first
            last = group.beforeFirst
            commit = group.commit
            self.base = base
        }
    }

    private var chains: [Int64: Chain] = [:]
    private var order: [Int64] = []
    private var scratch: [UInt8] = []

    init(
        _ reader: JournalReader, replaying kinds: [KindRuntime]? = nil, entitiesMax: Int64 = 1_000_000,
        progress: @escaping (Int64) -> Void
    ) {
        self.reader = reader
        self.entitiesMax = entitiesMax
        self.progress = progress
        replay = kinds.map { ReplayThread($0) }
    }

    /// - Throws: only if the file cannot be read at all; what is wrong in it is listed.
    func run() throws(JournalError) -> Verification {
        try reader.reading { () throws(JournalError) in
            try readFile()
            try readGroups()
            let entities = replay == nil ? 0 : try reader.connection.integer("SELECT count(*) FROM entities") ?? 0
            let parts = UInt32(clamping: entities / entitiesMax + 1)
            let part = Part(number: 0, count: parts)
            try readJournal(part)
            checkEnds()
            try checkState(part)
            for number in 1..<max(1, parts) { try replayMore(Part(number: number, count: parts)) }
        }
        if let replay {
            let result = replay.result()
            found.replayed = result.replayed
            for problem in result.problems { found.note(problem) }
        }
        return found
    }

    /// Those entities whose states are made anew in one pass.
    private struct Part {
        var number: UInt32
        var count: UInt32

        func has(_ entity: UnsafeRawBufferPointer) -> Bool { count == 1 || JournalRow.entityHash(entity) % count == number }
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
                let chain = Chain(group, base: base)
                chains[replica] = chain
                if chain.isReplayed { replay?.add(replica, group, base: base.index) }
            } catch {
                found.note(error)
            }
        }
    }

    /// What a replica's rows are held against.
    private final class Place {
        /// Nil: the replica is retired; its rows wait for their deletion and mean nothing.
        let chain: Chain?
        let cursor: SegmentWalk.Cursor

        init(_ chain: Chain?, _ cursor: SegmentWalk.Cursor) {
            self.chain = chain
            self.cursor = cursor
        }
    }

    private func readJournal(_ part: Part) throws(JournalError) {
        let flushed = try FileRow.read(reader.connection).flushedThrough
        var segments = try SegmentWalk(reader.connection)
        var places: [Int64: Place] = [:]
        var entries: Int64 = 0
        let row = try reader.connection.prepare("SELECT \(JournalRow.columns), position FROM journal ORDER BY position")
        while try row.step() {
            entries += 1
            if entries % 65_536 == 0 { progress(entries) }
            let (head, position) = (JournalRow.Head(row), row.integer(16))
            let place: Place
            if let known = places[head.replica] {
                place = known
            } else {
                place = Place(chains[head.replica], try segments.cursor(of: head.replica) { found.note($0) })
                places[head.replica] = place
            }
            if position <= flushed { try segments.pass(row, head.index, place.cursor, position) { found.note($0) } }
            guard let chain = place.chain, head.index >= chain.first else { continue }
            follow(row, head, chain, position)
            if head.type == .record, chain.isReplayed, head.index <= chain.base.index, let replay {
                hand(row, head.replica, head.index, to: replay, part, entity: 6, first: 7, events: 5)
            }
        }
        try segments.end { found.note($0) }
        found.entries = entries
        progress(entries)
    }

    /// Gives what a command did to the replay. Columns of `row` are named by their numbers.
    private func hand(
        _ row: Statement, _ replica: Int64, _ index: LogIndex, to replay: ReplayThread, _ part: Part, entity: Int32, first: Int32,
        events: Int32
    ) {
        let isOpaque = row.isBlob(events)
        let name = row.borrowed(entity)
        guard isOpaque || part.has(name) else { return }
        let empty = UnsafeRawBufferPointer(start: nil, count: 0)
        replay.take(
            replica, index, from: row.unsigned(first), isOpaque: isOpaque, entity: isOpaque ? empty : name,
            events: isOpaque ? empty : row.borrowed(events))
    }

    /// Another part of the entities, if they are too many for one pass.
    private func replayMore(_ part: Part) throws(JournalError) {
        guard let replay else { return }
        let row = try reader.connection.prepare(
            "SELECT replica, log_index, entity, first_revision, events FROM journal WHERE type = \(Self.record) ORDER BY position")
        while try row.step() {
            let (replica, index) = (row.integer(0), LogIndex(row.unsigned(1)))
            guard let chain = chains[replica], chain.isReplayed, index >= chain.first, index <= chain.base.index else { continue }
            hand(row, replica, index, to: replay, part, entity: 2, first: 3, events: 4)
        }
        for replica in order {
            _ = try count(StateRows.entityColumns, "entities", replica) { row throws(JournalError) in
                // `checkState` has told of the rows that cannot be read.
                guard part.has(row.borrowed(0)), let entity = try? StateRows.entity(row, replica, path: reader.path) else { return }
                replay.take(entity, of: replica)
            }
            replay.endRows(of: replica)
        }
    }

    private static let record = Int64(EntryType.record.rawValue)

    private func follow(_ row: Statement, _ head: JournalRow.Head, _ chain: Chain, _ position: Int64) {
        // Put together for a problem alone: it would cost as much as all the rest.
        func note(_ problem: String) { found.note("row \(position), entry \(head.index) of \(chain.name): \(problem)") }
        let previous = chain.last
        guard let checksum = JournalRow.checksum(row, head, after: previous.checksum, &scratch) else {
            note("its columns hold no entry")
            chain.isBroken = true
            return
        }
        let point = LogPoint(index: head.index, term: head.term, checksum: head.checksum)
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

    private func checkState(_ part: Part) throws(JournalError) {
        for replica in order {
            found.entities += try count(StateRows.entityColumns, "entities", replica) { row throws(JournalError) in
                let entity = try StateRows.entity(row, replica, path: reader.path)
                if let replay, part.has(row.borrowed(0)) { replay.take(entity, of: replica) }
            }
            replay?.endRows(of: replica)
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
