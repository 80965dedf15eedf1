import Consensus
import Primitives
import Testing

/// The Raft paper, §5.3 to §5.5 and §7.
@Suite("The Raft paper: replication, safety, snapshots") struct RaftPaperReplicationTests {
    // MARK: §5.3 Log replication

    /// Figure 7: the leader of term 8, and six followers that crashes left behind.
    static let figure7: [[UInt64]] = [
        [1, 1, 1, 4, 4, 5, 5, 6, 6],
        [1, 1, 1, 4],
        [1, 1, 1, 4, 4, 5, 5, 6, 6, 6, 6],
        [1, 1, 1, 4, 4, 5, 5, 6, 6, 6, 7, 7],
        [1, 1, 1, 4, 4, 4, 4],
        [1, 1, 1, 2, 2, 2, 3, 3, 3, 3, 3],
    ]

    @Test("§5.3 Figure 7: every follower's log becomes the leader's, within a probe per term", arguments: figure7)
    func divergentLogs(_ terms: [UInt64]) {
        let leader = Subject(1, of: [1, 2, 3], terms: [1, 1, 1, 4, 4, 5, 5, 6, 6, 6], term: 7)
        let follower = Subject(2, of: [1, 2, 3], terms: terms, term: 7)
        leader.lead()
        leader.propose("new")
        var probes = 0
        for _ in 0..<20 where follower.lastIndex != leader.lastIndex || follower.lastTerm != leader.lastTerm {
            let outputs = probes == 0 ? leader.does { $0.peerReached(NodeID(2), now: at(2_000), into: &$1) } : Outputs()
            var toFollower = outputs.messages.filter { $0.to == NodeID(2) }.map(\.message)
            while !toFollower.isEmpty {
                if case .append = toFollower[0] { probes += 1 }
                let answers = follower.receive(toFollower.removeFirst(), from: 1, at(2_000))
                for answer in answers.messages {
                    toFollower += leader.receive(answer.message, from: 2, at(2_000)).messages.filter { $0.to == NodeID(2) }
                        .map(\.message)
                }
            }
        }
        #expect(follower.lastIndex == LogIndex(12))
        #expect(follower.raft.checksum(at: LogIndex(12)) == leader.raft.checksum(at: LogIndex(12)))
        #expect(probes <= Set(terms).count + 2, "\(probes) probes")
    }

    @Test("§5.3 A follower without the entry before the first says where to probe next", arguments: [
        // Too short: its end.
        ([1, 1], 5, 1, 2, 1),
        // Of another term there: the newest entry whose term is not above the leader's.
        ([1, 1, 3, 3, 3], 5, 2, 2, 1),
        ([1, 1, 2, 2, 2], 5, 4, 5, 2),
        ([2, 2, 2], 3, 1, 0, 0),
        ([], 4, 4, 0, 0),
    ] as [([UInt64], UInt64, UInt64, UInt64, UInt64)])
    func hints(_ terms: [UInt64], _ previous: UInt64, _ previousTerm: UInt64, _ probe: UInt64, _ probeTerm: UInt64) {
        let follower = Subject(2, of: [1, 2, 3], terms: terms, term: 5)
        let outputs = follower.receive(.append(term: 5, after: previous, of: previousTerm), from: 1)
        #expect(outputs.said == ["1 diverging at \(previous), try \(probe)@\(probeTerm) term 5"])
        #expect(follower.lastIndex == LogIndex(UInt64(terms.count)))
    }

    @Test("§5.3 The commit index follows the leader's only as far as this request has checked") func commitBound() {
        let follower = Subject(2, of: [1, 2, 3], terms: [1, 1, 1], term: 1)
        // Entries 2 and 3 may still differ from the leader's.
        #expect(follower.receive(.append(term: 2, after: 1, of: 1, commit: 9), from: 1).committed == LogIndex(1))
        #expect(follower.commit == LogIndex(1))
        let entries = log([1, 2])
        let outputs = follower.receive(.append(term: 2, after: 1, of: 1, [entries[1]], commit: 9), from: 1)
        #expect(outputs.truncateFrom == LogIndex(2) && outputs.entries == [entries[1]] && outputs.committed == LogIndex(2))
        #expect(follower.lastIndex == LogIndex(2) && follower.lastTerm == Term(2))
    }

