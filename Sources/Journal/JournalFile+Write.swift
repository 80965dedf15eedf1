import Consensus
public import Engine
import Primitives

extension JournalFile {
    /// Writes batches as one transaction with one flush. On return everything in them is durable.
    ///
    /// - Throws: `.blocked` and `.full` before anything was written: the same batches may be given again. Anything else is final.
    public func write(_ batches: [WriteBatch]) throws(JournalError) {
        try requireHealthy()
        guard batches.contains(where: \.needsFlush) else {
            for batch in batches { noteCommits(batch) }
            return
        }
        try requireSpace()
        try begin()
        do {
            for batch in batches {
                for operation in batch.operations { try perform(operation) }
            }
            if monotonicMilliseconds() - committedSince >= options.commitDelayMilliseconds { touchCommitted() }
            try finish()
        } catch {
            throw fail(error)
        }
    }

    public func write(_ batch: WriteBatch) throws(JournalError) { try write([batch]) }

    /// Writes commit indexes that no batch has taken along.
    public func writeCommits() throws(JournalError) {
        try requireHealthy()
        guard hasCommits else { return }
        try begin()
        do {
            touchCommitted()
            try finish()
        } catch {
            throw fail(error)
        }
    }

    public var hasCommits: Bool { !committed.isEmpty }

    /// Opens the transaction. Nothing is written yet: a lock that is held elsewhere is no failure.
    func begin() throws(JournalError) {
        do throws(JournalError) {
            try statements.begin.run()
        } catch {
            throw error.code == .blocked ? error : fail(error)
        }
    }

    /// Writes the rows that operations have left to the end, flushes the index of positions if due, and commits.
    func finish() throws(JournalError) {
        for group in touched {
            group.isTouched = false
            group.writtenCommit = group.commit
            try GroupRow.write(group, with: statements.replaceGroup)
        }
        touched.removeAll(keepingCapacity: true)
        let isFlushing = rowsSinceFlush >= options.rowsPerFlush
        if isFlushing { try flushPositions() }
        if fileRowChanged {
            fileRowChanged = false
            try writeFileRow()
        }
        KillPoint.pass(.beforeCommit)
        try statements.commit.run()
        KillPoint.pass(.committed)
        noteWAL()
        if isFlushing {
            // Only now do readers find these positions in `segments`.
            index.removeAll()
            rowsSinceFlush = 0
            hasDiscards = true
        }
    }

    /// Notes beside the file how much of the WAL is acknowledged; see `WALNote`.
    private func noteWAL() {
        if walSalt == nil { walSalt = WALHeader(options.files, path + "-wal")?.salt }
        if let walSalt { lock.note(WALNote(salt: walSalt, frames: connection.walFrames)) }
    }

    private func perform(_ operation: WriteBatch.Operation) throws(JournalError) {
        switch operation {
        case .adoptCluster(let cluster, let node, let name): try adoptCluster(cluster, node, name)
        case .meet(let peer): try PeerRow.write(peer, with: statements.replacePeer)
        case .createGroup(let descriptor): try createGroup(descriptor)
        case .retireGroup(let group): try retireGroup(group)
        case .hardState(let group, let term, let vote): setHardState(group, term, vote)
        case .truncate(let group, let from): try truncate(active(group), from: from)
        case .append(let group, let entries): try append(entries, to: active(group))
        case .commit(let group, let index): noteCommit(active(group), index)
        case .checkpoint(let group, let point, let state): try writeCheckpoint(active(group), point, state)
        case .installSnapshot(let group, let point, let state): try install(active(group), point, state)
        case .trim(let group, let before): try trim(active(group), before: before)
        }
    }

    /// The replica of a group that this node has. Trap: it has none.
    func active(_ group: GroupID) -> Replica {
        guard let replica = replicas[group], replica.replica != nil else {
            preconditionFailure("the journal has no replica of group \(group)")
        }
        return replica
    }

    /// Has the group's row written at the end of the transaction.
    func touch(_ group: Replica) {
        if !group.isTouched {
            group.isTouched = true
            touched.append(group)
        }
    }

    private func writeFileRow() throws(JournalError) {
        let row = FileRow(
            identity: identity, nextReplica: nextReplica, flushedThrough: flushedThrough, createdAt: createdAt)
        try row.write(statements.replaceFile)
    }

    // MARK: Commit indexes

    private func noteCommits(_ batch: WriteBatch) {
        for case .commit(let group, let index) in batch.operations { noteCommit(active(group), index) }
    }

    private func noteCommit(_ group: Replica, _ index: LogIndex) {
        precondition(index <= group.last.index, "group \(group.group): commit \(index) is after \(group.last.index)")
        guard index > group.commit else { return }
        group.commit = index
        guard !group.isCommitNoted else { return }
        if committed.isEmpty { committedSince = monotonicMilliseconds() }
        group.isCommitNoted = true
        committed.append(group)
    }

    private func touchCommitted() {
        for group in committed {
            group.isCommitNoted = false
            if group.replica != nil, group.commit != group.writtenCommit { touch(group) }
        }
        committed.removeAll(keepingCapacity: true)
    }
}
