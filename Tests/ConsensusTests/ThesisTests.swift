import Consensus
import Primitives
import Testing

/// Ongaro, Consensus: Bridging Theory and Practice: §3.10, §4, §6.2 and §6.4; the Raft paper's §6 and §8.
@Suite("Ongaro's thesis: membership, transfer, reads") struct ThesisTests {
    private func serving(_ voters: [UInt32] = [1, 2, 3], learners: [UInt32] = []) -> Subject {
        let leader = Subject(1, of: voters, learners: learners)
        leader.lead()
        leader.settle(with: Array(voters.dropFirst()) + learners)
        precondition(leader.isServing)
        return leader
    }

    // MARK: §3.10 Leadership transfer

    @Test("§3.10 Unfit targets are refused") func unfitTargets() {
        func refusal(_ leader: Subject, _ target: UInt32) -> TransferRefusal.Code? {
            var code: TransferRefusal.Code?
            leader.does { raft, outputs in
                do throws(TransferRefusal) {
                    try raft.transferLeadership(to: NodeID(target), now: at(2_000), into: &outputs)
                } catch { code = error.code }
            }
            return code
        }
        let leader = serving(learners: [4])
        #expect(refusal(Subject(1, of: [1, 2]), 2) == .notLeader)
        for target: UInt32 in [1, 4, 5] { #expect(refusal(leader, target) == .unfitTarget) }
        leader.lost(2, at(2_000))
        #expect(refusal(leader, 2) == .targetLost)
        #expect(refusal(leader, 3) == nil)
        #expect(refusal(leader, 3) == .alreadyTransferring)
        #expect(leader.change(.remove(NodeID(4))) == .transferring)
        // The target's connection closes: nobody waits for it.
        leader.lost(3, at(2_001))
        #expect(leader.transferTarget == nil)
    }

    @Test("§3.10 A campaign on request needs no PreVote and says so; a request of another term or by a stranger is none")
    func timeoutNow() {
        let target = Subject(2, of: [1, 2, 3], terms: [1], term: 1)
        target.receive(.heartbeat(term: 1), from: 1)
        #expect(target.receive(.timeoutNow(term: Term(0)), from: 1).said.isEmpty)
        #expect(target.receive(.timeoutNow(term: Term(2)), from: 1).said.isEmpty)
        #expect(target.receive(.timeoutNow(term: Term(1)), from: 3).said.isEmpty)
        #expect(
            target.receive(.timeoutNow(term: Term(1)), from: 1).said == [
                "1 vote? term 2 last 1@1 transfer (when durable)", "3 vote? term 2 last 1@1 transfer (when durable)",
            ])
    }

    // MARK: §4 Cluster membership changes (the paper's §6)

    @Test("§4.1 No change before an entry of the leader's own term is committed, and only one at a time") func oneAtATime() {
        let leader = Subject(1, of: [1, 2, 3], terms: [1], term: 1)
        #expect(leader.change(.remove(NodeID(3))) == .notLeader)
        leader.lead()
        #expect(leader.change(.remove(NodeID(3))) == .notServing)
        leader.settle(with: [2, 3])
        #expect(leader.change(.remove(NodeID(3))) == nil)
        #expect(leader.change(.addLearner(NodeID(4))) == .changePending)
        leader.settle(with: [2])
        #expect(leader.change(.addLearner(NodeID(4))) == nil)
    }

    @Test("§4.1 Changes that make no sense are refused") func senseless() {
        let leader = serving([1, 2], learners: [4])
        #expect(leader.change(.addLearner(NodeID(1))) == .alreadyDone)
        #expect(leader.change(.addLearner(NodeID(4))) == .alreadyDone)
        #expect(leader.change(.promote(NodeID(2))) == .alreadyDone)
        #expect(leader.change(.promote(NodeID(9))) == .notLearner)
        #expect(leader.change(.remove(NodeID(9))) == .alreadyDone)
        let alone = serving([1], learners: [4])
        #expect(alone.change(.remove(NodeID(1))) == .lastVoter)
    }

