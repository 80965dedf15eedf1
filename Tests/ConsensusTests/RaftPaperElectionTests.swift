import Consensus
import Primitives
import Testing

/// Ongaro and Ousterhout, In Search of an Understandable Consensus Algorithm (extended version), §5.1, §5.2 and §5.4.1; of Ongaro's thesis §4.2.3 and §9.6.
@Suite("The Raft paper: terms and elections") struct RaftPaperElectionTests {
    // MARK: §5.1 Raft basics

    @Test("§5.1 A leader that hears of a newer term from a member follows; from a stranger it does not")
    func newerTerm() {
        let raft = Subject(1, of: [1, 2, 3])
        raft.lead()
        raft.receive(.alive(Term(9)), from: 7, at(2_000))
        #expect(raft.role == .leader)
        let outputs = raft.receive(.alive(Term(9)), from: 2, at(2_000))
        #expect(raft.role == .follower && raft.term == Term(9) && raft.leader == nil)
        #expect(outputs.hardStateChanged && outputs.statusChanged)
    }

    @Test("§5.1 A request of an older term is answered with the newer one and does nothing else", arguments: [
        Message.append(term: 1, log([1])), .heartbeat(term: 1),
        .snapshot(SnapshotOffer(term: Term(1), snapshot: .origin(.none))),
        .vote(term: 1, last: 9, of: 9), .vote(term: 1, last: 9, of: 9, pre: true),
    ])
    func staleRequest(_ message: Message) {
        let raft = Subject(1, of: [1, 2, 3], term: 3)
        let outputs = raft.receive(message, from: 2)
        #expect(outputs.messages.count == 1 && outputs.messages[0].message.term == Term(3))
        #expect(outputs.durableMessages.isEmpty && outputs.entries.isEmpty && !outputs.hardStateChanged)
        #expect(raft.leader == nil && raft.vote == nil && raft.lastIndex == .zero)
    }

    @Test("§5.1 A response of an older term counts for nothing") func staleResponse() {
        let raft = Subject(1, of: [1, 2, 3], term: 3)
        raft.lead()
        raft.persisted()
        raft.receive(.matching(LogIndex(1), term: Term(3)), from: 2, at(2_000))
        #expect(raft.commit == .zero)
        raft.receive(.matching(LogIndex(1), term: Term(4)), from: 2, at(2_000))
        #expect(raft.commit == LogIndex(1))
    }

    @Test("Numbers that no log has are a fault, not a crash") func implausible() {
        let raft = Subject(1, of: [1, 2, 3])
        #expect(raft.receive(.heartbeat(term: .max), from: 2).fault != nil)
        #expect(raft.receive(.append(term: 1, after: .max, of: 1), from: 2).fault != nil)
        #expect(raft.term == .zero)
    }

    // MARK: §5.2 Leader election

    @Test("§5.2 A vote is given once a term, first come first served, and goes out when it is durable") func oneVote() {
        let raft = Subject(1, of: [1, 2, 3])
        let first = raft.receive(.vote(term: 1), from: 2)
        #expect(first.said == ["2 vote granted term 1 (when durable)"] && first.hardStateChanged)
        #expect(raft.receive(.vote(term: 1), from: 3).said == ["3 vote refused term 1"])
        #expect(raft.receive(.vote(term: 1), from: 2).said == ["2 vote granted term 1 (when durable)"])
        // The vote survives a restart.
        let again = Subject(1, of: [1, 2, 3], term: 1, vote: 2)
        #expect(again.receive(.vote(term: 1), from: 3).said == ["3 vote refused term 1"])
    }

    @Test("§5.2 A candidate needs a majority of the voters' votes; learners and strangers have none") func majority() {
        let raft = Subject(1, of: [1, 2, 3, 4, 5], learners: [6])
        raft.tick(at(2_000))
        let preVote = Message.voteResponse(VoteResponse(term: Term(1), isGranted: true, isPreVote: true))
        for peer: UInt32 in [6, 7, 2, 2] { raft.receive(preVote, from: peer, at(2_000)) }
        #expect(raft.role == .preCandidate)
        raft.receive(preVote, from: 3, at(2_000))
        #expect(raft.role == .candidate && raft.term == Term(1) && raft.vote == NodeID(1))
        raft.persisted()
        let vote = Message.voteResponse(VoteResponse(term: Term(1), isGranted: true, isPreVote: false))
        for peer: UInt32 in [6, 7, 4, 4] { raft.receive(vote, from: peer, at(2_000)) }
        // A PreVote that comes late is no vote.
        raft.receive(preVote, from: 5, at(2_000))
        #expect(raft.role == .candidate)
        raft.receive(vote, from: 5, at(2_000))
        #expect(raft.role == .leader)
    }

    @Test("§5.2 A candidate's own vote counts when it is durable, not before") func ownVote() {
        let raft = Subject(1, of: [1, 2, 3])
        raft.tick(at(2_000))
        raft.receive(.voteResponse(VoteResponse(term: Term(1), isGranted: true, isPreVote: true)), from: 2, at(2_000))
        raft.receive(.voteResponse(VoteResponse(term: Term(1), isGranted: true, isPreVote: false)), from: 2, at(2_000))
        #expect(raft.role == .candidate)
        raft.persisted(at(2_000))
        #expect(raft.role == .leader)
    }

