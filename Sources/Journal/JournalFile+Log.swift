import Consensus
import Engine
import Primitives

extension JournalFile {
    /// Appends entries that follow the group's last one. Index, term and checksum are checked once more here: what reaches the disk
    /// wrongly chained would be found only after a restart.
    func append(_ entries: [Entry], to group: Replica) throws(JournalError) {
        guard let first = entries.first, let replica = group.replica else { return }
        let statement = statements.insertEntry
        statement.bind(1, replica)
        let start = nextPosition
        var last = group.last
        hashes.removeAll(keepingCapacity: true)
        for entry in entries {
            guard entry.index == last.index.next, entry.term >= last.term, entry.follows(last.checksum) else {
                throw .failed(
                    path,
                    "entry \(entry.index) of term \(entry.term) does not follow entry \(last.index) of term \(last.term) in "
                        + group.descriptor.shardName)
            }
            statement.bind(2, entry.term.rawValue)
            hashes.append(try JournalRow.write(entry, at: nextPosition, with: statement))
            nextPosition += 1
            last = LogPoint(entry)
        }
        group.last = last
        rowsSinceFlush += entries.count
        index.append(replica, at: first.index, positions: start..<nextPosition, hashes: hashes)
    }

    /// Deletes a divergent tail and mends the segments that listed it.
    func truncate(_ group: Replica, from: LogIndex) throws(JournalError) {
        precondition(
            from > group.commit && from > group.base.index && from >= group.first,
            "group \(group.group): truncation from \(from) at or below commit \(group.commit), checkpoint \(group.base.index)")
        guard from <= group.last.index, let replica = group.replica else { return }
        for position in index.truncate(replica, from: from) { try deleteRow(position, of: replica) }
        while let segment = try log.lastSegment(replica), segment.end > from {
            let kept = max(0, from - segment.first)
            for position in segment.positions[kept...] { try deleteRow(position, of: replica) }
            try mend(segment, keeping: 0..<kept)
        }
        group.last = try point(at: from.previous, in: group)
    }

    /// Cuts a segment's row to a part of its entries.
    func mend(_ segment: Segment, keeping kept: Range<Int>) throws(JournalError) {
        log.forget()
        if kept.isEmpty {
            statements.deleteSegment.bind(1, segment.id)
            return try statements.deleteSegment.run()
        }
        statements.updateSegment.bind(1, segment.id)
        statements.updateSegment.bind(2, (segment.first + kept.lowerBound).rawValue)
        statements.updateSegment.bind(3, kept.count)
        statements.updateSegment.bindBlob(4, copying: PositionCodec.encode(segment.positions[kept]))
        statements.updateSegment.bindBlob(5, copying: PositionCodec.encode(hashes: segment.hashes[kept]))
        try statements.updateSegment.run()
    }

    func deleteRow(_ position: Int64, of replica: Int64) throws(JournalError) {
        statements.deleteRow.bind(1, position)
        statements.deleteRow.bind(2, replica)
        try statements.deleteRow.run()
        guard connection.changes == 1 else {
            throw .corrupt(path, "row \(position) of table `journal`, replica \(replica), is missing")
        }
    }

    /// The entry at `index`, which the group must have, or what came before its first.
    func point(at index: LogIndex, in group: Replica) throws(JournalError) -> LogPoint {
        if index == group.base.index { return group.base }
        if index == group.beforeFirst.index { return group.beforeFirst }
        guard let replica = group.replica, let entry = try log.entry(replica, index) else {
            throw .corrupt(path, "entry \(index) of \(group.descriptor.shardName) is missing")
        }
        return LogPoint(entry)
    }

    /// Lists the rows since the last flush in `segments`: one row per replica, in bulk, in place of an index that every
    /// entry would pay for.
    func flushPositions() throws(JournalError) {
        for (replica, run) in index.all {
            statements.insertSegment.bind(1, replica)
            statements.insertSegment.bind(2, run.first.rawValue)
            statements.insertSegment.bind(3, run.positions.count)
            statements.insertSegment.bindBlob(4, copying: PositionCodec.encode(run.positions))
            statements.insertSegment.bindBlob(5, copying: PositionCodec.encode(hashes: run.hashes))
            try statements.insertSegment.run()
        }
        flushedThrough = nextPosition - 1
        fileRowChanged = true
    }
}