    @Test("§5.3 A late, shorter copy of an append cuts nothing off") func shorterCopy() {
        let follower = Subject(2, of: [1, 2, 3])
        follower.receive(.append(term: 1, log([1, 1, 1])), from: 1)
        let outputs = follower.receive(.append(term: 1, Array(log([1, 1])[..<1])), from: 1)
        #expect(outputs.truncateFrom == nil && follower.lastIndex == LogIndex(3))
    }

    @Test("An acknowledgement covers what is durable and what the leader has checked, no more") func acknowledgement() {
        // Entries 2 and 3 are durable here, but nobody has said that the leader has them.
        let follower = Subject(2, of: [1, 2, 3], terms: [1, 1, 1], term: 2)
        #expect(follower.receive(.append(term: 2, after: 1, of: 1), from: 1).said == ["1 matching 1 term 2"])
        // Checked, but not durable.
        let entries = log([1, 1, 1, 2, 2])
        #expect(follower.receive(.append(term: 2, after: 3, of: 1, Array(entries[3...])), from: 1).said == [])
        #expect(follower.receive(.append(term: 2, after: 5, of: 2), from: 1).said == ["1 matching 3 term 2"])
        #expect(follower.persisted().said == ["1 matching 5 term 2"])
        #expect(follower.persisted().said == [])
    }

    @Test("Nothing is acknowledged in a term that is not durable itself") func undurableTerm() {
        let follower = Subject(2, of: [1, 2, 3], terms: [1, 1], term: 1)
        #expect(follower.receive(.append(term: 5, after: 2, of: 1), from: 1).said == [])
        #expect(follower.persisted().said == ["1 matching 2 term 5"])
    }

    @Test("What an earlier leader has checked is not acknowledged to the next one") func nextLeader() {
        let follower = Subject(2, of: [1, 2, 3], terms: [1, 1, 1], term: 1)
        #expect(follower.receive(.append(term: 1, after: 3, of: 1), from: 1).said == ["1 matching 3 term 1"])
        follower.receive(.append(term: 2, after: 1, of: 1), from: 3)
        #expect(follower.persisted().said == ["3 matching 1 term 2"])
    }

    @Test("One acknowledgement tells of all that one batch made durable") func oneAcknowledgement() {
        let follower = Subject(2, of: [1, 2, 3], term: 1)
        let entries = log([1, 1, 1])
        for index in 0..<3 {
            follower.receive(
                .append(term: 1, after: UInt64(index), of: index == 0 ? 0 : 1, [entries[index]]), from: 1)
        }
        #expect(follower.persisted().said == ["1 matching 3 term 1"])
    }

    @Test("A batch submitted before a cut proves nothing about what replaced it") func lateBatch() {
        let follower = Subject(2, of: [1, 2, 3], terms: [1], term: 1)
        let first = log([1, 2, 2])
        follower.receive(.append(term: 2, after: 1, of: 1, Array(first[1...])), from: 1)
        let mark = follower.persistenceMark
        let second = log([1, 3, 3])
        let outputs = follower.receive(.append(term: 3, after: 1, of: 1, Array(second[1...])), from: 3)
        #expect(outputs.truncateFrom == LogIndex(2) && outputs.entries.count == 2)
        #expect(follower.does { $0.persisted(mark, now: at(2), into: &$1) }.said == [])
        #expect(follower.durableIndex == LogIndex(1))
        #expect(follower.persisted().said == ["3 matching 3 term 3"])
    }

    @Test("What is cut off again before it was handed to the disk never gets there") func gathered() {
        let follower = Subject(2, of: [1, 2, 3], terms: [1], term: 1)
        let outputs = follower.does { raft, outputs in
            let first = log([1, 2, 2])
            raft.receive(.append(term: 2, after: 1, of: 1, Array(first[1...])), from: NodeID(1), now: at(1), into: &outputs)
            let second = log([1, 2, 3])
            raft.receive(.append(term: 3, after: 2, of: 2, [second[2]]), from: NodeID(3), now: at(1), into: &outputs)
        }
        #expect(outputs.truncateFrom == LogIndex(3))
        #expect(outputs.entries.map(\.term) == [Term(2), Term(3)])
    }

