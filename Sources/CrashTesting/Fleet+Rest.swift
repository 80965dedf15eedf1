import Directory
import Engine
package import Node
import Processes

/// What is waited for before faults begin, and after they have ended.
extension Fleet {
    /// A node that owns nothing is not missed when it is killed: the coordinator gets some time to spread the shards.
    package nonisolated func waitUntilSpread(_ cluster: Cluster) async {
        let nodes = count
        _ = await waitUntil(within: .seconds(15), every: .milliseconds(50)) {
            guard let map = try? await cluster.clusterMap(timeout: .seconds(2)) else { return false }
            return Set(map.owners.filter { $0 != 0 }).count >= min(nodes, map.owners.count)
        }
    }

    /// Waits until all nodes are up and every replica has everything. False: they are not, or it has not, after the usual patience.
    package nonisolated func waitForRest(_ cluster: Cluster) async -> Bool {
        await waitUntil(within: patience, every: .milliseconds(50)) {
            guard let status = try? await cluster.status(timeout: .seconds(2)) else { return false }
            return status.isSettled && status.members.allSatisfy { $0.status == .up || $0.status == .removed }
                && status.shards.allSatisfy { $0.behind.allSatisfy { $0.entries == 0 } }
        }
    }

    /// The files must say within seconds that everything is committed.
    package nonisolated func waitForCommits() async -> Findings {
        var findings = Findings()
        let folders = await folders
        var difference: String?
        let isEqual = await waitUntil(within: .seconds(10), every: .milliseconds(100)) {
            difference = Self.differenceOfCommits(folders)
            return difference == nil
        }
        if !isEqual { findings.add(difference ?? "the files do not agree on what is committed") }
        return findings
    }

    private static func differenceOfCommits(_ folders: [String]) -> String? {
        var commits: [UInt32: (node: Int, commit: Int64)] = [:]
        do throws(ChildError) {
            for (position, folder) in folders.enumerated() {
                for group in try JournalScan(folder: folder).groups() {
                    if let (node, commit) = commits[group.group], commit != group.commit {
                        return "\(group.shard): the file of node\(node + 1) says that \(commit) is committed, "
                            + "that of node\(position + 1) says \(group.commit)"
                    }
                    commits[group.group] = (position, group.commit)
                }
            }
            return nil
        } catch {
            return "\(error)"
        }
    }

    /// Every node must end on SIGTERM.
    package func stopAll() async -> Findings {
        var findings = Findings()
        for position in 0..<count {
            guard let (exit, time) = try? await terminate(position), exit != .code(0) else { continue }
            findings.add("node\(position + 1): \(exit.map { "\($0)" } ?? "no end") \(time) after SIGTERM at the end of the run")
        }
        return findings
    }
}
