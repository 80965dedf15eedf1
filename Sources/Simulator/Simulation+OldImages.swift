internal import Consensus
internal import Engine
internal import Primitives

/// An old copy of a disk comes back (HAZARDS 21): a copy is taken, the node goes on, and at a moment at which much rests on what it has
/// acknowledged since, the copy is put in its disk's place.
extension Simulation {
    /// Takes the copy. The node starts once more after it: only then can its peers know the copy from the disk.
    func copyDisk(of host: SimulatedHost) {
        guard isChaos, host.isRunning, !host.isPaused, maySpoil(host), host.disk.identity.node != nil else { return }
        host.image = host.disk
        crash(host, isNoticed: true, because: "its disk is copied")
        post(.restart(host: host.number), after: span(1, 60))
        post(.plot(host: host.number), after: span(250, 900))
    }

    /// For a while, what one of the node's groups commits is on its leader, on this node, and on as few others as can be. Then the disk
    /// is set back, and those who know what it held are out of reach.
    func plotOldImage(_ host: SimulatedHost) {
        guard isChaos, host.isRunning, maySpoil(host), let node = host.node else { return }
        var away: [Int] = []
        for leader in hosts where leader !== host && leader.isRunning {
            guard let slot = leader.seen.indices.dropFirst().first(where: { slot in
                leader.seen[slot].role == .leader && leader.seen[slot].voters.contains(node) && leader.seen[slot].voters.count > 2
            }) else { continue }
            let voters = leader.seen[slot].voters
            let others = voters.filter { $0 != node && $0 != leader.node }
            let witnesses = others.prefix(voters.count / 2 + 1 - 2)
            away = [leader.number] + witnesses.compactMap { hostOfNode[$0] }
            let left = others.dropFirst(witnesses.count).compactMap { hostOfNode[$0] }
            cut(left.flatMap { both(leader, hosts[$0]) }, for: .milliseconds(500))
            break
        }
        post(.setBack(host: host.number, away: away), after: span(100, 450))
    }

    func setBack(_ host: SimulatedHost, _ away: [Int]) {
        guard isChaos, host.isRunning, maySpoil(host), let image = host.image,
            image.identity.starts.count < host.disk.identity.starts.count,
            hosts.contains(where: { !$0.isGone && $0.hasMet(host, after: image) })
        else { return }
        spoil(host)
        crash(host, isNoticed: chance(1, of: 2), because: "its disk is set back")
        let newest = host.disk.identity.starts
        host.disk = image
        // It may have been started before, where it met nobody: its starts then count as many as the disk's, or more.
        for _ in 0..<Int.random(in: 0...3, using: &generator) { host.disk.identity.starts.begin(UniqueID(using: &generator)) }
        if broken.contains(.acceptOldImage) { host.disk.identity.starts = newest }
        tally.note(.oldImage)
        tally.note(hazard: 21)
        for number in away {
            for other in hosts where !away.contains(other.number) { cut(both(hosts[number], other), for: span(1_500, 2_500)) }
        }
        // Those that it will meet may have no memory of the disk's last process but what they wrote down.
        for other in hosts where other !== host && !away.contains(other.number) && other.isRunning && !other.isPaused && chance(1, of: 3) {
            crash(other, isNoticed: true, because: "its machine starts anew")
            post(.restart(host: other.number), after: span(5, 100))
        }
        post(.restart(host: host.number), after: span(5, 200))
    }

    /// Whether a node would take an old copy for the node, and cannot do better: nobody has told it of a later start. What two such nodes
    /// agree on no journal can tell from what they might agree on by right, so a run does not let them meet.
    func isBeyondKnowing(_ copy: SimulatedHost, _ other: SimulatedHost) -> Bool {
        guard copy.isSpoiled, let image = copy.image else { return false }
        return refusal(of: copy, by: other) == nil && !other.hasMet(copy, after: image)
    }
}

extension SimulatedHost {
    /// Whether its disk tells of a process of `host` that came after a copy of that one's disk was taken.
    fileprivate func hasMet(_ host: SimulatedHost, after image: SimulatedDisk) -> Bool {
        guard let node = host.node, let known = disk.peers[node] else { return false }
        return known.start > image.identity.starts.count
    }
}
