import Directory
import Engine
import JSON
import Node
import Primitives
import Testing

@testable import CLI

@Suite struct ClusterOverviewTests {
    private func report(_ shards: String) throws -> ClusterOverview {
        let json = """
            {"cluster": "00000000-0000-0000-0000-000000000001", "coordinator": 1, "members": [
              {"node": 1, "name": "node-1", "address": "127.0.0.1:7400", "status": "up", "isReachable": true, "owned": 1, "replicas": 1},
              {"node": 2, "name": "node-2", "address": "127.0.0.1:7401", "status": "up", "isReachable": false, "owned": 0, "replicas": 1}
            ], "shards": \(shards)}
            """
        return ClusterOverview(try JSON.decode(ClusterStatus.self, from: Array(json.utf8)))
    }

    @Test func `a shard on its way shows what is made and what is to go`() throws {
        let report = try report(
            """
            [{"shard": "directory", "group": 0, "owner": 1, "term": 1, "voters": [1], "learners": [2], "wanted": [1], "copies": 1, "commit": 5, "behind": []},
             {"shard": "counter/0", "group": 1, "owner": 1, "term": 3, "voters": [1, 2], "learners": [3], "wanted": [1, 3], "copies": 2, "commit": 9,
              "behind": [{"node": 2, "entries": 0}, {"node": 3, "entries": 12}, {"node": 10, "entries": 1}]},
             {"shard": "counter/1", "group": 2, "voters": [1], "learners": [], "wanted": [1], "copies": 2, "behind": []}]
            """)
        #expect(
            report.shardTable.lines == [
                "SHARD      OWNER  REPLICAS  COMMIT  TERM  BEHIND",
                "directory      1  1 (2)          5     1",
                "counter/0      1  1 -2 +3        9     3  node 3 by 12, node 10 by 1",
                "counter/1   none  1              ?     ?",
            ])
        #expect(report.summary.contains("shards       2, 1 with an owner"))
        #expect(!report.settled)
    }

    @Test func `a member that is not heard is silent`() throws {
        #expect(
            try report("[]").memberTable.lines == [
                "NODE  NAME    ADDRESS         STATUS      OWNS  REPLICAS",
                "   1  node-1  127.0.0.1:7400  up             1         1",
                "   2  node-2  127.0.0.1:7401  up, silent     0         1",
            ])
    }
}
