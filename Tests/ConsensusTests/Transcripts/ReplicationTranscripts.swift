import Testing

@Suite("Transcripts of replication", .serialized) struct ReplicationTranscripts {
    @Test("Appends are pipelined, and an acknowledgement never goes beyond what is durable") func pipeline() {
        Transcript.check(
            """
            cluster 1 2 3
            elect 1
            propose 1 a b
            ----
            1→2 append term 1 after 1@1 [2@1:a 3@1:b] commit 1
            1→3 append term 1 after 1@1 [2@1:a 3@1:b] commit 1

            propose 1 c
            ----
            1→2 append term 1 after 3@1 [4@1:c] commit 1
            1→3 append term 1 after 3@1 [4@1:c] commit 1

            deliver 1 2
            ----
            2 commits 1

            persist 2
            ----
            2 has on disk: [2@1:a 3@1:b], commit 1
            2→1 matching 3 term 1

            persist 2
            ----
            2 has on disk: [4@1:c]
            2→1 matching 4 term 1

            # Two of three hold it, though not the leader: that is enough.
            deliver 1 3
            persist 3
            deliver 2 1
            deliver 3 1
            ----
            3 commits 1
            3 has on disk: [2@1:a 3@1:b], commit 1
            3→1 matching 3 term 1
            1 commits 3

            persist 3
            deliver 3 1
            ----
            3 has on disk: [4@1:c]
            3→1 matching 4 term 1
            1 commits 4

            persist 1
            ----
            1 has on disk: [2@1:a]
            """)
    }

    @Test("A lost append shows as a gap, and the leader probes back") func gap() {
        Transcript.check(
            """
            cluster 1 2
            elect 1
            propose 1 a
            drop 1 2
            propose 1 b
            ----
            1→2 append term 1 after 1@1 [2@1:a] commit 1
            1→2 append term 1 after 2@1 [3@1:b] commit 1

            deliver
            ----
            2→1 diverging at 2, try 1@1 term 1

            deliver
            ----
            1→2 append term 1 after 1@1 [2@1:a 3@1:b] commit 1

            settle
            ----
            2 commits 1
            1 has on disk: [2@1:a]
            2 has on disk: [2@1:a 3@1:b], commit 1
            2→1 matching 3 term 1
            1 commits 2
            1 commits 3
            1 has on disk: commit 2, commit 3
            """)
    }

    @Test("With all of it lost, the next heartbeat's answer makes the leader ask") func lostTail() {
        Transcript.check(
            """
            cluster 1 2
            elect 1
            propose 1 a
            drop 1 2
            persist 1
            ----
            1→2 append term 1 after 1@1 [2@1:a] commit 1
            1 has on disk: [2@1:a]

            tick 1 100
            deliver
            ----
            1→2 heartbeat term 1 commit 1
            2 commits 1
            2→1 alive term 1

            deliver
            ----
            1→2 append term 1 after 2@1 [] commit 1

            deliver
            deliver
            ----
            2→1 diverging at 2, try 1@1 term 1
            1→2 append term 1 after 1@1 [2@1:a] commit 1

            settle
            ----
            2 has on disk: commit 1
            2 has on disk: [2@1:a]
            2→1 matching 2 term 1
            1 commits 2
            1 has on disk: commit 2
            """)
    }

    @Test("Doubled and late appends change nothing, and are acknowledged at once") func doubled() {
        Transcript.check(
            """
            cluster 1 2
            elect 1
            propose 1 a b
            double 1 2
            ----
            1→2 append term 1 after 1@1 [2@1:a 3@1:b] commit 1
            2 commits 1

            persist 2
            ----
            2 has on disk: [2@1:a 3@1:b], commit 1
            2→1 matching 3 term 1

            # The copy comes after the entries are durable.
            deliver 1 2
            ----
            2→1 matching 3 term 1

            settle
            ----
            1 has on disk: [2@1:a]
            1 commits 2
            1 commits 3
            1 has on disk: commit 3
            """)
    }

