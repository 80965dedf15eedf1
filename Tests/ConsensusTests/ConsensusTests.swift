import Consensus
import Primitives
import Testing

@Suite struct SmokeTests {
    @Test("A cluster of three elects and commits") func commits() {
        var cluster = SimulatedCluster(voters: [1, 2, 3])
        cluster.elect(1)
        cluster.propose(1, "x")
        cluster.settle()
        cluster.advance(.milliseconds(300))
        #expect(cluster.invariants.violations == [])
        #expect(cluster.raft(1).commit == LogIndex(2))
        #expect(cluster.raft(2).commit == LogIndex(2))
        #expect(cluster.raft(3).commit == LogIndex(2))
        #expect(cluster.raft(1).isQuiescent && cluster.raft(2).isQuiescent)
    }
}
