import Consensus
import Primitives

/// What a step did, in words, for transcripts.
enum Trace {
    /// What `after` shows that `before` did not. `after.sent` is what it has just sent.
    static func lines(from before: SimulatedReplica, to after: SimulatedReplica) -> [String] {
        var lines: [String] = []
        if before.hasDiskWork, let batch = before.inFlight, after.inFlight?.mark != batch.mark, after.isUp {
            lines.append("\(after.id) has on disk: " + batch.operations.map(describe).joined(separator: ", "))
        }
        if let raft = after.raft, let old = before.raft {
            let status = describe(raft)
            if status != describe(old) { lines.append("\(after.id) \(status)") }
            if raft.configuration != old.configuration { lines.append("\(after.id) members \(describe(raft.configuration))") }
            if raft.commit != old.commit { lines.append("\(after.id) commits \(raft.commit)") }
        }
        for outcome in after.reads.dropFirst(before.reads.count) {
            lines.append("\(after.id) read \(outcome.token) \(outcome.isConfirmed ? "confirmed" : "failed")")
        }
        for load in after.loads.dropFirst(before.loads.count) {
            lines.append("\(after.id) loads \(load.from)...\(load.through) for \(load.peer)")
        }
        for peer in after.snapshotsWanted.dropFirst(before.snapshotsWanted.count) {
            lines.append("\(after.id) wants a checkpoint for \(peer)")
        }
        if let fault = after.fault, before.fault == nil { lines.append("\(after.id) fault: \(fault)") }
        for message in after.sent {
            lines.append("\(after.id)→\(message.to) \(describe(message.message))\(message.isBulk ? " (bulk)" : "")")
        }
        return lines
    }

    static func describe(_ raft: RaftGroup) -> String {
        var text = "\(raft.role) in term \(raft.term)"
        if raft.role == .follower { text += raft.leader.map { " of \($0)" } ?? ", leader unknown" }
        if raft.isQuiescent { text += ", at rest" }
        if let target = raft.transferTarget { text += ", handing over to \(target)" }
        return text
    }

    static func describe(_ configuration: Configuration) -> String {
        String(decoding: configuration.encoded(), as: UTF8.self)
    }

    static func describe(_ operation: SimulatedDisk.Operation) -> String {
        switch operation {
        case .hardState(let term, let vote): "term \(term) vote \(vote.map(\.description) ?? "-")"
        case .truncate(let index): "cut from \(index)"
        case .append(let entries): list(entries)
        case .install(let point): "checkpoint \(point.index)@\(point.term)"
        case .commit(let index): "commit \(index)"
        case .checkpoint(let point): "checkpoint \(point.index)"
        }
    }

    /// An entry is `index@term` and what is in it.
    static func describe(_ entry: Entry) -> String {
        let text = String(decoding: entry.payload, as: UTF8.self)
        return "\(entry.index)@\(entry.term)" + (entry.type == .record ? ":\(text)" : entry.type == .empty ? "" : ":members")
    }

    private static func list(_ entries: [Entry]) -> String {
        "[" + entries.map(describe).joined(separator: " ") + "]"
    }

    static func describe(_ message: Message) -> String {
        switch message {
        case .voteRequest(let request):
            "\(request.isPreVote ? "prevote?" : "vote?") term \(request.term) last \(request.lastIndex)@\(request.lastTerm)"
                + (request.isTransfer ? " transfer" : "")
        case .voteResponse(let response):
            "\(response.isPreVote ? "prevote" : "vote") \(response.isGranted ? "granted" : "refused") term \(response.term)"
        case .append(let request):
            "append term \(request.term) after \(request.previousIndex)@\(request.previousTerm) \(list(request.entries)) "
                + "commit \(request.commit)" + round(request.round)
        case .appendResponse(let response): "\(describe(response.result)) term \(response.term)" + round(response.round)
        case .heartbeat(let heartbeat):
            "heartbeat term \(heartbeat.term) commit \(heartbeat.commit)" + round(heartbeat.round)
                + (heartbeat.isQuiescent ? " rest" : "")
        case .heartbeatResponse(let response): "alive term \(response.term)" + round(response.round)
        case .snapshot(let offer): "checkpoint \(offer.snapshot.index)@\(offer.snapshot.term) term \(offer.term)"
        case .timeoutNow(let term): "campaign now, term \(term)"
        }
    }

    private static func round(_ round: UInt64) -> String { round == 0 ? "" : " round \(round)" }

    private static func describe(_ result: AppendResponse.Result) -> String {
        switch result {
        case .matching(let index): "matching \(index)"
        case .diverging(let probe, let probeTerm, let previous): "diverging at \(previous), try \(probe)@\(probeTerm)"
        }
    }
}