    @Test("A copy that comes before the disk is done promises nothing new") func doubledEarly() {
        Transcript.check(
            """
            cluster 1 2
            elect 1
            propose 1 a b
            double 1 2
            deliver 1 2
            ----
            1→2 append term 1 after 1@1 [2@1:a 3@1:b] commit 1
            2 commits 1
            2→1 matching 1 term 1
            """)
    }

    @Test("A divergent tail is cut, in one transaction with what replaces it") func divergent() {
        Transcript.check(
            """
            cluster 1 2 3
            elect 1
            quietly propose 1 a b c
            quietly drop
            quietly persist 1
            quietly persist 1
            quietly crash 1
            ----

            # Term 2 goes on without node 1.
            elect 2
            propose 2 x y
            quietly settle
            quietly restart 1
            state
            ----
            2→3 append term 2 after 2@2 [3@2:x 4@2:y] commit 2
            1 follower in term 1, leader unknown, log 1..4@1, durable 4, commit 1
            2 leader in term 2, log 1..4@2, durable 4, commit 4
            3 follower in term 2 of 2, log 1..4@2, durable 4, commit 2

            # Node 1 has more entries than the new leader, of an older term.
            propose 2 z
            tick 2 100
            deliver 2 1
            deliver 1 2
            ----
            2→3 append term 2 after 4@2 [5@2:z] commit 4
            2→1 heartbeat term 2 commit 0
            2→3 heartbeat term 2 commit 4
            1 follower in term 2 of 2
            1→2 alive term 2
            2→1 append term 2 after 1@1 [] commit 4

            settle
            state
            ----
            3 commits 4
            3→2 alive term 2
            1 has on disk: commit 1, term 2 vote -
            1→2 matching 1 term 2
            2 has on disk: [5@2:z]
            3 has on disk: [5@2:z], commit 4
            3→2 matching 5 term 2
            2→3 append term 2 after 5@2 [] commit 4
            2→1 append term 2 after 1@1 [2@2 3@2:x 4@2:y 5@2:z] commit 4
            2 commits 5
            2 has on disk: commit 5
            3→2 matching 5 term 2
            1 commits 4
            1 has on disk: cut from 2, [2@2 3@2:x 4@2:y 5@2:z], commit 4
            1→2 matching 5 term 2
            1 follower in term 2 of 2, log 1..5@2, durable 5, commit 4
            2 leader in term 2, log 2..5@2, durable 5, commit 5
            3 follower in term 2 of 2, log 2..5@2, durable 5, commit 4
            """)
    }

    @Test("What is not in memory comes from the journal: a probe first, then in bulk") func loads() {
        Transcript.check(
            """
            cluster 1 2 3
            elect 1
            quietly crash 3
            quietly lost 1 3
            propose 1 one two three four five six seven eight nine ten
            quietly settle
            quietly advance 200
            state
            ----
            1→2 append term 1 after 1@1 [2@1:one 3@1:two 4@1:three 5@1:four] commit 1
            1→2 append term 1 after 5@1 [6@1:five 7@1:six 8@1:seven 9@1:eight] commit 1
            1→2 append term 1 after 9@1 [10@1:nine 11@1:ten] commit 1
            1 leader in term 1, at rest, log 11..11@1, durable 11, commit 11
            2 follower in term 1 of 1, at rest, log 11..11@1, durable 11, commit 11
            3 is down

            quietly restart 3
            reached 1 3
            ----
            1 leader in term 1
            1 loads 2...2 for 3
            1→3 heartbeat term 1 commit 1

            answer 1
            deliver
            ----
            1→3 append term 1 after 1@1 [2@1:one] commit 11
            3 follower in term 1 of 1
            3 commits 1
            3→1 alive term 1
            3 commits 2

            persist 3
            deliver
            ----
            3 has on disk: commit 1
            1 loads 2...2 for 3

            propose 1 eleven
            ----
            1→2 append term 1 after 11@1 [12@1:eleven] commit 11

            answer 1
            ----
            1→3 append term 1 after 1@1 [2@1:one] commit 11

            settle
            ----
            2 follower in term 1 of 1
            3→1 matching 1 term 1
            1 has on disk: [12@1:eleven]
            2 has on disk: [12@1:eleven]
            2→1 matching 12 term 1
            3 has on disk: [2@1:one], commit 2
            3→1 matching 2 term 1
            1 loads 2...5 for 3
            1 commits 12
            1 has on disk: commit 12
            1→3 append term 1 after 2@1 [3@1:two 4@1:three 5@1:four 6@1:five] commit 12 (bulk)
            3 commits 6
            1→3 append term 1 after 6@1 [7@1:six 8@1:seven 9@1:eight 10@1:nine] commit 12 (bulk)
            3 has on disk: [3@1:two 4@1:three 5@1:four 6@1:five], commit 6
            3→1 matching 6 term 1
            3 commits 10
            1→3 append term 1 after 10@1 [11@1:ten] commit 12 (bulk)
            3 has on disk: [7@1:six 8@1:seven 9@1:eight 10@1:nine], commit 10
            3→1 matching 10 term 1
            3 commits 11
            3 has on disk: [11@1:ten], commit 11
            3→1 matching 11 term 1
            1→3 append term 1 after 11@1 [12@1:eleven] commit 12
            3 commits 12
            3 has on disk: [12@1:eleven], commit 12
            3→1 matching 12 term 1
            """)
    }

