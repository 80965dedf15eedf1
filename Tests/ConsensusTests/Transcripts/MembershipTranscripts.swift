import Testing

@Suite("Transcripts of membership, transfer and reads", .serialized) struct MembershipTranscripts {
    @Test("A blank node becomes a learner, catches up, and then votes") func grow() {
        Transcript.check(
            """
            cluster 1 blank 2
            quietly tick 1 0
            quietly settle
            propose 1 a b
            quietly settle
            add 1 2
            ----
            1 members {"voters":[1],"learners":[2]}
            1→2 append term 1 after 3@1 [4@1:members] commit 3 round 1

            promote 1 2
            ----
            refused: group 1 has not committed the change of members at 4

            deliver
            ----
            2 follower in term 1 of 1
            2→1 diverging at 3, try 0@0 term 1 round 1

            persist 1
            deliver
            ----
            1 commits 4
            1 loads 1...1 for 2

            answer 1
            deliver
            ----
            1→2 append term 1 after 0@0 [1@1] commit 4 round 1
            2 commits 1

            settle
            ----
            1 has on disk: commit 4
            2 has on disk: term 1 vote -
            2 has on disk: [1@1], commit 1
            2→1 matching 1 term 1 round 1
            1 loads 2...3 for 2
            1→2 append term 1 after 1@1 [2@1:a 3@1:b] commit 4 round 1 (bulk)
            2 commits 3
            2 has on disk: [2@1:a 3@1:b], commit 3
            2→1 matching 3 term 1 round 1
            1→2 append term 1 after 3@1 [4@1:members] commit 4 round 1
            2 members {"voters":[1],"learners":[2]}
            2 commits 4
            2 has on disk: [4@1:members], commit 4
            2→1 matching 4 term 1 round 1

            promote 1 2
            ----
            1 members {"voters":[1,2],"learners":[]}
            1→2 append term 1 after 4@1 [5@1:members] commit 4 round 1

            settle
            ----
            2 members {"voters":[1,2],"learners":[]}
            1 has on disk: [5@1:members]
            2 has on disk: [5@1:members]
            2→1 matching 5 term 1 round 1
            1 commits 5
            1 has on disk: commit 5
            """)
    }

    @Test("A change waits for the one before it, and the last voter stays") func oneAtATime() {
        Transcript.check(
            """
            cluster 1 2 3
            elect 1
            remove 1 3
            remove 1 2
            ----
            1 members {"voters":[1,2],"learners":[]}
            1→2 append term 1 after 1@1 [2@1:members] commit 1
            refused: group 1 has not committed the change of members at 2

            quietly settle
            remove 1 2
            quietly settle
            remove 1 1
            ----
            1 members {"voters":[1],"learners":[]}
            refused: node 1 is the last voter of group 1
            """)
    }

    @Test("A configuration takes effect when it is appended and is taken back when it is cut off") func reverted() {
        Transcript.check(
            """
            cluster 1 2 3
            elect 1
            quietly settle
            remove 1 3
            drop
            persist 1
            ----
            1 members {"voters":[1,2],"learners":[]}
            1→2 append term 1 after 1@1 [2@1:members] commit 1
            1 has on disk: [2@1:members]

            quietly crash 1
            elect 2
            quietly settle
            quietly restart 1
            tick 2 100
            settle
            ----
            2→1 heartbeat term 2 commit 0
            2→3 heartbeat term 2 commit 2
            1 follower in term 2 of 2
            1→2 alive term 2
            3 commits 2
            3→2 alive term 2
            1 has on disk: commit 1, term 2 vote -
            3 has on disk: commit 2
            2→1 append term 2 after 1@1 [] commit 2
            1→2 matching 1 term 2
            2→1 append term 2 after 1@1 [2@2] commit 2
            1 members {"voters":[1,2,3],"learners":[]}
            1 commits 2
            1 has on disk: cut from 2, [2@2], commit 2
            1→2 matching 2 term 2
            """)
    }

    @Test("A leader that removes itself leads until that is committed, and hands over") func removesItself() {
        Transcript.check(
            """
            cluster 1 2 3
            elect 1
            quietly settle
            remove 1 1
            ----
            1 members {"voters":[2,3],"learners":[]}
            1→2 append term 1 after 1@1 [2@1:members] commit 1
            1→3 append term 1 after 1@1 [2@1:members] commit 1

            deliver
            persist 1
            persist 2
            deliver
            ----
            2 members {"voters":[2,3],"learners":[]}
            2 commits 1
            3 members {"voters":[2,3],"learners":[]}
            3 commits 1
            1 has on disk: [2@1:members]
            2 has on disk: [2@1:members], commit 1
            2→1 matching 2 term 1

            persist 3
            deliver
            ----
            3 has on disk: [2@1:members], commit 1
            3→1 matching 2 term 1
            1 follower in term 1, leader unknown
            1 commits 2
            1→2 heartbeat term 1 commit 2
            1→3 heartbeat term 1 commit 2
            1→2 campaign now, term 1

            settle
            advance 200
            ----
            2 commits 2
            2→1 alive term 1
            3 commits 2
            3→1 alive term 1
            2 candidate in term 2
            1 has on disk: commit 2
            2 has on disk: commit 2
            3 has on disk: commit 2
            2 has on disk: term 2 vote 2
            2→3 vote? term 2 last 2@1 transfer
            3 follower in term 2, leader unknown
            3 has on disk: term 2 vote 2
            3→2 vote granted term 2
            2 leader in term 2
            2→3 append term 2 after 2@1 [3@2] commit 2
            2 has on disk: [3@2]
            3 follower in term 2 of 2
            3 has on disk: [3@2]
            3→2 matching 3 term 2
            2 commits 3
            2 has on disk: commit 3
            2 leader in term 2, at rest
            2→3 heartbeat term 2 commit 3 rest
            3 follower in term 2 of 2, at rest
            3 commits 3
            3 has on disk: commit 3
            """)
    }

