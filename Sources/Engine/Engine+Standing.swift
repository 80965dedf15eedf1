internal import Consensus
internal import Primitives

extension Engine {
    /// How things stand now. Cheap enough for every few seconds: a walk over the groups.
    public var standing: EngineStanding {
        var standing = EngineStanding(tally: tally)
        standing.tally.kinds = tallies.keys.sorted().map { tallies[$0]!.counts }
        standing.replicas = replicas.count
        standing.pending = pendingCount
        standing.forwarding = forwarded.count
        standing.peersConnected = peers.values.count { $0.isConnected }
        standing.isDiskImpaired = disk.isImpaired
        var lag: [NodeID: (total: UInt64, largest: UInt64)] = [:]
        for replica in replicas {
            standing.uncommitted += replica.waiters.count
            standing.loading += replica.parked.values.reduce(0) { $0 + $1.count }
            standing.ownerless += replica.queue.count
            guard replica.raft.role == .leader else { continue }
            standing.led += 1
            for peer in replica.raft.progress {
                let behind = UInt64(max(0, replica.raft.lastIndex - peer.matching))
                let known = lag[peer.node] ?? (0, 0)
                lag[peer.node] = (known.total &+ behind, max(known.largest, behind))
            }
        }
        standing.lag = lag.keys.sorted().map {
            EngineStanding.PeerLag(node: $0, total: lag[$0]!.total, largest: lag[$0]!.largest)
        }
        return standing
    }

    func tally(of kind: String) -> KindTally {
        if let tally = tallies[kind] { return tally }
        let tally = KindTally(kind: kind)
        tallies[kind] = tally
        return tally
    }
}
