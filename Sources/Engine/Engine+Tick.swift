internal import DequeModule
internal import Consensus
internal import Primitives

/// What time brings: elections, heartbeats, pulses, time-outs, checkpoints, plans.
extension Engine {
    /// To be called every `EngineSettings.tickInterval`, within a turn.
    public func tick() {
        let gap = now - lastTick
        lastTick = now
        if gap > settings.pauseLimit {
            // The first gap is the time that recovery took.
            if hasTicked { notice("the process was paused for \(gap.milliseconds) ms") }
            resume()
        }
        hasTicked = true
        for replica in replicas where replica.raft.deadline <= now {
            step(replica) { raft, outputs in raft.tick(now: now, into: &outputs) }
        }
        suspectSilentPeers()
        watchDisk()
        pulse()
        expireHolds()
        expireRequests()
        expireSendings()
        beginCheckpoints()
        if settings.retainedEntries != nil { for replica in replicas { trim(replica) } }
        report()
        coordinate()
        announce()
        if isFollowDue { directoryChanged() }
    }

    /// This process was not running for a while, or was busy with its recovery: what it believes of leaders, of peers and of its disk
    /// is old (HAZARDS 26).
    private func resume() {
        for replica in replicas { replica.raft.resumed(now: now) }
        for peer in peerOrder where peers[peer]!.isConnected { peers[peer]!.lastHeard = now }
        if disk.writingSince != nil { disk.writingSince = now }
        // A coordinator that slept has heard nobody, which says nothing of them.
        if coordinator.since != nil { coordinator.since = now }
    }

    /// Quiescent groups rely on the pulse of their leader's process.
    private func suspectSilentPeers() {
        for peer in peerOrder {
            guard let link = peers[peer], link.isConnected, !link.isSuspected, let heard = link.lastHeard,
                now - heard > settings.peerTimeout
            else { continue }
            peers[peer]!.isSuspected = true
            peers[peer]!.heardSince = nil
            notice("hears nothing from a connected node", node: peer)
            for replica in replicas {
                step(replica) { raft, outputs in raft.peerLost(peer, now: now, into: &outputs) }
            }
        }
    }

    private func pulse() {
        for peer in peerOrder where peers[peer]!.isConnected {
            guard now - peers[peer]!.lastSent >= settings.pulseInterval, peers[peer]!.main.count == 0 else { continue }
            post(.pulse(isImpaired: disk.isImpaired), to: peer)
        }
    }

    /// No caller waits for ever: a request that found no leader was not executed, an entry that did not commit may yet.
    private func expireRequests() {
        let oldest = now - settings.requestTimeout
        for replica in replicas {
            while let waiter = replica.waiters.first, waiter.arrived < oldest {
                replica.waiters.removeFirst()
                respond(to: waiter.origin, .failed(.uncommitted))
            }
            expire(&replica.queue, oldest)
            for position in replica.rounds.indices {
                replica.rounds[position].answers.removeAll { expired($0, oldest) }
            }
            if !replica.confirmed.isEmpty { replica.confirmed.removeAll { expired($0, oldest) } }
        }
        for id in forwarded.keys.sorted() where forwarded[id]!.sent < oldest {
            let item = forwarded.removeValue(forKey: id)!
            respond(to: item.origin, .failed(item.isCommand ? .lostForwarded : .unconfirmed))
        }
    }

    private func expire(_ queue: inout [Pending], _ oldest: Instant) {
        guard !queue.isEmpty else { return }
        queue.removeAll { pending in
            guard pending.arrived < oldest else { return false }
            respond(to: pending.origin, .failed(.noOwner))
            return true
        }
    }

    private func expired(_ answer: HeldAnswer, _ oldest: Instant) -> Bool {
        guard answer.arrived < oldest else { return false }
        respond(to: answer.origin, .failed(.unconfirmed))
        return true
    }
}

private func - (left: Instant, right: Span) -> Instant { left + Span(nanoseconds: -right.nanoseconds) }