    @Test("§4.2.1 A learner votes only when it has caught up and is there") func catchUp() {
        var settings = RaftSettings()
        settings.promotionLagMax = 2
        let leader = Subject(1, of: [1], settings: settings)
        leader.lead()
        leader.settle(with: [])
        leader.change(.addLearner(NodeID(2)))
        leader.settle(with: [])
        for _ in 0..<5 { leader.propose("x") }
        leader.settle(with: [])
        // Silent so far: whatever its log, nothing is known of it.
        #expect(leader.change(.promote(NodeID(2))) == .notCaughtUp)
        leader.receive(.matching(LogIndex(4), term: Term(1), round: .max), from: 2, at(2_000))
        #expect(leader.change(.promote(NodeID(2))) == .notCaughtUp)
        leader.receive(.matching(LogIndex(5), term: Term(1), round: .max), from: 2, at(2_000))
        leader.lost(2, at(2_000))
        #expect(leader.change(.promote(NodeID(2))) == .notCaughtUp)
        leader.reached(2, at(2_000))
        leader.receive(.matching(LogIndex(5), term: Term(1), round: .max), from: 2, at(2_000))
        #expect(leader.change(.promote(NodeID(2))) == nil)
        #expect(leader.configuration == Configuration(voters: [NodeID(1), NodeID(2)]))
    }

    @Test("A learner that lacks the entry that added it is not promoted, however short the log") func promotedKnows() {
        let leader = serving([1])
        leader.propose("x")
        leader.settle(with: [])
        leader.change(.addLearner(NodeID(2)))
        leader.settle(with: [])
        leader.receive(.matching(LogIndex(2), term: Term(1), round: .max), from: 2, at(2_000))
        #expect(leader.change(.promote(NodeID(2))) == .notCaughtUp)
        leader.receive(.matching(LogIndex(3), term: Term(1), round: .max), from: 2, at(2_000))
        #expect(leader.change(.promote(NodeID(2))) == nil)
    }

    /// A node that reads an older directory gives it up before its log knows that it is a member, and is asked for it again.
    @Test("A learner that comes back without what it acknowledged begins anew; a voter may not") func learnerAnew() {
        let leader = serving([1, 2])
        leader.propose("x")
        leader.settle(with: [2])
        leader.change(.addLearner(NodeID(3)))
        leader.settle(with: [2])
        leader.receive(.matching(LogIndex(2), term: Term(1), round: .max), from: 3, at(2_000))
        let heartbeat = Message.heartbeat(term: 1, commit: 2)

        let blank = Subject(3, of: [], promised: LogPosition(term: Term(1), index: LogIndex(2)))
        #expect(blank.receive(heartbeat, from: 1).said == ["1 diverging at 2, try 0@0 term 1"])
        let broken = Subject(3, of: [])
        #expect(broken.receive(heartbeat, from: 1).fault?.contains("the journal is older") ?? false)

        let anew = Message.appendResponse(
            AppendResponse(
                term: Term(1), result: .diverging(probe: .zero, probeTerm: .zero, previousIndex: LogIndex(2)), round: .max))
        let matching = { (leader: Subject, node: UInt32) in leader.raft.progress.first { $0.node == NodeID(node) }?.matching }
        leader.receive(anew, from: 3, at(2_000))
        #expect(matching(leader, 3) == .zero)
        #expect(leader.change(.promote(NodeID(3))) == .notCaughtUp)
        leader.receive(anew, from: 2, at(2_000))
        #expect(matching(leader, 2) == LogIndex(3))
    }

    @Test("§4.1 The new majority decides as soon as the entry is in the leader's log") func newMajority() {
        let leader = serving([1, 2, 3])
        leader.change(.remove(NodeID(3)))
        leader.replicate()
        leader.receive(.matching(LogIndex(2), term: Term(1), round: .max), from: 3, at(2_000))
        leader.persisted()
        #expect(leader.commit == LogIndex(1))
        leader.receive(.matching(LogIndex(2), term: Term(1), round: .max), from: 2, at(2_000))
        #expect(leader.commit == LogIndex(2))
    }

    @Test("§4.1 A follower takes a configuration up with its entry, and back when that is cut") func followerConfiguration() {
        let follower = Subject(2, of: [1, 2, 3], term: 1)
        let smaller = Configuration(voters: [NodeID(1), NodeID(2)])
        let change = Entry(
            following: 0, term: Term(1), index: LogIndex(1), type: .configuration, payload: smaller.encoded())
        follower.receive(.append(term: 1, [change]), from: 1)
        #expect(follower.configuration == smaller && follower.configurationIndex == LogIndex(1))
        follower.receive(.append(term: 2, log([2])), from: 3)
        #expect(follower.configuration.voters.count == 3 && follower.configurationIndex == .zero)
        #expect(follower.raft.snapshotPoint(at: LogIndex(1))?.configuration.voters.count == 3)
    }