    @Test("A load that fails is asked for again after a heartbeat") func failedLoad() {
        Transcript.check(
            """
            cluster 1 2 3
            elect 1
            quietly crash 3
            quietly lost 1 3
            quietly propose 1 one two three four
            quietly settle
            quietly advance 200
            quietly restart 3
            reached 1 3
            fail 1
            ----
            1 leader in term 1
            1 loads 2...2 for 3
            1→3 heartbeat term 1 commit 1

            deliver
            deliver
            ----
            3 follower in term 1 of 1
            3 commits 1
            3→1 alive term 1
            1 loads 2...2 for 3

            answer 1
            settle
            ----
            1→3 append term 1 after 1@1 [2@1:one] commit 5
            3 commits 2
            3 has on disk: commit 1
            3 has on disk: [2@1:one], commit 2
            3→1 matching 2 term 1
            1 loads 3...5 for 3
            1→3 append term 1 after 2@1 [3@1:two 4@1:three 5@1:four] commit 5 (bulk)
            3 commits 5
            3 has on disk: [3@1:two 4@1:three 5@1:four], commit 5
            3→1 matching 5 term 1
            """)
    }

    @Test("Behind trimmed history a checkpoint goes first") func snapshot() {
        Transcript.check(
            """
            cluster 1 2 3
            elect 1
            quietly crash 3
            quietly lost 1 3
            propose 1 one two three four five
            quietly settle
            quietly advance 200
            checkpoint 1
            ----
            1→2 append term 1 after 1@1 [2@1:one 3@1:two 4@1:three 5@1:four] commit 1
            1→2 append term 1 after 5@1 [6@1:five] commit 1

            quietly restart 3
            reached 1 3
            ----
            1 leader in term 1
            1 wants a checkpoint for 3
            1→3 heartbeat term 1 commit 1

            answer 1
            ----
            1→3 checkpoint 6@1 term 1 (bulk)

            deliver 1 3
            ----
            3 follower in term 1 of 1
            3 commits 1
            3→1 alive term 1
            3 commits 6

            persist 3
            ----
            3 has on disk: commit 1

            deliver 3 1
            ----

            propose 1 more
            settle
            state
            ----
            1→2 append term 1 after 6@1 [7@1:more] commit 6
            2 follower in term 1 of 1
            1 has on disk: [7@1:more]
            2 has on disk: [7@1:more]
            2→1 matching 7 term 1
            3 has on disk: checkpoint 6@1
            3→1 matching 6 term 1
            1 commits 7
            1→3 append term 1 after 6@1 [7@1:more] commit 7
            1 has on disk: commit 7
            3 commits 7
            3 has on disk: [7@1:more], commit 7
            3→1 matching 7 term 1
            1 leader in term 1, log 6..7@1, durable 7, commit 7
            2 follower in term 1 of 1, log 6..7@1, durable 7, commit 6
            3 follower in term 1 of 1, log 6..7@1, durable 7, commit 7
            """)
    }
}
