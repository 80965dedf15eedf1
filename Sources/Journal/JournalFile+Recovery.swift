import Consensus
public import Engine
import Migrations
import Primitives
import Shards

extension JournalFile {
    /// Reads what the file knows: groups, checkpoints, sessions, and the entries after each checkpoint with their checksum chains
    /// verified. Entity states and keys stay where they are. Call once, before anything is written.
    ///
    /// - Throws: `.corrupt` with the place, for anything that does not fit together: nothing is skipped and nothing mended.
    /// - Complexity: the rows since the last flush of positions, the entries after the checkpoints, and the sessions.
    public func recover() throws(JournalError) -> Recovery {
        precondition(!hasRecovered, "the journal is recovered twice")
        var recovering = Recovering()
        // One transaction, or every statement would lock and unlock the file for itself.
        try connection.execute("BEGIN")
        let peers = try readPeers()
        try readGroups(&recovering)
        try readCheckpoints(&recovering)
        try readSegmentEnds(&recovering)
        try readTail(&recovering)
        try readFlushedEntries(&recovering)
        for number in recovering.active { try check(&recovering, number) }
        try connection.execute("COMMIT")
        hasRecovered = true
        return Recovery(
            identity: identity, peers: peers, groups: recovering.active.map { recovering.groups[$0]!.recovered },
            tombstones: replicas.values.filter { $0.replica == nil }
                .map { Tombstone(group: $0.group, term: $0.term, vote: $0.vote, promised: $0.promised) }
                .sorted { $0.group < $1.group })
    }

    /// What is gathered of each replica on the way.
    private struct Recovering {
        final class Group {
            let replica: Replica
            var checkpoint = CheckpointRow(birth: .none)
            var sessions: [SessionRow] = []
            /// Entries after the checkpoint that lie before and after the last flush of positions.
            var flushed: [Entry] = []
            var tail: [Entry] = []

            init(_ replica: Replica) { self.replica = replica }

            var recovered: RecoveredGroup {
                RecoveredGroup(
                    descriptor: replica.descriptor,
                    log: RestoredLog(
                        term: replica.term, vote: replica.vote, base: checkpoint.point, entries: flushed + tail,
                        commit: replica.commit, firstAvailable: replica.first, promised: replica.promised),
                    shard: checkpoint.restored(sessions))
            }
        }

        var groups: [Int64: Group] = [:]
        /// Replica numbers of `groups`, in the order of their groups.
        var active: [Int64] = []
        /// The index after the last entry seen, per replica; of discarded ones too.
        var ends: [Int64: LogIndex] = [:]
    }

    private func readPeers() throws(JournalError) -> [KnownPeer] {
        var peers: [KnownPeer] = []
        let row = try connection.prepare(PeerRow.select)
        while try row.step() { peers.append(try PeerRow.read(row, path: path)) }
        return peers
    }

    private func readGroups(_ recovering: inout Recovering) throws(JournalError) {
        let row = try connection.prepare(GroupRow.select(version: Migrations.newest) + " ORDER BY group_id")
        while try row.step() {
            let group = try GroupRow.read(row, path: path)
            replicas[group.group] = group
            guard let number = group.replica else { continue }
            recovering.groups[number] = Recovering.Group(group)
            recovering.active.append(number)
        }
    }

    private func readCheckpoints(_ recovering: inout Recovering) throws(JournalError) {
        var found = 0
        let row = try connection.prepare(CheckpointRow.select)
        while try row.step() {
            let (number, checkpoint) = try CheckpointRow.read(row, path: path)
            guard let group = recovering.groups[number] else { continue }
            group.checkpoint = checkpoint
            group.replica.base = LogPoint(checkpoint.point)
            group.replica.descriptor.configuration = checkpoint.point.configuration
            found += 1
        }
        guard found == recovering.active.count else {
            throw .corrupt(path, "\(recovering.active.count) groups have \(found) checkpoints")
        }
        let session = try connection.prepare("SELECT \(StateRows.sessionColumns) FROM sessions")
        while try session.step() {
            guard let group = recovering.groups[session.integer(0)] else { continue }
            group.sessions.append(try StateRows.session(session, path: path).session)
        }
    }