    @Test("A checkpoint carries the configuration of its index, not the newest") func configurationAtIndex() {
        let leader = serving([1, 2, 3])
        leader.change(.remove(NodeID(3)))
        leader.replicate()
        #expect(leader.raft.snapshotPoint(at: LogIndex(1))?.configuration.voters.count == 3)
        #expect(leader.raft.snapshotPoint(at: LogIndex(2))?.configuration.voters.count == 2)
        #expect(leader.raft.snapshotPoint(at: LogIndex(3)) == nil)
    }

    @Test("§4.2.2 A leader that removed itself counts no copy of its own, and steps down when that is committed") func removesItself() {
        let leader = serving([1, 2, 3])
        #expect(leader.change(.remove(NodeID(1))) == nil)
        leader.replicate()
        leader.persisted()
        leader.receive(.matching(LogIndex(2), term: Term(1), round: .max), from: 2, at(2_000))
        #expect(leader.role == .leader && leader.commit == LogIndex(1))
        let outputs = leader.receive(.matching(LogIndex(2), term: Term(1), round: .max), from: 3, at(2_000))
        #expect(outputs.committed == LogIndex(2) && leader.role == .follower)
        #expect(outputs.said.contains("2 campaign now, term 1"))
        #expect(leader.deadline == .distantFuture)
    }

    @Test("§4.2.2 Figure 4.6: until its removal is committed, a node stands, with no vote of its own") func uncommittedRemoval() {
        let smaller = Configuration(voters: [NodeID(2)])
        let change = Entry(
            following: log([1])[0].checksum, term: Term(1), index: LogIndex(2), type: .configuration,
            payload: smaller.encoded())
        func restarted(commit: UInt64) -> Subject {
            let subject = Subject(1, of: [1, 2])
            subject.raft = RaftGroup(
                group: GroupID(1), node: NodeID(1),
                restored: RestoredLog(
                    term: Term(1), vote: nil, base: .origin(Configuration(voters: [NodeID(1), NodeID(2)])),
                    entries: log([1]) + [change], commit: LogIndex(commit), firstAvailable: LogIndex(1)),
                settings: RaftSettings(), seed: 1, now: at(0))
            return subject
        }
        #expect(restarted(commit: 2).deadline == .distantFuture)
        let node = restarted(commit: 1)
        #expect(node.tick(at(2_000)).said == ["2 prevote? term 2 last 2@1"])
        node.receive(.voteResponse(VoteResponse(term: Term(2), isGranted: true, isPreVote: true)), from: 2, at(2_000))
        node.persisted()
        #expect(node.role == .candidate)
        node.receive(.voteResponse(VoteResponse(term: Term(2), isGranted: true, isPreVote: false)), from: 2, at(2_000))
        #expect(node.role == .leader)
    }

    @Test("A replica that was removed and added again is not believed by its earlier answers") func earlierLife() {
        let leader = serving([1, 2], learners: [3])
        leader.change(.remove(NodeID(3)))
        leader.settle(with: [2])
        leader.change(.addLearner(NodeID(3)))
        leader.settle(with: [2])
        leader.receive(.matching(LogIndex(2), term: Term(1), round: 0), from: 3, at(2_000))
        #expect(leader.progress.last?.matching == .zero)
        #expect(leader.receive(.alive(Term(1), round: 0), from: 3, at(2_000)).said.isEmpty)
        let round: UInt64 = 1
        leader.receive(.matching(LogIndex(3), term: Term(1), round: round), from: 3, at(2_000))
        #expect(leader.progress.last?.matching == LogIndex(3))
    }

    // MARK: §6.2 CheckQuorum

