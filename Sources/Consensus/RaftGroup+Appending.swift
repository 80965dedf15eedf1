internal import Primitives

/// The follower's side of replication (Raft §5.3).
extension RaftGroup {
    mutating func receive(_ request: AppendRequest, from: NodeID, now: Instant, into outputs: inout Outputs) {
        guard follow(from, term: request.term, now: now, into: &outputs) else {
            if outputs.fault == nil { respond(.matching(.zero), to: from, into: &outputs) }
            return
        }
        let isNewRound = request.round > echoedRound
        echoedRound = max(echoedRound, request.round)
        guard agrees(with: request, into: &outputs) else {
            if outputs.fault == nil { diverge(from: request, into: &outputs) }
            return
        }
        guard let isLonger = adopt(request.entries, after: request.previousIndex, into: &outputs) else { return }
        let through = request.previousIndex + request.entries.count
        // What is committed here is in every later leader's log (Leader Completeness), so it need not be sent again.
        matched = max(matched, max(through, request.previousIndex < commit ? commit : .zero))
        let committed = isBroken(.commitBeyondMatch) ? min(request.commit, log.last.index) : min(request.commit, through)
        if committed > commit { advanceCommit(to: committed, into: &outputs) }
        if !isLonger || isBroken(.acknowledgeBeforeDurable) {
            acknowledge(into: &outputs)
        } else if isNewRound {
            // Reads at the leader do not wait for this node's disk.
            respondToHeartbeat(from, into: &outputs)
        }
    }

    /// Whether the log has the entry before the request's first. Entries before the window are committed, hence the leader's.
    private func agrees(with request: AppendRequest, into outputs: inout Outputs) -> Bool {
        let previous = request.previousIndex
        if previous > log.last.index { return false }
        guard let here = log.term(at: previous) else { return true }
        if here == request.previousTerm || isBroken(.acceptAnyPrevious) { return true }
        if previous <= commit {
            outputs.fault =
                "group \(group): the leader of term \(term) has an entry of term \(request.previousTerm) at \(previous), where term "
                + "\(here) is committed up to \(commit)"
        }
        return false
    }

    private func diverge(from request: AppendRequest, into outputs: inout Outputs) {
        let hint = log.newest(
            atOrBefore: min(request.previousIndex, log.last.index), termAtMost: request.previousTerm)
        guard let leader else { return }
        respond(
            .diverging(probe: hint.index, probeTerm: hint.term, previousIndex: request.previousIndex), to: leader,
            into: &outputs)
    }

    /// Takes in what the log lacks of `entries`, after cutting off what contradicts them. Nil: a fault is found and nothing is changed.
    /// Otherwise whether anything was appended.
    private mutating func adopt(
        _ entries: [Entry], after previous: LogIndex, into outputs: inout Outputs
    ) -> Bool? {
        var known = max(0, min(entries.count, log.base.index - previous))
        while known < entries.count, let here = log.term(at: previous + known + 1), here == entries[known].term || isBroken(.keepDivergentTail) {
            known += 1
        }
        if known > 0, !isBroken(.keepDivergentTail), let here = log.checksum(at: previous + known), here != entries[known - 1].checksum {
            outputs.fault = "group \(group): entry \(previous + known) differs from the leader's of the same term"
            return nil
        }
        guard known < entries.count else { return false }
        guard let news = verify(entries, from: known, after: previous, into: &outputs) else { return nil }
        if entries[known].index <= log.last.index { truncate(from: entries[known].index, into: &outputs) }
        for position in known..<entries.count {
            log.append(entries[position])
            outputs.entries.append(entries[position])
        }
        durability.handOut()
        if !news.isEmpty {
            for (configuration, index) in news { configurations.append(configuration, at: index) }
            adoptConfiguration()
        }
        return true
    }

    /// Checks order, terms and chained checksums before anything is touched. Returns the configurations among the entries.
    private func verify(
        _ entries: [Entry], from start: Int, after previous: LogIndex, into outputs: inout Outputs
    ) -> [(Configuration, LogIndex)]? {
        let before = previous + start
        guard var checksum = log.checksum(at: before), var lastTerm = log.term(at: before) else {
            preconditionFailure("group \(group): no entry at \(before), the window is \(log.base)..\(log.last)")
        }
        var configurations: [(Configuration, LogIndex)] = []
        for position in start..<entries.count {
            let entry = entries[position]
            guard entry.index == previous + position + 1, entry.term >= lastTerm, entry.term <= term else {
                outputs.fault =
                    "group \(group): the leader of term \(term) sent entry \(entry.index) of term \(entry.term) where "
                    + "\(previous + position + 1) of term \(lastTerm) or later comes next"
                return nil
            }
            guard entry.follows(checksum) else {
                outputs.fault =
                    "group \(group): the checksum of entry \(entry.index) of term \(entry.term) does not follow from the entry before it"
                return nil
            }
            if entry.type == .configuration {
                do {
                    configurations.append((try Configuration(decoding: entry.payload), entry.index))
                } catch {
                    outputs.fault = "group \(group): entry \(entry.index): \(error)"
                    return nil
                }
            }
            checksum = entry.checksum
            lastTerm = entry.term
        }
        return configurations
    }

    /// Cuts the log. What is committed is never cut (hazard 8).
    private mutating func truncate(from index: LogIndex, into outputs: inout Outputs) {
        precondition(
            index > commit,
            "group \(group): node \(node) would cut its log at \(index), commit is \(commit), term \(term), leader "
                + "\(leader.map(\.description) ?? "unknown"), log \(log.base)..\(log.last)")
        log.truncate(from: index)
        durability.handOutTruncation(from: index)
        while let last = outputs.entries.last, last.index >= index { outputs.entries.removeLast() }
        outputs.truncateFrom = min(outputs.truncateFrom ?? index, index)
        matched = min(matched, index.previous)
        if configurations.truncate(from: index) { adoptConfiguration() }
    }

    // MARK: Answers

    /// Says how much of the leader's log is durable here. Only once `term` is durable as well: else this node could wake up in an older
    /// term and let that term's leader cut what it acknowledged.
    mutating func acknowledge(into outputs: inout Outputs) {
        guard let leader, role == .follower else { return }
        guard durability.settled >= termSequence || isBroken(.acknowledgeBeforeDurable) else {
            owesAcknowledgement = true
            return
        }
        owesAcknowledgement = false
        acknowledged = max(acknowledged, isBroken(.acknowledgeBeforeDurable) ? matched : min(matched, durability.index))
        respond(.matching(acknowledged), to: leader, into: &outputs)
    }

    /// After a batch became durable: one acknowledgement, if there is something to say.
    mutating func acknowledgeNews(into outputs: inout Outputs) {
        guard owesAcknowledgement || min(matched, durability.index) > acknowledged else { return }
        acknowledge(into: &outputs)
    }

    func respond(_ result: AppendResponse.Result, to leader: NodeID, into outputs: inout Outputs) {
        outputs.messages.append(
            Outputs.Addressed(
                to: leader, message: .appendResponse(AppendResponse(term: term, result: result, round: echoedRound))))
    }

    func respondToHeartbeat(_ leader: NodeID, into outputs: inout Outputs) {
        outputs.messages.append(
            Outputs.Addressed(
                to: leader, message: .heartbeatResponse(HeartbeatResponse(term: term, round: echoedRound))))
    }
}
