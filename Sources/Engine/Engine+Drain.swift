internal import DequeModule
internal import Consensus
public import Primitives
internal import Shards

/// Doing what the groups ask for.
extension Engine {
    /// Remembers that the replica has something to send or to be done at the end of this turn.
    func touch(_ replica: Replica) {
        guard !replica.isDirty else { return }
        replica.isDirty = true
        dirty.append(replica)
    }

    /// Runs one step of a group's consensus and does what comes of it.
    func step(_ replica: Replica, _ body: (inout RaftGroup, inout Outputs) -> Void) {
        // Proposals of this turn pile up in the outputs; they are taken out before another step adds to them.
        drain(replica)
        body(&replica.raft, &replica.outputs)
        drain(replica)
        touch(replica)
    }

    func drain(_ replica: Replica) {
        if replica.outputs.isEmpty { return }
        // Taken out, as what is done with them may ask the group for more.
        var taken = Outputs()
        swap(&taken, &replica.outputs)
        if let fault = taken.fault { return fail("group \(replica.group) cannot trust its log: \(fault)") }
        persist(taken, of: replica)
        let group = replica.group
        for addressed in taken.messages { send(addressed.message, of: group, to: addressed.to, isBulk: addressed.isBulk) }
        if !taken.durableMessages.isEmpty { sendOnceDurable(taken.durableMessages, group) }
        for load in taken.loads {
            outputs.entryLoads.append(
                EngineOutputs.EntryLoad(
                    group: group, peer: load.peer, from: load.from, through: load.through,
                    bytesMax: settings.catchUpBytesMax))
        }
        for peer in taken.snapshotsWanted {
            outputs.checkpointLoads.append(EngineOutputs.CheckpointLoad(group: group, peer: peer))
        }
        let hasCommitted = taken.committed != nil
        let statusChanged = taken.statusChanged
        let reads = taken.reads
        taken.reset()
        // Its arrays are used again.
        if replica.outputs.isEmpty { swap(&taken, &replica.outputs) }

        if hasCommitted { applyCommitted(replica) }
        if statusChanged || hasCommitted { followRole(replica) }
        if !reads.isEmpty { settle(reads, of: replica) }
    }

    /// Puts into the batch what a group wants on disk.
    private func persist(_ wanted: Outputs, of replica: Replica) {
        let group = replica.group
        if wanted.hardStateChanged, !settings.broken.contains(.losePersistedTerm) {
            let vote = settings.broken.contains(.losePersistedVote) ? nil : replica.raft.vote
            gathering.hardState(group, term: replica.raft.term, vote: vote)
        }
        if let point = wanted.installedSnapshot { install(point, in: replica) }
        if let from = wanted.truncateFrom, !settings.broken.contains(.dropTruncation) { gathering.truncate(group, from: from) }
        if !wanted.entries.isEmpty { gathering.append(group, wanted.entries) }
        if wanted.wantsPersistence { mark(replica) }
    }

    /// Once the batch being gathered is durable, the group is told that everything up to now is.
    private func mark(_ replica: Replica) {
        let mark = replica.raft.persistenceMark
        if let last = gatheringEffects.marks.indices.last, gatheringEffects.marks[last].group == replica.group {
            gatheringEffects.marks[last].mark = mark
        } else {
            gatheringEffects.marks.append((replica.group, mark))
        }
    }

    /// A message that rests on what its group has asked to persist waits for the newest batch that may hold it.
    private func sendOnceDurable(_ messages: [Outputs.Addressed], _ group: GroupID) {
        if !gathering.isEmpty {
            for addressed in messages { gatheringEffects.messages.append((addressed.to, group, addressed.message)) }
        } else if inFlightEffects != nil {
            for addressed in messages { inFlightEffects?.messages.append((addressed.to, group, addressed.message)) }
        } else {
            for addressed in messages { send(addressed.message, of: group, to: addressed.to) }
        }
    }

    /// The batch under way is durable: nothing that rests on it waits any longer.
    public func persisted() {
        guard let effects = inFlightEffects else { preconditionFailure("no batch is under way") }
        inFlightEffects = nil
        disk.writingSince = nil
        for item in effects.messages { send(item.message, of: item.group, to: item.to) }
        for item in effects.marks {
            guard let replica = replica(item.group) else { continue }
            step(replica) { raft, outputs in raft.persisted(item.mark, now: now, into: &outputs) }
        }
        outputs.historyLoads += effects.histories
        for item in effects.checkpoints { checkpointWritten(item.group, item.index) }
        for item in effects.installations { installed(item.group, item.index) }
        for item in effects.trims { trimmed(item.group, before: item.index) }
    }

    /// Entries that a follower far behind needs, as the journal holds them; none if it could not read them.
    public func entriesLoaded(_ group: GroupID, for peer: NodeID, _ entries: [Entry], previousTerm: Term) {
        guard let replica = replica(group) else { return }
        step(replica) { raft, outputs in
            raft.entriesLoaded(entries, previousTerm: previousTerm, for: peer, now: now, into: &outputs)
        }
    }

    /// Ends the turn: lets the groups send what they have, closes the batch and the frames, and hands everything out.
    public func flush(into result: inout EngineOutputs) {
        // A step of one group may touch others (the directory's does); the list grows while it is walked.
        var next = 0
        while next < dirty.count {
            let replica = dirty[next]
            next += 1
            replica.isDirty = false
            replica.raft.replicate(now: now, into: &replica.outputs)
            drain(replica)
            if let last = replica.rounds.indices.last { replica.rounds[last].isOpen = false }
        }
        dirty.removeAll(keepingCapacity: true)
        gatherCommits()
        gatherLoads()
        gatherTrial()
        if inFlightEffects == nil, !gathering.isEmpty {
            outputs.batch = gathering
            tally.batchOperations.record(Int64(gathering.operations.count))
            inFlightEffects = gatheringEffects
            disk.writingSince = now
            gathering = WriteBatch()
            gatheringEffects = BatchEffects()
        }
        closeFrames()
        swap(&result, &outputs)
        outputs = EngineOutputs()
    }

    /// Whether there is something to hand out and nothing under way at the disk: a shell may then flush before its turn ends.
    public var isDiskIdle: Bool { inFlightEffects == nil && !dirty.isEmpty }

    /// Whether a batch would be handed out or is under way: what a shutdown waits for.
    public var isWriting: Bool { inFlightEffects != nil || !gathering.isEmpty }

    /// The journal's views go by commit indexes, which are worth no flush of their own: they ride with a batch. A node that stops leaves
    /// nothing behind that was answered and is not shown.
    private func gatherCommits() {
        guard isStopping || now - lastCommitFlush >= settings.commitFlushInterval else { return }
        lastCommitFlush = now
        for replica in replicas where replica.raft.commit != replica.journaledCommit {
            replica.journaledCommit = replica.raft.commit
            gathering.commit(replica.group, replica.raft.commit)
        }
    }
}

extension Outputs {
    /// Whether anything in it is for the disk.
    var wantsPersistence: Bool {
        hardStateChanged || truncateFrom != nil || !entries.isEmpty || installedSnapshot != nil
    }
}
