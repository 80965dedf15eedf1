import Consensus
import Primitives
import Testing

/// Hazard 32: a group at rest costs nothing, and everything wakes it.
@Suite("Rest") struct QuiescenceTests {
    private func resting(_ voters: [UInt32] = [1, 2, 3]) -> Subject {
        let leader = Subject(1, of: voters)
        leader.lead()
        leader.settle(with: Array(voters.dropFirst()))
        leader.tick(at(2_100))
        precondition(leader.isQuiescent)
        return leader
    }

    private func restingFollower() -> Subject {
        let follower = Subject(2, of: [1, 2, 3], terms: [1], term: 1)
        follower.receive(.heartbeat(term: 1, commit: 1, rest: true), from: 1)
        precondition(follower.isQuiescent)
        return follower
    }

    @Test("With all replicated and committed, the next heartbeat is the last, and both sides' timers stop") func rests() {
        let leader = Subject(1, of: [1, 2, 3])
        leader.lead()
        leader.settle(with: [2, 3])
        #expect(leader.deadline == at(2_100))
        #expect(leader.tick(at(2_100)).said == ["2 heartbeat term 1 commit 1 rest", "3 heartbeat term 1 commit 1 rest"])
        #expect(leader.deadline == .distantFuture && leader.windowBytes == 0)
        let follower = restingFollower()
        #expect(follower.deadline == .distantFuture)
    }

    @Test("No rest while anything is pending") func noRest() {
        func rests(_ body: (Subject) -> Void) -> Bool {
            let leader = Subject(1, of: [1, 2, 3])
            leader.lead()
            leader.settle(with: [2, 3])
            body(leader)
            leader.tick(at(2_100))
            return leader.isQuiescent
        }
        #expect(rests { _ in })
        #expect(!rests { $0.propose("x") })
        #expect(!rests { $0.read(1) })
        #expect(!rests { $0.change(.addLearner(NodeID(4))) })
        #expect(!rests { $0.does { try? $0.transferLeadership(to: NodeID(2), now: at(2_000), into: &$1) } })
        #expect(
            !rests {
                $0.propose("x")
                $0.settle(with: [2])
            })
        // Whose process is gone is not waited for, as long as a majority is there.
        #expect(rests { $0.lost(3, at(2_000)) })
        #expect(
            !rests {
                $0.lost(2, at(2_000))
                $0.lost(3, at(2_000))
            })
    }

    @Test("A follower that does not have all of it does not rest") func refuses() {
        let follower = Subject(2, of: [1, 2, 3], terms: [1, 1], term: 1)
        #expect(follower.receive(.heartbeat(term: 1, commit: 1, rest: true), from: 1).said == ["1 alive term 1"])
        #expect(!follower.isQuiescent)
        follower.receive(.append(term: 1, after: 2, of: 1, Array(log([1, 1, 1])[2...])), from: 1)
        follower.receive(.heartbeat(term: 1, commit: 3, rest: true), from: 1)
        #expect(!follower.isQuiescent)
    }

    @Test("Proposals, reads and changes wake the leader; its timers run from the flush on") func leaderWakes() {
        for wake: (Subject) -> Void in [{ $0.propose("x") }, { $0.read(1) }, { $0.change(.addLearner(NodeID(4))) }] {
            let leader = resting()
            wake(leader)
            #expect(!leader.isQuiescent && leader.deadline < at(9_000))
            let sent = leader.replicate(at(9_000))
            #expect(sent.messages.count >= 2)
            #expect(leader.deadline == at(9_100))
            // A whole period to hear the quorum.
            leader.tick(at(9_599))
            #expect(leader.role == .leader)
            leader.tick(at(9_600))
            #expect(leader.role == .follower)
        }
    }

    @Test("If the flush is forgotten, the tick arms the timers") func tickArms() {
        let leader = resting()
        leader.propose("x")
        leader.tick(at(9_000))
        #expect(leader.role == .leader && leader.deadline > at(9_000))
    }

    @Test("News of a peer, and a candidate, wake the leader; late answers do not") func otherWakes() {
        for wake: (Subject) -> Void in [
            { $0.lost(2, at(9_000)) }, { $0.reached(2, at(9_000)) },
            { $0.receive(.vote(term: 2, pre: true), from: 3, at(9_000)) },
        ] {
            let leader = resting()
            wake(leader)
            #expect(!leader.isQuiescent)
            leader.tick(at(9_000))
            #expect(leader.role == .leader && leader.deadline > at(9_000))
        }
        let leader = resting()
        leader.receive(.alive(Term(1)), from: 2, at(9_000))
        leader.receive(.matching(LogIndex(1), term: Term(1)), from: 2, at(9_000))
        leader.receive(.vote(term: 2, pre: true), from: 7, at(9_000))
        leader.lost(7, at(9_000))
        leader.reached(7, at(9_000))
        leader.raft.resumed(now: at(9_000))
        #expect(leader.isQuiescent)
    }

    @Test("A peer that comes back to a resting group is brought up to date") func comesBack() {
        let leader = Subject(1, of: [1, 2, 3])
        leader.lead()
        leader.settle(with: [2, 3])
        leader.lost(3, at(2_000))
        leader.propose("x")
        leader.settle(with: [2])
        leader.tick(at(2_100))
        #expect(leader.isQuiescent)
        let outputs = leader.reached(3, at(9_000))
        #expect(!leader.isQuiescent && outputs.loads == [Outputs.EntryLoad(peer: NodeID(3), from: LogIndex(2), through: LogIndex(2))])
    }

    @Test("Its leader's process gone: a resting follower campaigns after a short delay") func followerHinted() {
        let follower = restingFollower()
        follower.lost(3, at(9_000))
        #expect(follower.isQuiescent)
        follower.lost(1, at(9_000))
        #expect(!follower.isQuiescent && follower.deadline >= at(9_000) && follower.deadline < at(9_040))
    }

    @Test("Every message of the group wakes a resting follower, and it then waits a whole time-out") func followerWakes() {
        for wake: (Subject) -> Void in [
            { $0.receive(.heartbeat(term: 1, commit: 1), from: 1, at(9_000)) },
            { $0.receive(.vote(term: 2, pre: true), from: 3, at(9_000)) },
            { $0.reached(1, at(9_000)) }, { $0.reached(3, at(9_000)) },
        ] {
            let follower = restingFollower()
            wake(follower)
            #expect(!follower.isQuiescent && follower.deadline >= at(9_600))
            // Its leader is kept meanwhile.
            #expect(follower.receive(.vote(term: 2, last: 9, of: 9, pre: true), from: 3, at(9_001)).said == ["3 prevote refused term 1"])
        }
    }

    @Test("A group of one rests, too") func alone() {
        let leader = resting([1])
        #expect(leader.deadline == .distantFuture)
        leader.propose("x")
        #expect(leader.persisted(at(9_000)).committed == LogIndex(2))
    }
}