    @Test("Leadership goes to a target that lags only when it has caught up") func transfer() {
        Transcript.check(
            """
            cluster 1 2 3
            elect 1
            propose 1 a
            transfer 1 2
            propose 1 b
            ----
            1→2 append term 1 after 1@1 [2@1:a] commit 1
            1→3 append term 1 after 1@1 [2@1:a] commit 1
            1 leader in term 1, handing over to 2
            1 transferring

            deliver 1 2
            persist 2
            deliver 2 1
            ----
            2 commits 1
            2 has on disk: [2@1:a], commit 1
            2→1 matching 2 term 1
            1→2 campaign now, term 1

            settle
            ----
            3 commits 1
            2 candidate in term 2
            1 commits 2
            2 has on disk: term 2 vote 2
            2→1 vote? term 2 last 2@1 transfer
            2→3 vote? term 2 last 2@1 transfer
            3 has on disk: [2@1:a], commit 1
            3→1 matching 2 term 1
            1 follower in term 2, leader unknown
            3 follower in term 2, leader unknown
            1 has on disk: commit 2
            3 has on disk: term 2 vote 2
            3→2 vote granted term 2
            2 leader in term 2
            2→1 append term 2 after 2@1 [3@2] commit 1
            2→3 append term 2 after 2@1 [3@2] commit 1
            1 has on disk: term 2 vote 2
            1→2 vote granted term 2
            2 has on disk: [3@2]
            1 follower in term 2 of 2
            3 follower in term 2 of 2
            1 has on disk: [3@2]
            1→2 matching 3 term 2
            3 has on disk: [3@2]
            3→2 matching 3 term 2
            2 commits 3
            2 has on disk: commit 3
            """)
    }

    @Test("A transfer to a silent target is given up after an election time-out") func transferGivenUp() {
        Transcript.check(
            """
            cluster 1 2 3
            elect 1
            quietly settle
            transfer 1 2
            transfer 1 3
            transfer 1 1
            drop
            ----
            1 leader in term 1, handing over to 2
            1→2 campaign now, term 1
            refused: group 1 is being handed over already
            refused: node 1 is not another voter of group 1

            quietly propose 1 b
            tick 1 100
            drop 1 2
            quietly settle
            ----
            1→2 heartbeat term 1 commit 1
            1→2 campaign now, term 1
            1→3 heartbeat term 1 commit 1

            tick 1 500
            propose 1 c
            ----
            1 leader in term 1, at rest
            1→2 heartbeat term 1 commit 1 rest
            1→3 heartbeat term 1 commit 1 rest
            1 leader in term 1
            1→2 append term 1 after 1@1 [2@1:c] commit 1
            1→3 append term 1 after 1@1 [2@1:c] commit 1
            """)
    }

    @Test("Reads wait for a quorum that answers after they came; they ride on appends") func reads() {
        Transcript.check(
            """
            cluster 1 2 3
            elect 1
            read 1 7
            ----
            1→2 heartbeat term 1 commit 1 round 1
            1→3 heartbeat term 1 commit 1 round 1

            settle
            ----
            2 commits 1
            2→1 alive term 1 round 1
            3 commits 1
            3→1 alive term 1 round 1
            2 has on disk: commit 1
            3 has on disk: commit 1
            1 read 7 confirmed

            read 1 8
            ----
            1→2 heartbeat term 1 commit 1 round 2
            1→3 heartbeat term 1 commit 1 round 2

            read 1 9
            ----
            1→2 heartbeat term 1 commit 1 round 3
            1→3 heartbeat term 1 commit 1 round 3

            deliver 1 2
            deliver 2 1
            ----
            2→1 alive term 1 round 2
            2→1 alive term 1 round 3
            1 read 8 confirmed
            1 read 9 confirmed

            # With an entry on board the answer does not wait for the disk.
            quietly propose 1 x
            read 1 10
            deliver 1 3
            ----
            1→2 heartbeat term 1 commit 1 round 4
            1→3 heartbeat term 1 commit 1 round 4
            3→1 alive term 1 round 2
            3→1 alive term 1 round 3
            3→1 alive term 1 round 4

            read 2 11
            ----
            2 read 11 failed

            read 1 12
            drop
            tick 1 600
            tick 1 600
            ----
            1→2 heartbeat term 1 commit 1 round 5
            1→3 heartbeat term 1 commit 1 round 5
            1→2 heartbeat term 1 commit 1 round 5
            1→3 heartbeat term 1 commit 1 round 5
            1 follower in term 1, leader unknown
            1 read 10 failed
            1 read 12 failed
            """)
    }
}