    @Test("§5.2 A candidate that hears the term's leader follows it") func candidateFollows() {
        let raft = Subject(1, of: [1, 2, 3])
        raft.tick(at(2_000))
        raft.receive(.voteResponse(VoteResponse(term: Term(1), isGranted: true, isPreVote: true)), from: 2, at(2_000))
        #expect(raft.role == .candidate)
        raft.receive(.append(term: 1, log([1])), from: 2, at(2_000))
        #expect(raft.role == .follower && raft.leader == NodeID(2) && raft.lastIndex == LogIndex(1))
    }

    @Test("§5.2 Time-outs are spread, so that votes are seldom split") func randomTimeouts() {
        var deadlines: Set<Instant> = []
        for node: UInt32 in 1...20 {
            let raft = Subject(node, of: Array(1...20))
            #expect(raft.deadline >= at(600) && raft.deadline < at(1_200))
            deadlines.insert(raft.deadline)
        }
        #expect(deadlines.count == 20)
    }

    @Test("§5.2 A candidate that cannot win any more tries again soon") func givesWay() {
        let raft = Subject(2, of: [1, 2, 3])
        raft.receive(.heartbeat(term: 0), from: 1, at(1))
        raft.lost(1, at(2))
        #expect(raft.deadline <= at(42))
        raft.tick(at(42))
        raft.receive(.voteResponse(VoteResponse(term: Term(1), isGranted: true, isPreVote: true)), from: 3, at(43))
        #expect(raft.role == .candidate)
        raft.persisted(at(44))
        raft.receive(.voteResponse(VoteResponse(term: Term(1), isGranted: false, isPreVote: false)), from: 3, at(50))
        #expect(raft.role == .follower && raft.deadline >= at(90) && raft.deadline < at(210))
    }

    @Test("§5.2 Two leaders of one term are a fault") func twoLeaders() {
        let raft = Subject(1, of: [1, 2, 3])
        raft.receive(.heartbeat(term: 1), from: 2)
        let outputs = raft.receive(.append(term: 1, log([1])), from: 3)
        #expect(outputs.fault != nil && outputs.messages.isEmpty && outputs.entries.isEmpty && raft.leader == NodeID(2))
        let leader = Subject(1, of: [1, 2, 3])
        leader.lead()
        #expect(leader.receive(.heartbeat(term: 1), from: 3, at(2_000)).fault != nil)
    }

    @Test("A sole voter campaigns at once, and leads only when its vote is durable") func alone() {
        let raft = Subject(1, of: [1], terms: [1, 1])
        #expect(raft.deadline == at(0))
        raft.tick(at(0))
        #expect(raft.role == .candidate)
        let outputs = raft.persisted(at(0))
        #expect(raft.role == .leader && outputs.entries.map(\.index) == [LogIndex(3)])
        #expect(!raft.isServing)
        raft.persisted(at(0))
        #expect(raft.isServing && raft.commit == LogIndex(3))
    }

    // MARK: §5.4.1 Election restriction

    @Test("§5.4.1 A vote is only for a log that is at least as up to date", arguments: [
        (0, 0, false), (9, 1, false), (1, 2, false), (2, 2, true), (3, 2, true), (1, 3, true),
    ])
    func upToDate(_ last: UInt64, _ lastTerm: UInt64, _ isGranted: Bool) {
        for isPreVote in [true, false] {
            let raft = Subject(1, of: [1, 2, 3], terms: [1, 2], term: 2)
            let outputs = raft.receive(.vote(term: 4, last: last, of: lastTerm, pre: isPreVote), from: 2)
            let messages = outputs.messages + outputs.durableMessages
            guard case .voteResponse(let response) = messages.first?.message else {
                Issue.record("no answer")
                return
            }
            #expect(response.isGranted == isGranted)
            #expect(raft.term == (isPreVote ? Term(2) : Term(4)))
        }
    }

    // MARK: Thesis §9.6, §4.2.3

    @Test("§9.6 PreVote changes no term, and needs no disk") func preVote() {
        let raft = Subject(1, of: [1, 2, 3], term: 5)
        let outputs = raft.tick(at(2_000))
        #expect(outputs.said == ["2 prevote? term 6 last 0@0", "3 prevote? term 6 last 0@0"])
        #expect(raft.term == Term(5) && !outputs.hardStateChanged)
        // A voter of a newer term says so.
        raft.receive(.voteResponse(VoteResponse(term: Term(7), isGranted: false, isPreVote: true)), from: 2, at(2_000))
        #expect(raft.role == .follower && raft.term == Term(7))
    }