    @Test("Entries that do not follow from the log are a fault, and change nothing", arguments: 0..<5) func faults(_ kind: Int) {
        let follower = Subject(2, of: [1, 2, 3], terms: [1, 1], term: 1, commit: 1)
        var entries = log([1, 1, 1, 1])
        var previous: UInt64 = 2
        switch kind {
        case 0: entries[3].payload = Array("damaged".utf8)
        case 1: entries[3].index = LogIndex(9)
        case 2: entries[3].term = Term(8)
        case 3:
            // A configuration that is none, under a right checksum.
            entries[3] = Entry(
                following: entries[2].checksum, term: Term(1), index: LogIndex(4), type: .configuration, payload: [1])
        default:
            // Another log of the same terms.
            previous = 1
            entries[1] = Entry(
                following: entries[0].checksum, term: Term(1), index: LogIndex(2), type: .record, payload: [])
        }
        let outputs = follower.receive(
            .append(term: 1, after: previous, of: 1, Array(entries[Int(previous)...])), from: 1)
        #expect(outputs.fault != nil && outputs.messages.isEmpty && outputs.entries.isEmpty)
        #expect(follower.lastIndex == LogIndex(2) && follower.durableIndex == LogIndex(2))
    }

    @Test("A leader that contradicts what is committed is a fault") func contradicted() {
        let follower = Subject(2, of: [1, 2, 3], terms: [1, 1], term: 1, commit: 2)
        #expect(follower.receive(.append(term: 3, after: 2, of: 2), from: 1).fault != nil)
    }

    @Test("A leader that knows this node to hold more than it has is a fault: the journal is an old one") func amnesia() {
        let follower = Subject(2, of: [1, 2, 3], terms: [1, 1], term: 1)
        #expect(follower.receive(.heartbeat(term: 1, commit: 3), from: 1).fault != nil)
    }

    @Test("A follower that has more committed than the leader has at all is a fault there") func lostByLeader() {
        let leader = Subject(1, of: [1, 2, 3])
        leader.lead()
        #expect(leader.receive(.matching(LogIndex(2), term: Term(1)), from: 2, at(2_000)).fault != nil)
    }