    @Test("§6.2 A leader without a quorum's answers for a whole period steps down; learners do not help it") func checkQuorum() {
        let leader = serving([1, 2, 3], learners: [4])
        leader.propose("x")
        leader.tick(at(2_600))
        leader.receive(.alive(Term(1)), from: 4, at(2_700))
        leader.receive(.alive(Term(1)), from: 2, at(2_700))
        leader.tick(at(3_200))
        #expect(leader.role == .leader)
        leader.receive(.alive(Term(1)), from: 4, at(3_300))
        #expect(leader.tick(at(3_800)).statusChanged)
        #expect(leader.role == .follower && leader.leader == nil && leader.deadline >= at(4_400))
    }

    @Test("A leader with learners only needs nobody") func learnersOnly() {
        let leader = serving([1], learners: [2])
        leader.tick(at(2_600))
        leader.tick(at(3_200))
        #expect(leader.role == .leader)
        leader.propose("x")
        #expect(leader.persisted().committed == LogIndex(2))
        #expect(leader.read(5).reads == [Outputs.ReadOutcome(token: 5, isConfirmed: true)])
    }

    // MARK: §6.4 Linearizable reads (the paper's §8)

    @Test("§6.4 A read waits for an entry of the leader's own term to commit") func ownTerm() {
        let leader = Subject(1, of: [1, 2, 3], terms: [1], term: 1)
        leader.lead()
        leader.read(1)
        #expect(leader.replicate().said.isEmpty)
        leader.persisted()
        leader.receive(.matching(LogIndex(2), term: Term(2)), from: 2, at(2_000))
        #expect(leader.replicate().said == ["2 heartbeat term 2 commit 2 round 1", "3 heartbeat term 2 commit 0 round 1"])
        #expect(leader.receive(.alive(Term(2), round: 0), from: 2, at(2_000)).reads.isEmpty)
        #expect(leader.receive(.alive(Term(2), round: 1), from: 2, at(2_000)).reads.count == 1)
    }

    @Test("§6.4 Answers to rounds begun before a read came do not confirm it; learners' answers never do") func rounds() {
        let leader = serving([1, 2, 3, 4, 5], learners: [6])
        leader.read(1)
        leader.replicate()
        leader.read(2)
        for peer: UInt32 in [2, 6] {
            #expect(leader.receive(.alive(Term(1), round: 1), from: peer, at(2_000)).reads.isEmpty)
        }
        #expect(leader.receive(.alive(Term(1), round: 1), from: 3, at(2_000)).reads.map(\.token) == [1])
        leader.replicate()
        // Late answers to the first round.
        #expect(leader.receive(.alive(Term(1), round: 1), from: 4, at(2_000)).reads.isEmpty)
        #expect(leader.receive(.alive(Term(1), round: 1), from: 5, at(2_000)).reads.isEmpty)
        leader.receive(.matching(LogIndex(1), term: Term(1), round: 2), from: 4, at(2_000))
        #expect(leader.receive(.alive(Term(1), round: 2), from: 5, at(2_000)).reads.map(\.token) == [2])
    }

    @Test("§6.4 Reads that wait fail when leadership is lost, and at once where there is none") func failedReads() {
        let leader = serving()
        leader.read(1)
        leader.replicate()
        leader.read(2)
        let outputs = leader.receive(.heartbeat(term: 9), from: 2, at(2_000))
        #expect(outputs.reads.map(\.token) == [1, 2] && outputs.reads.allSatisfy { !$0.isConfirmed })
        #expect(leader.read(3).reads == [Outputs.ReadOutcome(token: 3, isConfirmed: false)])
    }

    @Test("A read that waits for a voter that is removed is confirmed by those that stay") func readAndRemoval() {
        let leader = serving([1, 2])
        leader.read(1)
        leader.replicate()
        #expect(leader.does { _ = try? $0.changeConfiguration(.remove(NodeID(2)), into: &$1) }.reads.map(\.token) == [1])
    }

    @Test("Reads ride on appends, and a follower's answer does not wait for its disk") func readsRide() {
        let leader = serving()
        leader.propose("x")
        leader.read(1)
        let sent = leader.replicate()
        #expect(sent.messages.count == 2)
        let follower = Subject(2, of: [1, 2, 3], terms: [], term: 1)
        follower.receive(.append(term: 1, [Entry(following: 0, term: Term(1), index: LogIndex(1), type: .empty, payload: [])]), from: 1)
        #expect(follower.receive(sent.messages[0].message, from: 1).said == ["1 alive term 1 round 1"])
    }
}