    @Test("§4.2.3 Whoever hears a leader keeps it, and the leader keeps itself; not against a transfer") func sticky() {
        for isPreVote in [true, false] {
            let raft = Subject(1, of: [1, 2, 3])
            raft.receive(.heartbeat(term: 1), from: 2, at(100))
            let request = Message.vote(term: 2, last: 9, of: 1, pre: isPreVote)
            let word = isPreVote ? "prevote" : "vote"
            #expect(raft.receive(request, from: 3, at(699)).said == ["3 \(word) refused term 1"])
            #expect(raft.term == Term(1))
            // After an election time-out without a word it does not.
            #expect(raft.receive(request, from: 3, at(700)).said.first!.hasPrefix("3 \(word) granted term 2"))
            let leader = Subject(1, of: [1, 2, 3])
            leader.lead()
            #expect(leader.receive(request, from: 3, at(2_000)).said == ["3 \(word) refused term 1"])
        }
        let raft = Subject(1, of: [1, 2, 3])
        raft.receive(.heartbeat(term: 1), from: 2, at(100))
        let transfer = Message.vote(term: 2, last: 9, of: 1, transfer: true)
        #expect(raft.receive(transfer, from: 3, at(101)).said == ["3 vote granted term 2 (when durable)"])
    }

    @Test("A hint that the leader's process is gone ends stickiness and starts an election within a short time") func hint() {
        let raft = Subject(1, of: [1, 2, 3])
        raft.receive(.heartbeat(term: 1), from: 2, at(100))
        raft.lost(3, at(110))
        #expect(raft.leader == NodeID(2) && raft.deadline >= at(700))
        let outputs = raft.lost(2, at(110))
        #expect(raft.leader == nil && raft.deadline >= at(110) && raft.deadline < at(150) && outputs.statusChanged)
        #expect(raft.receive(.vote(term: 2, pre: true), from: 3, at(111)).said == ["3 prevote granted term 2"])
        // It now leaves room for node 3 to be elected.
        #expect(raft.deadline >= at(191))
    }

    @Test("Without a leader, a candidate with the lesser log makes the better one stand soon") func better() {
        let raft = Subject(1, of: [1, 2, 3], terms: [1, 1], term: 1)
        let before = raft.deadline
        raft.receive(.vote(term: 2, last: 2, of: 1, pre: true), from: 2, at(50))
        #expect(raft.deadline == before)
        #expect(raft.receive(.vote(term: 2, last: 1, of: 1, pre: true), from: 2, at(60)).said == ["2 prevote refused term 1"])
        #expect(raft.deadline >= at(60) && raft.deadline < at(100))
        // Not while there is a leader.
        let content = Subject(1, of: [1, 2, 3], terms: [1, 1], term: 1)
        content.receive(.heartbeat(term: 1), from: 3, at(50))
        content.receive(.vote(term: 2, last: 1, of: 1, pre: true), from: 2, at(60))
        #expect(content.deadline >= at(650))
    }

    @Test("§4.2.3 A node votes for and as a non-member: its configuration may be out of date") func strangers() {
        let raft = Subject(4, of: [1, 2, 3])
        #expect(raft.receive(.vote(term: 1), from: 5).said == ["5 vote granted term 1 (when durable)"])
        #expect(raft.deadline == .distantFuture)
    }

    @Test("A learner, and a node without a configuration, never campaign") func neverCampaigns() {
        let learner = Subject(4, of: [1, 2, 3], learners: [4])
        learner.receive(.heartbeat(term: 1), from: 1)
        learner.lost(1, at(10))
        #expect(learner.deadline == .distantFuture)
        learner.tick(at(10_000))
        #expect(learner.receive(.timeoutNow(term: Term(1)), from: 1).said.isEmpty)
        #expect(learner.role == .follower && learner.term == Term(1))
        let blank = Subject(4, of: [])
        #expect(blank.deadline == .distantFuture)
    }

    @Test("A replica made anew votes for no log shorter than its predecessor's, and waits to stand until its own is as long")
    func promise() {
        let promised = LogPosition(term: Term(2), index: LogIndex(5))
        let raft = Subject(2, of: [1, 2, 3], terms: [1, 1], term: 3, promised: promised)
        #expect(raft.deadline == .distantFuture)
        #expect(raft.receive(.vote(term: 4, last: 4, of: 2), from: 1).said == ["1 vote refused term 4"])
        #expect(raft.receive(.vote(term: 5, last: 5, of: 2), from: 1).said == ["1 vote granted term 5 (when durable)"])
        let grown = Subject(2, of: [1, 2, 3], terms: [1, 1, 2, 2, 2], term: 3, promised: promised)
        #expect(grown.deadline < .distantFuture)
    }

    @Test("After a pause nobody campaigns at once") func pause() {
        let raft = Subject(1, of: [1, 2, 3])
        raft.raft.resumed(now: at(5_000))
        #expect(raft.deadline >= at(5_600))
        let leader = Subject(1, of: [1, 2, 3])
        leader.lead(at(2_000))
        leader.raft.resumed(now: at(9_000))
        leader.tick(at(9_000))
        #expect(leader.role == .leader)
        leader.tick(at(9_600))
        #expect(leader.role == .follower)
    }
}