    #if compiler(>=6.2)
        @Test("Cutting the log at or below the commit index ends the process") func fatalCut() async {
            await #expect(processExitsWith: .failure) {
                let follower = Subject(2, of: [1, 2, 3], terms: [1, 1], term: 1, commit: 2)
                follower.receive(.append(term: 2, after: 1, of: 1, [log([1, 2])[1]]), from: 1)
            }
        }
    #endif

    @Test("A peer's window bounds what is on its way; acknowledgements open it") func window() {
        var settings = RaftSettings()
        settings.appendEntriesMax = 2
        settings.inFlightMessagesMax = 2
        let leader = Subject(1, of: [1, 2], settings: settings)
        leader.lead()
        leader.settle(with: [2])
        for _ in 0..<9 { leader.propose("x") }
        let sent = leader.replicate()
        #expect(sent.messages.count == 2)
        #expect(leader.replicate().messages.isEmpty)
        let more = leader.receive(.matching(LogIndex(3), term: Term(1)), from: 2, at(2_000))
        #expect(more.said == ["2 append term 1 after 5@1 [6@1:x 7@1:x] commit 1"])
    }

    @Test("Without a blocked window, an acknowledgement sends nothing before the turn's end") func coalesced() {
        let leader = Subject(1, of: [1, 2, 3])
        leader.lead()
        leader.settle(with: [2, 3])
        leader.propose("a")
        leader.replicate()
        leader.propose("b")
        #expect(leader.receive(.matching(LogIndex(2), term: Term(1)), from: 2, at(2_000)).messages.isEmpty)
        leader.propose("c")
        #expect(leader.replicate().messages.count == 2)
    }

    @Test("Proposals past the bound are refused until some commit") func overload() {
        var settings = RaftSettings()
        settings.uncommittedBytesMax = 10
        let leader = Subject(1, of: [1], settings: settings)
        leader.lead()
        leader.settle(with: [])
        func propose(_ count: Int) -> Proposal {
            var proposal = Proposal.notLeader
            leader.does { proposal = $0.propose(.record, [UInt8](repeating: 0, count: count), into: &$1) }
            return proposal
        }
        #expect(propose(20) == .appended(index: LogIndex(2), term: Term(1)))
        #expect(propose(1) == .overloaded)
        leader.settle(with: [])
        #expect(propose(6) == .appended(index: LogIndex(3), term: Term(1)))
        #expect(propose(6) == .overloaded)
        #expect(propose(4) == .appended(index: LogIndex(4), term: Term(1)))
        #expect(Subject(1, of: [1]).propose("x").entries.isEmpty)
    }

    // MARK: §5.4.2 Committing entries from previous terms

    @Test("§5.4.2 Figure 8: an entry of an older term commits only under one of the leader's own") func figure8() {
        let leader = Subject(1, of: [1, 2, 3, 4, 5], terms: [1, 2], term: 3)
        leader.lead()
        leader.persisted()
        for peer: UInt32 in [2, 3, 4] { leader.receive(.matching(LogIndex(2), term: Term(4)), from: peer, at(2_000)) }
        #expect(leader.commit == .zero && !leader.isServing)
        leader.receive(.matching(LogIndex(3), term: Term(4)), from: 2, at(2_000))
        #expect(leader.commit == .zero)
        #expect(leader.receive(.matching(LogIndex(3), term: Term(4)), from: 3, at(2_000)).committed == LogIndex(3))
        #expect(leader.isServing)
    }

    @Test("The leader's own copy counts when it is durable; a majority of others is enough without it") func ownCopy() {
        let leader = Subject(1, of: [1, 2, 3])
        leader.lead()
        leader.receive(.matching(LogIndex(1), term: Term(1)), from: 2, at(2_000))
        #expect(leader.commit == .zero)
        #expect(leader.persisted().committed == LogIndex(1))
        leader.propose("x")
        leader.receive(.matching(LogIndex(2), term: Term(1)), from: 2, at(2_000))
        #expect(leader.commit == LogIndex(1))
        #expect(leader.receive(.matching(LogIndex(2), term: Term(1)), from: 3, at(2_000)).committed == LogIndex(2))
        #expect(leader.durableIndex == LogIndex(1))
    }

    @Test("The majority index is right for any number of voters", arguments: 1...9) func majorityIndex(_ count: Int) {
        var random = RandomGenerator(seed: UInt64(count))
        for _ in 0..<50 {
            let leader = Subject(1, of: Array(1...UInt32(count)), learners: [99])
            leader.lead()
            for _ in 0..<20 { leader.propose("x") }
            leader.persisted()
            var held = [leader.lastIndex]
            leader.receive(.matching(leader.lastIndex, term: Term(1)), from: 99, at(2_000))
            for peer in (2...UInt32(max(2, count))).prefix(count - 1) {
                let index = LogIndex(UInt64.random(in: 1...21, using: &random))
                held.append(index)
                leader.receive(.matching(index, term: Term(1)), from: peer, at(2_000))
            }
            #expect(leader.commit == held.sorted()[(count - 1) / 2])
        }
    }

    // MARK: §5.5 Follower and candidate crashes

    @Test("§5.5 A restarted follower goes on from its journal") func restart() {
        var follower = Subject(2, of: [1, 2, 3], terms: [1, 1, 2], term: 2, vote: 1, commit: 2)
        #expect(follower.commit == LogIndex(2) && follower.lastIndex == LogIndex(3) && follower.durableIndex == LogIndex(3))
        #expect(follower.vote == NodeID(1) && follower.role == .follower)
        // A journal with an entry of term 3 has seen term 3, in which it knows of no vote.
        follower = Subject(2, of: [1, 2, 3], terms: [1, 3], term: 2, vote: 1)
        #expect(follower.term == Term(3) && follower.vote == nil)
    }

    // MARK: §7 Log compaction

    private func point(_ index: UInt64, _ term: UInt64, checksum: UInt64 = 7) -> SnapshotPoint {
        SnapshotPoint(
            index: LogIndex(index), term: Term(term), checksum: checksum,
            configuration: Configuration(voters: [NodeID(1), NodeID(2), NodeID(4)]))
    }

    @Test("§7 A checkpoint that is ahead replaces log and configuration, and is acknowledged when durable") func install() {
        let follower = Subject(2, of: [1, 2, 3], terms: [1, 1, 1], term: 1, commit: 1)
        let outputs = follower.receive(.snapshot(SnapshotOffer(term: Term(4), snapshot: point(9, 3))), from: 1)
        #expect(outputs.installedSnapshot == point(9, 3) && outputs.said.isEmpty)
        #expect(follower.lastIndex == LogIndex(9) && follower.lastTerm == Term(3) && follower.commit == LogIndex(9))
        #expect(follower.durableIndex == LogIndex(1) && follower.configuration.contains(NodeID(4)))
        #expect(follower.persisted().said == ["1 matching 9 term 4"])
        // And the log goes on behind it.
        let next = Entry(following: 7, term: Term(4), index: LogIndex(10), type: .record, payload: [1])
        #expect(follower.receive(.append(term: 4, after: 9, of: 3, [next]), from: 1).entries == [next])
    }

    @Test("§7 A checkpoint that is behind, or in the log, cuts nothing") func behind() {
        let follower = Subject(2, of: [1, 2, 3], terms: [1, 1, 1], term: 1, commit: 2)
        let old = follower.receive(.snapshot(SnapshotOffer(term: Term(1), snapshot: point(1, 1))), from: 1)
        #expect(old.installedSnapshot == nil && old.said == ["1 matching 2 term 1"])
        let entries = log([1, 1, 1])
        let held = follower.receive(
            .snapshot(SnapshotOffer(term: Term(1), snapshot: point(3, 1, checksum: entries[2].checksum))), from: 1)
        #expect(held.installedSnapshot == nil && held.committed == LogIndex(3) && held.said == ["1 matching 3 term 1"])
        let other = Subject(2, of: [1, 2, 3], terms: [1, 1, 1], term: 1)
        #expect(other.receive(.snapshot(SnapshotOffer(term: Term(1), snapshot: point(3, 1))), from: 1).fault != nil)
    }

    @Test("§7 A batch from before the checkpoint does not make it durable") func lateBatchBeforeInstall() {
        let follower = Subject(2, of: [1, 2, 3], terms: [1], term: 1, commit: 1)
        follower.receive(.append(term: 1, after: 1, of: 1, Array(log([1, 1, 1])[1...])), from: 1)
        let mark = follower.persistenceMark
        follower.receive(.snapshot(SnapshotOffer(term: Term(2), snapshot: point(9, 2))), from: 3)
        #expect(follower.does { $0.persisted(mark, now: at(2), into: &$1) }.said == [])
        #expect(follower.durableIndex == LogIndex(1))
    }

    @Test("Only a leader offers checkpoints") func offers() {
        let node = Subject(1, of: [1, 2, 3])
        #expect(node.raft.snapshotOffer(at: point(9, 3)) == nil)
        node.lead()
        #expect(node.raft.snapshotOffer(at: point(9, 3))?.term == Term(1))
    }

    @Test("A checkpoint that failed to go out is asked for again, one that was lost is asked about") func retriedSnapshot() {
        let leader = Subject(1, of: [1, 2], terms: [1, 1, 1], term: 1)
        leader.lead()
        leader.settle(with: [2])
        leader.raft.trimmed(before: LogIndex(4))
        leader.change(.addLearner(NodeID(3)))
        leader.settle(with: [2])
        func ask() -> Outputs {
            leader.receive(
                .appendResponse(
                    AppendResponse(
                        term: Term(2), result: .diverging(probe: .zero, probeTerm: .zero, previousIndex: LogIndex(4)),
                        round: .max)), from: 3, at(2_000))
        }
        #expect(ask().snapshotsWanted == [NodeID(3)])
        #expect(ask().snapshotsWanted == [])
        leader.raft.snapshotFailed(to: NodeID(3))
        #expect(leader.receive(.alive(Term(2), round: .max), from: 3, at(2_000)).snapshotsWanted == [NodeID(3)])
        leader.raft.snapshotSent(to: NodeID(3), point: leader.raft.snapshotPoint(at: LogIndex(5))!)
        #expect(leader.receive(.alive(Term(2), round: .max), from: 3, at(2_000)).said == [])
        var now = at(2_000)
        for _ in 0..<25 {
            now = now + .milliseconds(600)
            leader.receive(.alive(Term(2), round: .max), from: 2, now)
            leader.tick(now)
        }
        leader.propose("x")
        #expect(leader.receive(.alive(Term(2), round: .max), from: 3, now).said == ["3 append term 2 after 5@2 [] commit 5 round 1"])
    }
}
