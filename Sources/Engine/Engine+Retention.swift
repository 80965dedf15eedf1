internal import Consensus
internal import Primitives
internal import Shards

/// Giving up old entries, on nodes that are told to keep only so many of them.
extension Engine {
    /// Tells the group's other members which checkpoint is durable here.
    func tellCheckpoint(of replica: Replica) {
        guard replica.writtenCheckpoint > .zero else { return }
        for peer in replica.raft.configuration.members where peer != node {
            post(.checkpointHeld(replica.group, index: replica.writtenCheckpoint), to: peer)
        }
    }

    func checkpointHeld(_ group: GroupID, by peer: NodeID, _ index: LogIndex) {
        guard let replica = replica(group) else { return }
        replica.checkpointsHeld[peer] = index
    }

    /// Trims behind a checkpoint that a majority of the voters holds (HAZARDS 10): whatever is lost with this disk, the state that the
    /// entries led to is not.
    func trim(_ replica: Replica) {
        guard let retained = settings.retainedEntries, replica.installing == nil else { return }
        let oldest = replica.raft.applied.rawValue.subtractingReportingOverflow(UInt64(max(retained, 0)))
        guard !oldest.overflow else { return }
        var held = replica.raft.configuration.voters.map { voter in
            voter == node ? replica.writtenCheckpoint : replica.checkpointsHeld[voter] ?? .zero
        }
        guard !held.isEmpty else { return }
        held.sort(by: >)
        let limit = min(held[held.count / 2], replica.writtenCheckpoint, LogIndex(oldest.partialValue))
        guard limit.next > replica.raft.firstAvailable, limit.next > replica.trimming else { return }
        replica.trimming = limit.next
        gathering.trim(replica.group, before: limit.next)
        gatheringEffects.trims.append((replica.group, limit.next))
    }

    func trimmed(_ group: GroupID, before index: LogIndex) {
        replica(group)?.raft.trimmed(before: index)
    }
}
