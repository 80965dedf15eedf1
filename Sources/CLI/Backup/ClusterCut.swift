import Consensus
import Directory
import Engine
import Entities
import Node
import Primitives

/// Where every shard of a cluster stood at one moment.
///
/// Every owner is told to take no more commands and says where its shard stands; only when all have said so are they released, and each
/// says again, by a round begun then, that it has led and held still since. So there was a moment at which all shards stood at these
/// indexes: what was answered before it is in the cut, what was sent after it is not, on whatever shards that was.
struct ClusterCut {
    struct Shard: Sendable {
        var name: String
        var id: ShardID
        var group: GroupID
        var owner: NodeID
        var voters: [NodeID]
        var point: CutPoint
    }

    var cluster: UniqueID
    var shards: [Shard]
    /// The directory's log holds all these shards from here on.
    var directory: LogIndex
    var coordinator: NodeID
    var directoryMembers: [NodeID]
    /// From the first owner's hold to the last one's release.
    var heldMilliseconds: Int64

    /// A hold ends by itself after this long, should this process die.
    private static let holdMilliseconds: UInt32 = 1_000
    private static let patience = Duration.milliseconds(1_000)

    /// - Parameter pause: between one shard's hold and the next one's, for a test that wants the moment to be long.
    static func take(of cluster: Cluster, within timeout: Duration, pause: Duration = .zero) async throws -> ClusterCut {
        let clock = ContinuousClock()
        let end = clock.now + timeout
        var last = "no owner answered"
        repeat {
            do {
                return try await attempt(cluster, pause)
            } catch let failure as Failure {
                last = failure.message
            }
            try await clock.sleep(for: .milliseconds(100))
        } while clock.now < end
        throw CommandFailure(
            .unavailable, "no-cut",
            "the shards could not all be held still at one moment: \(last). Nothing was made. `holdfast cluster status` shows whether every "
                + "shard has an owner; try again when it has settled.")
    }

    private static func attempt(_ cluster: Cluster, _ pause: Duration) async throws -> ClusterCut {
        let clock = ContinuousClock()
        let status = try await cluster.status()
        var shards: [Shard] = []
        for shard in status.shards where shard.group != .directory {
            guard let owner = shard.owner else { throw Failure(.unavailable, "\(shard.shard) has no owner") }
            guard let id = ShardID(shard.shard) else { throw Failure(.unreadableReply, "“\(shard.shard)” is no shard") }
            shards.append(
                Shard(
                    name: shard.shard, id: id, group: shard.group, owner: owner, voters: shard.voters,
                    point: CutPoint(index: .zero, term: .zero, checksum: 0)))
        }
        guard !shards.isEmpty else {
            throw CommandFailure(.noSuchThing, "not-found", "the cluster has no shards yet. There is nothing to back up.")
        }
        let token = UInt64.random(in: .min ... .max)
        let begun = clock.now
        do {
            try await each(&shards, pause) { (shard) throws(Failure) in
                try await cluster.hold(shard.group, on: shard.owner, cut: token, milliseconds: holdMilliseconds, timeout: patience)
            }
            // Shards that were born meanwhile are not held.
            let directory = try await cluster.standing(of: .directory, on: status.coordinator, timeout: patience)
            let later = try await cluster.status(timeout: patience)
            guard later.shards.map(\.group) == status.shards.map(\.group) else {
                throw Failure(.unavailable, "an entity kind was registered at this moment")
            }
            let held = shards
            try await each(&shards) { (shard) throws(Failure) in
                try await cluster.release(shard.group, on: shard.owner, cut: token, timeout: patience)
            }
            guard held.map(\.point) == shards.map(\.point) else { throw Failure(.unavailable, "a shard moved on") }
            let time = clock.now - begun
            return ClusterCut(
                cluster: status.cluster, shards: shards, directory: directory.committed, coordinator: status.coordinator,
                directoryMembers: status.shards.first { $0.group == .directory }?.voters ?? [],
                heldMilliseconds: time.components.seconds * 1_000 + time.components.attoseconds / 1_000_000_000_000_000)
        } catch {
            // The others' callers need not wait for the end of their holds.
            var abandoned = shards
            try? await each(&abandoned) { (shard) throws(Failure) in
                (try? await cluster.release(shard.group, on: shard.owner, cut: token, timeout: patience)) ?? shard.point
            }
            throw error
        }
    }

    /// Asks all shards' owners at once.
    private static func each(
        _ shards: inout [Shard], _ pause: Duration = .zero, _ ask: @escaping @Sendable (Shard) async throws(Failure) -> CutPoint
    ) async throws {
        let asked = shards
        let points = try await withThrowingTaskGroup(of: (Int, CutPoint).self) { group in
            for (position, shard) in asked.enumerated() {
                group.addTask {
                    try await ContinuousClock().sleep(for: pause * position)
                    return (position, try await ask(shard))
                }
            }
            var points: [(Int, CutPoint)] = []
            for try await point in group { points.append(point) }
            return points
        }
        for (position, point) in points { shards[position].point = point }
    }
}
