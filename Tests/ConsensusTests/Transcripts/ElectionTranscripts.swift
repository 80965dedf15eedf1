import Testing

@Suite("Transcripts of elections", .serialized) struct ElectionTranscripts {
    @Test("An election goes through PreVote, and every vote rests on the disk") func election() {
        Transcript.check(
            """
            cluster 1 2 3
            ----

            campaign 1
            ----
            1 preCandidate in term 0
            1→2 prevote? term 1 last 0@0
            1→3 prevote? term 1 last 0@0

            deliver
            ----
            2→1 prevote granted term 1
            3→1 prevote granted term 1

            deliver
            ----
            1 candidate in term 1

            # Its own vote has to be durable before it asks for others'.
            persist 1
            ----
            1 has on disk: term 1 vote 1
            1→2 vote? term 1 last 0@0
            1→3 vote? term 1 last 0@0

            deliver
            ----
            2 follower in term 1, leader unknown
            3 follower in term 1, leader unknown

            persist 2
            ----
            2 has on disk: term 1 vote 1
            2→1 vote granted term 1

            deliver
            ----
            1 leader in term 1
            1→2 append term 1 after 0@0 [1@1] commit 0
            1→3 append term 1 after 0@0 [1@1] commit 0

            deliver
            ----
            2 follower in term 1 of 1
            3 follower in term 1 of 1

            persist 3
            persist 1
            persist 2
            ----
            3 has on disk: term 1 vote 1
            3→1 vote granted term 1
            1 has on disk: [1@1]
            2 has on disk: [1@1]
            2→1 matching 1 term 1

            settle
            ----
            1 commits 1
            1 has on disk: commit 1
            3 has on disk: [1@1]
            3→1 matching 1 term 1

            advance 200
            ----
            1 leader in term 1, at rest
            1→2 heartbeat term 1 commit 1 rest
            1→3 heartbeat term 1 commit 1 rest
            2 follower in term 1 of 1, at rest
            2 commits 1
            3 follower in term 1 of 1, at rest
            3 commits 1
            2 has on disk: commit 1
            3 has on disk: commit 1
            """)
    }

    @Test("Both survivors are told at once that the leader is gone, and only one gets through") func hints() {
        Transcript.check(
            """
            cluster 1 2 3
            elect 1
            quietly advance 300
            crash 1
            ----

            lost 2 1
            lost 3 1
            ----
            2 follower in term 1, leader unknown
            3 follower in term 1, leader unknown

            # The worst luck: both ask in the same moment.
            tick 2 40
            tick 3 0
            ----
            2 preCandidate in term 1
            2→1 prevote? term 2 last 1@1
            2→3 prevote? term 2 last 1@1
            3 preCandidate in term 1
            3→1 prevote? term 2 last 1@1
            3→2 prevote? term 2 last 1@1

            deliver
            ----
            3→2 prevote refused term 1
            2 follower in term 1, leader unknown
            2→3 prevote granted term 2

            settle
            ----
            3 candidate in term 2
            3 has on disk: term 2 vote 3
            3→1 vote? term 2 last 1@1
            3→2 vote? term 2 last 1@1
            2 follower in term 2, leader unknown
            2 has on disk: term 2 vote 3
            2→3 vote granted term 2
            3 leader in term 2
            3→2 append term 2 after 1@1 [2@2] commit 1
            3 has on disk: [2@2]
            2 follower in term 2 of 3
            2 has on disk: [2@2]
            2→3 matching 2 term 2
            3 commits 2
            3 has on disk: commit 2
            """)
    }

    @Test("A voter that hears its leader keeps it") func stickiness() {
        Transcript.check(
            """
            cluster 1 2 3
            elect 1
            quietly advance 50
            ----

            # Node 3 alone has lost its connection.
            lost 3 1
            tick 3 40
            ----
            3 follower in term 1, leader unknown
            3 preCandidate in term 1
            3→1 prevote? term 2 last 1@1
            3→2 prevote? term 2 last 1@1

            deliver
            ----
            1→3 prevote refused term 1
            2→3 prevote refused term 1

            deliver
            ----
            3 follower in term 1, leader unknown

            state
            ----
            1 leader in term 1, log 0..1@1, durable 1, commit 1
            2 follower in term 1 of 1, log 0..1@1, durable 1, commit 0
            3 follower in term 1, leader unknown, log 0..1@1, durable 1, commit 0

            # The next heartbeat makes it follow again.
            advance 60
            ----
            1 leader in term 1, at rest
            1→2 heartbeat term 1 commit 1 rest
            1→3 heartbeat term 1 commit 1 rest
            2 follower in term 1 of 1, at rest
            2 commits 1
            3 follower in term 1 of 1, at rest
            3 commits 1
            2 has on disk: commit 1
            3 has on disk: commit 1
            """)
    }

