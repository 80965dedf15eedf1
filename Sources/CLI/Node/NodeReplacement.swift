import Directory
import Engine
import Entities
import Foundation
import Node
import Primitives

/// Whether a member can be replaced, and which one it is. Looks only; changes nothing.
enum NodeReplacement {
    /// How long a node that has just been stopped may still be counted among those that answer.
    private static let patience = Duration.seconds(15)

    /// - Parameters:
    ///   - identity: what the journal says of itself, if it can be read.
    ///   - address: where the node listened, as its options say.
    static func find(
        _ identity: FileIdentity?, named name: String?, address: String?, in data: String, seeds: [String], tls: TLSFiles?
    ) async throws -> Member {
        let cluster: Cluster
        do {
            cluster = try await Cluster.connect(to: seeds, timeout: .seconds(10), tls: tls, logger: .silent)
        } catch {
            throw CommandFailure(
                .unavailable, "no-healthy-peer",
                "no healthy peer answers: \(error.message) \(data) was left as it is. Without any peer, restore a backup: "
                    + "holdfast journal restore --from BACKUP --data NEW-FOLDER")
        }
        do {
            let member = try await find(identity, named: name, address: address, in: data, cluster)
            await cluster.close()
            return member
        } catch {
            await cluster.close()
            throw error
        }
    }

    private static func find(
        _ identity: FileIdentity?, named name: String?, address: String?, in data: String, _ cluster: Cluster
    ) async throws -> Member {
        let map = try await cluster.clusterMap()
        if let own = identity?.cluster, own != map.cluster {
            throw CommandFailure(
                .refused, "other-cluster",
                "\(data) belongs to cluster \(own), and the seeds are nodes of another one, \(map.cluster). Nothing was changed.")
        }
        let member = try member(identity, named: name, address: address, in: data, map)
        try await check(member, in: data, cluster)
        return member
    }

    private static func member(
        _ identity: FileIdentity?, named name: String?, address: String?, in data: String, _ map: ClusterMap
    ) throws(CommandFailure) -> Member {
        if let name { return try map.node(name) }
        if let node = identity?.node, let found = map.members.first(where: { $0.id == node }) { return found }
        if let identity, identity.node == nil {
            throw .usage("\(data) has not joined a cluster: there is nothing to repair. Start a node on it, or on an empty folder.")
        }
        let here = map.members.filter { $0.status != .removed && $0.address.description == address ?? NodeSettings.listenByDefault }
        if here.count == 1 { return here[0] }
        throw .usage(
            "\(data) cannot say any more which node it was: give --replaces and its number; `holdfast cluster members` lists them. "
                + "Nothing was changed.")
    }

    /// Refuses what would leave a shard without a majority, or take a node out that runs.
    private static func check(_ member: Member, in data: String, _ cluster: Cluster) async throws {
        let clock = ContinuousClock()
        let end = clock.now + patience
        var status = try await status(of: cluster)
        while member.status != .removed, status.members.contains(where: { $0.node == member.id && $0.isReachable }) {
            // The node itself is asked: the others may not have missed it yet.
            let isRunning = (try? await cluster.standing(of: .directory, on: member.id, timeout: .seconds(1))) != nil
            guard !isRunning, clock.now < end else {
                throw CommandFailure(
                    .refused, "running",
                    "node \(member.id) runs at \(member.address): \(data) is a copy of a folder in use, and nothing of it is missed. Nothing "
                        + "was changed. To add a node, start one on an empty folder.")
            }
            try await clock.sleep(for: .milliseconds(200))
            status = try await self.status(of: cluster)
        }
        let reachable = Set(status.members.filter { $0.isReachable && $0.node != member.id && $0.status != .removed }.map(\.node))
        let lost = status.shards.filter { shard in
            shard.voters.contains(member.id) && shard.voters.count(where: { reachable.contains($0) }) <= shard.voters.count / 2
        }
        guard lost.isEmpty else {
            let list = lost.prefix(5).map(\.shard).joined(separator: ", ") + (lost.count > 5 ? " …" : "")
            throw CommandFailure(
                .unavailable, "no-majority",
                "without node \(member.id) no majority is left of \(list): its peers cannot agree to replace it. \(data) was left as it is. "
                    + "Start the other nodes first; if they are lost as well, make a new cluster of what is left: holdfast journal backup, "
                    + "then holdfast journal restore.")
        }
    }

    private static func status(of cluster: Cluster) async throws -> ClusterStatus {
        do {
            return try await cluster.status(timeout: .seconds(10))
        } catch {
            throw CommandFailure(
                .unavailable, "no-healthy-peer",
                "the peers answer, but have no coordinator: a majority of the directory's voters must be up. Nothing was changed. "
                    + "(\((error as Failure).message))")
        }
    }
}