    private func readSegmentEnds(_ recovering: inout Recovering) throws(JournalError) {
        let row = try connection.prepare(
            "SELECT first_index, count FROM segments WHERE replica = ?1 ORDER BY first_index DESC LIMIT 1")
        for number in recovering.active {
            row.bind(1, number)
            guard try row.step() else { continue }
            defer { row.reset() }
            guard row.integer(0) > 0, row.integer(0) < 1 << 62, row.integer(1) > 0, row.integer(1) < 1 << 32 else {
                throw .corrupt(path, "the last segment of replica \(number) is malformed")
            }
            recovering.ends[number] = LogIndex(row.unsigned(0)) + Int(row.integer(1))
        }
    }

    /// Scans the rows that no segment lists, and fills the index of positions with them.
    private func readTail(_ recovering: inout Recovering) throws(JournalError) {
        nextPosition = max(flushedThrough, try connection.integer("SELECT max(position) FROM journal") ?? 0) + 1
        let row = try connection.prepare(
            "SELECT \(JournalRow.columns), position FROM journal WHERE position > ?1 ORDER BY position")
        row.bind(1, flushedThrough)
        while try row.step() {
            let number = row.integer(0)
            let position = row.integer(16)
            let place = LogIndex(row.unsigned(1))
            let hash = row.isNull(6) ? 0 : JournalRow.entityHash(row.borrowed(6))
            if let group = recovering.groups[number] {
                // Entries that are trimmed and not yet reclaimed may still stand before the first.
                guard recovering.ends[number].map({ $0 == place }) ?? (place <= group.replica.first) else {
                    throw .corrupt(
                        path,
                        "row \(position) is entry \(place) of \(group.replica.descriptor.shardName), which does not follow the one "
                            + "before it")
                }
                if place > group.checkpoint.point.index {
                    guard let entry = JournalRow.entry(row) else {
                        throw .corrupt(path, "row \(position) of table `journal` holds no entry")
                    }
                    group.tail.append(entry)
                }
            } else if let end = recovering.ends[number], place != end {
                throw .corrupt(path, "row \(position) is entry \(place) of the retired replica \(number), not \(end)")
            }
            guard place.rawValue < 1 << 62 else { throw .corrupt(path, "row \(position) has index \(place)") }
            recovering.ends[number] = place.next
            index.append(number, at: place, positions: position..<position + 1, hashes: [hash])
            rowsSinceFlush += 1
        }
    }

    /// Reads the entries after the checkpoints that segments list: all replicas' in the order in which they lie in the file.
    private func readFlushedEntries(_ recovering: inout Recovering) throws(JournalError) {
        var wanted: [(position: Int64, replica: Int64, index: LogIndex)] = []
        for number in recovering.active {
            let base = recovering.groups[number]!.checkpoint.point.index
            let end = index.run(number)?.first ?? recovering.ends[number] ?? .zero
            var next = base.next
            while next < end {
                let positions = try log.positions(number, from: next, limit: end - next)
                guard !positions.isEmpty else {
                    throw .corrupt(path, "entry \(next) of replica \(number) is in no segment")
                }
                for position in positions {
                    wanted.append((position, number, next))
                    next = next.next
                }
            }
        }
        wanted.sort { $0.position < $1.position }
        for (position, number, place) in wanted {
            guard let entry = try log.entry(number, place, at: position) else {
                throw .corrupt(path, "row \(position) of table `journal`, entry \(place) of replica \(number), is missing")
            }
            recovering.groups[number]!.flushed.append(entry)
        }
        log.forget()
    }

    /// Verifies one group's chain and what else is known of its log.
    private func check(_ recovering: inout Recovering, _ number: Int64) throws(JournalError) {
        let found = recovering.groups[number]!
        let group = found.replica
        let name = group.descriptor.shardName
        var last = group.base
        for entries in [found.flushed, found.tail] {
            for entry in entries {
                guard entry.index == last.index.next, entry.term >= last.term, entry.follows(last.checksum) else {
                    throw .corrupt(path, "the checksum of entry \(entry.index) of \(name) is wrong")
                }
                last = LogPoint(entry)
            }
        }
        let end = recovering.ends[number] ?? group.first
        guard last.index.next == end else {
            throw .corrupt(
                path, "\(name) ends at entry \(end.previous); with its checkpoint it should end at \(last.index)")
        }
        group.last = last
        guard group.commit <= last.index else {
            throw .corrupt(
                path, "\(name) was committed through entry \(group.commit), and ends at entry \(last.index)")
        }
        guard group.commit >= group.base.index else {
            throw .corrupt(path, "\(name): commit index \(group.commit) is before the checkpoint \(group.base.index)")
        }
        guard group.term >= last.term else {
            throw .corrupt(path, "\(name): term \(group.term) is before the last entry's, \(last.term)")
        }
    }
}