    @Test("A candidate whose disk is slow is not overtaken in its term") func slowDisk() {
        Transcript.check(
            """
            cluster 1 2 3
            elect 1
            quietly advance 300
            quietly crash 1
            lost 2 1
            tick 2 40
            ----
            2 follower in term 1, leader unknown
            2 preCandidate in term 1
            2→1 prevote? term 2 last 1@1
            2→3 prevote? term 2 last 1@1

            lost 3 1
            deliver 2 3
            deliver 3 2
            ----
            3 follower in term 1, leader unknown
            3→2 prevote granted term 2
            2 candidate in term 2

            # Node 3 has waited for node 2, and now asks itself.
            tick 3 160
            deliver 3 2
            deliver 2 3
            ----
            3 preCandidate in term 1
            3→1 prevote? term 2 last 1@1
            3→2 prevote? term 2 last 1@1
            2→3 prevote refused term 2
            3 follower in term 2, leader unknown

            persist 2
            settle
            ----
            2 has on disk: term 2 vote 2
            2→1 vote? term 2 last 1@1
            2→3 vote? term 2 last 1@1
            3 has on disk: term 2 vote -
            3 has on disk: term 2 vote 2
            3→2 vote granted term 2
            2 leader in term 2
            2→3 append term 2 after 1@1 [2@2] commit 1
            2 has on disk: [2@2]
            3 follower in term 2 of 2
            3 has on disk: [2@2]
            3→2 matching 2 term 2
            2 commits 2
            2 has on disk: commit 2
            """)
    }

    @Test("Two that ask in turn do not split the vote") func turns() {
        Transcript.check(
            """
            cluster 1 2 3
            elect 1
            quietly advance 300
            quietly crash 1
            lost 2 1
            lost 3 1
            ----
            2 follower in term 1, leader unknown
            3 follower in term 1, leader unknown

            # Node 3 yields for a while, but the answer takes longer.
            tick 2 40
            deliver 2 3
            ----
            2 preCandidate in term 1
            2→1 prevote? term 2 last 1@1
            2→3 prevote? term 2 last 1@1
            3→2 prevote granted term 2

            tick 3 160
            deliver 3 2
            ----
            3 preCandidate in term 1
            3→1 prevote? term 2 last 1@1
            3→2 prevote? term 2 last 1@1
            2 candidate in term 2
            2→3 prevote refused term 2

            deliver 2 3
            deliver 3 2
            persist 2
            persist 3
            settle
            ----
            3 follower in term 2, leader unknown
            2 has on disk: term 2 vote 2
            2→1 vote? term 2 last 1@1
            2→3 vote? term 2 last 1@1
            3 has on disk: term 2 vote -
            3 has on disk: term 2 vote 2
            3→2 vote granted term 2
            2 leader in term 2
            2→3 append term 2 after 1@1 [2@2] commit 1
            2 has on disk: [2@2]
            3 follower in term 2 of 2
            3 has on disk: [2@2]
            3→2 matching 2 term 2
            2 commits 2
            2 has on disk: commit 2

            advance 200
            ----
            2 leader in term 2, at rest
            2→3 heartbeat term 2 commit 2 rest
            3 follower in term 2 of 2, at rest
            3 commits 2
            3 has on disk: commit 2
            """)
    }

    @Test("A leader that hears no quorum for a whole period steps down, and its log is cut later") func checkQuorum() {
        Transcript.check(
            """
            cluster 1 2 3
            elect 1
            propose 1 lost
            drop
            persist 1
            ----
            1→2 append term 1 after 1@1 [2@1:lost] commit 1
            1→3 append term 1 after 1@1 [2@1:lost] commit 1
            1 has on disk: [2@1:lost]

            tick 1 600
            drop
            ----
            1→2 heartbeat term 1 commit 1
            1→3 heartbeat term 1 commit 1

            tick 1 600
            ----
            1 follower in term 1, leader unknown

            elect 2
            quietly settle
            state
            ----
            1 follower in term 2 of 2, log 0..2@2, durable 2, commit 1
            2 leader in term 2, log 0..2@2, durable 2, commit 2
            3 follower in term 2 of 2, log 0..2@2, durable 2, commit 0
            """)
    }

    @Test("A sole voter leads when its vote is durable, not before") func alone() {
        Transcript.check(
            """
            cluster 1
            tick 1 0
            ----
            1 candidate in term 1

            persist 1
            ----
            1 has on disk: term 1 vote 1
            1 leader in term 1

            propose 1 a b
            persist 1
            ----
            1 has on disk: [1@1]
            1 commits 1

            persist 1
            ----
            1 commits 3

            tick 1 100
            ----
            1 leader in term 1, at rest
            """)
    }

    @Test("A leader that comes back within the time-out is elected again: stickiness does not protect it from itself")
    func returningLeader() {
        Transcript.check(
            """
            cluster 1 2 3
            elect 1
            quietly advance 50
            quietly restart 1
            campaign 1
            deliver
            ----
            1 preCandidate in term 1
            1→2 prevote? term 2 last 1@1
            1→3 prevote? term 2 last 1@1
            2→1 prevote granted term 2
            3→1 prevote granted term 2
            """)
    }
}
