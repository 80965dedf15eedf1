import Consensus
import Primitives

/// Times of the tests are milliseconds after an arbitrary start.
func at(_ milliseconds: Int64) -> Instant { Instant(nanoseconds: 1_000_000_000) + .milliseconds(milliseconds) }

/// A log with an entry of each of these terms, equal wherever index and terms are.
func log(_ terms: [UInt64]) -> [Entry] {
    var entries: [Entry] = []
    for (position, term) in terms.enumerated() {
        let index = LogIndex(UInt64(position + 1))
        entries.append(
            Entry(
                following: entries.last?.checksum ?? 0, term: Term(term), index: index, type: .record,
                payload: Array("\(index)@\(term)".utf8)))
    }
    return entries
}

/// One group in a test's hands: every call gives what came out of it.
@dynamicMemberLookup
final class Subject {
    var raft: RaftGroup

    /// Node `node` of `voters` with a log of these terms.
    init(
        _ node: UInt32, of voters: [UInt32], terms: [UInt64] = [], term: UInt64 = 0, vote: UInt32? = nil, commit: UInt64 = 0,
        learners: [UInt32] = [], settings: RaftSettings = RaftSettings(), promised: LogPosition? = nil
    ) {
        let configuration = Configuration(
            voters: voters.map { NodeID($0) }, learners: learners.map { NodeID($0) })
        raft = RaftGroup(
            group: GroupID(1), node: NodeID(node),
            restored: RestoredLog(
                term: Term(term), vote: vote.map { NodeID($0) }, base: .origin(configuration), entries: log(terms),
                commit: LogIndex(commit), firstAvailable: LogIndex(1), promised: promised),
            settings: settings, seed: UInt64(node), now: at(0))
    }

    subscript<Value>(dynamicMember path: KeyPath<RaftGroup, Value>) -> Value { raft[keyPath: path] }

    @discardableResult
    func does(_ body: (inout RaftGroup, inout Outputs) -> Void) -> Outputs {
        var outputs = Outputs()
        body(&raft, &outputs)
        return outputs
    }

    @discardableResult
    func receive(_ message: Message, from: UInt32, _ now: Instant = at(1)) -> Outputs {
        does { $0.receive(message, from: NodeID(from), now: now, into: &$1) }
    }

    @discardableResult
    func tick(_ now: Instant) -> Outputs { does { $0.tick(now: now, into: &$1) } }

    @discardableResult
    func persisted(_ now: Instant = at(1)) -> Outputs {
        does { $0.persisted($0.persistenceMark, now: now, into: &$1) }
    }

    @discardableResult
    func replicate(_ now: Instant = at(2_000)) -> Outputs { does { $0.replicate(now: now, into: &$1) } }

    @discardableResult
    func propose(_ text: String) -> Outputs { does { _ = $0.propose(.record, Array(text.utf8), into: &$1) } }

    @discardableResult
    func lost(_ peer: UInt32, _ now: Instant) -> Outputs { does { $0.peerLost(NodeID(peer), now: now, into: &$1) } }

    @discardableResult
    func reached(_ peer: UInt32, _ now: Instant) -> Outputs {
        does { $0.peerReached(NodeID(peer), now: now, into: &$1) }
    }

    @discardableResult
    func read(_ token: UInt64) -> Outputs { does { $0.read(token: token, into: &$1) } }

    /// Begins a change of members; the refusal's code if it is refused.
    @discardableResult
    func change(_ change: ConfigurationChange) -> ConfigurationRefusal.Code? {
        var code: ConfigurationRefusal.Code?
        does { raft, outputs in
            do throws(ConfigurationRefusal) { _ = try raft.changeConfiguration(change, into: &outputs) } catch { code = error.code }
        }
        return code
    }

    /// Campaigns and wins, with every vote.
    func lead(_ now: Instant = at(2_000)) {
        let voters = raft.configuration.voters.filter { $0 != raft.node }.map(\.rawValue)
        tick(now)
        for voter in voters where raft.role == .preCandidate {
            receive(.voteResponse(VoteResponse(term: raft.term.next, isGranted: true, isPreVote: true)), from: voter, now)
        }
        persisted(now)
        for voter in voters {
            receive(.voteResponse(VoteResponse(term: raft.term, isGranted: true, isPreVote: false)), from: voter, now)
        }
        precondition(raft.role == .leader, "node \(raft.node) is \(raft.role)")
    }

    /// Everything is sent, durable here and on `peers`, committed and applied.
    func settle(with peers: [UInt32], _ now: Instant = at(2_000)) {
        replicate(now)
        persisted(now)
        for peer in peers { receive(.matching(raft.lastIndex, term: raft.term, round: .max), from: peer, now) }
        raft.applied(through: raft.commit)
    }
}

extension Message {
    static func append(
        term: UInt64, after previous: UInt64 = 0, of previousTerm: UInt64 = 0, _ entries: [Entry] = [], commit: UInt64 = 0,
        round: UInt64 = 0
    ) -> Message {
        .append(
            AppendRequest(
                term: Term(term), previousIndex: LogIndex(previous), previousTerm: Term(previousTerm), entries: entries,
                commit: LogIndex(commit), round: round))
    }

    static func heartbeat(term: UInt64, commit: UInt64 = 0, rest: Bool = false) -> Message {
        .heartbeat(Heartbeat(term: Term(term), commit: LogIndex(commit), round: 0, isQuiescent: rest))
    }

    static func vote(
        term: UInt64, last: UInt64 = 0, of lastTerm: UInt64 = 0, pre: Bool = false, transfer: Bool = false
    ) -> Message {
        .voteRequest(
            VoteRequest(
                term: Term(term), lastIndex: LogIndex(last), lastTerm: Term(lastTerm), isPreVote: pre, isTransfer: transfer))
    }

    static func matching(_ index: LogIndex, term: Term, round: UInt64 = 0) -> Message {
        .appendResponse(AppendResponse(term: term, result: .matching(index), round: round))
    }

    static func alive(_ term: Term, round: UInt64 = 0) -> Message {
        .heartbeatResponse(HeartbeatResponse(term: term, round: round))
    }
}

extension Outputs {
    /// All messages in words; those that wait for the disk are marked.
    var said: [String] {
        messages.map { "\($0.to) \(Trace.describe($0.message))" }
            + durableMessages.map { "\($0.to) \(Trace.describe($0.message)) (when durable)" }
    }
}
