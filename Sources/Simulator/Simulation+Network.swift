internal import Directory
internal import Engine
internal import Primitives

/// Frames on their way, and connections.
extension Simulation {
    func send(_ frame: EngineOutputs.PeerFrame, from host: SimulatedHost) {
        guard let to = hostOfNode[frame.to], network.isUp(host.number, to) else { return }
        mix(UInt64(host.number) << 32 | UInt64(to), Checksum.xxh64(frame.bytes))
        guard !network.isCut(host.number, to) else { return }
        var copies = 1
        if isChaos {
            if scenario.dropped > 0, chance(scenario.dropped, of: 1_000) { return tally.note(.drop) }
            if scenario.doubled > 0, chance(scenario.doubled, of: 1_000) {
                tally.note(.double)
                tally.note(hazard: 9)
                copies = 2
            }
        }
        for _ in 0..<copies {
            let slowest = isChaos ? scenario.frameDelay : .milliseconds(1)
            var at = now + generator.span(in: Span(nanoseconds: 20_000)..<slowest + Span(nanoseconds: 50_000))
            if at - now > .milliseconds(10) { tally.note(.delay) }
            let inOrder = network.inOrder(host.number, to, at)
            if isChaos, scenario.isReordering {
                if inOrder != at {
                    tally.note(.reorder)
                    tally.note(hazard: 9)
                }
            } else {
                at = inOrder
            }
            let sent = Frame(
                from: host.number, to: to, fromStart: host.starts, toStart: hosts[to].starts,
                generation: network.generation(host.number, to), bytes: frame.bytes)
            events.add(.frame(sent), at: at)
        }
    }

    func arrive(_ frame: Frame, _ event: Event) {
        let host = hosts[frame.to]
        guard host.isRunning, host.starts == frame.toStart, let node = hosts[frame.from].node else { return }
        guard !isHeld(host, event) else { return }
        if !network.isUp(frame.from, frame.to) || network.generation(frame.from, frame.to) != frame.generation {
            // A process that was seen to have started anew has closed the connections of its predecessor.
            let isOver = hosts[frame.from].starts != frame.fromStart && network.isUp(frame.from, frame.to)
            guard isChaos, scenario.faults.contains(.staleFrame), !isOver else { return }
            tally.note(.staleFrame)
            tally.note(hazard: 9)
        }
        turn(host) { engine in
            do throws(MalformedBytes) { try engine.received(frame.bytes, from: node) } catch {
                fail("node \(node) sent a frame that cannot be read: \(error)")
            }
        }
    }

    // MARK: Connections

    /// Dials every node that the engine wants a connection to and that it has none to.
    func dial(_ host: SimulatedHost) {
        for peer in host.peers {
            guard let number = hostOfNode[peer] else { continue }
            let other = hosts[number]
            guard other.isRunning, !other.isPaused, !network.isUp(host.number, number),
                !network.isCut(host.number, number), !network.isCut(number, host.number),
                !isBeyondKnowing(host, other), !isBeyondKnowing(other, host)
            else { continue }
            guard shakeHands(host, other), host.isRunning else { continue }
            network.connect(host.number, number)
            introduce(host, to: other)
            log("node \(host.node!) connects to node \(peer)")
            meet(other, host)
            meet(host, other)
        }
    }

    /// What a handshake says of the one that speaks.
    private func introduce(_ host: SimulatedHost, to other: SimulatedHost) {
        let (address, starts) = (address(of: host).description, host.disk.identity.starts)
        turn(other) { $0.meet(host.node!, at: address, starts: starts) }
    }

    /// A node that does not know its cluster yet asks its seeds who they are: the machines that were there first.
    func askSeeds(_ host: SimulatedHost) {
        guard let engine = host.engine, !engine.isReady, now - host.seedsAsked >= .seconds(1) else { return }
        host.seedsAsked = now
        for seed in hosts.prefix(2) where seed !== host && seed.isRunning && !seed.isPaused && seed.node != nil {
            guard !network.isCut(host.number, seed.number), !network.isCut(seed.number, host.number) else { continue }
            introduce(seed, to: host)
        }
    }

    private func meet(_ host: SimulatedHost, _ other: SimulatedHost) {
        let start = other.disk.identity.starts.count
        turn(host) { $0.peerConnected(other.node!, startCounter: start) }
    }

    /// What both sides' handshakes say. A process that is told that its file is an old copy ends.
    private func shakeHands(_ host: SimulatedHost, _ other: SimulatedHost) -> Bool {
        if let refusal = refusal(of: host, by: other) {
            if refusal != .removed { end(host, "node \(other.node!) refuses this node: a newer start of it is known") }
            return false
        }
        guard let refusal = refusal(of: other, by: host) else { return true }
        if refusal != .removed { end(other, "node \(host.node!) refuses this node: a newer start of it is known") }
        return false
    }

    func refusal(of host: SimulatedHost, by other: SimulatedHost) -> Engine.PeerDoubt? {
        guard let node = host.node else { return .removed }
        return other.engine?.doubt(node, file: host.disk.identity.file, starts: host.disk.identity.starts)
    }

    /// Breaks the streams of both directions; each end learns of it after a while of its own.
    func disconnect(_ one: SimulatedHost, _ other: SimulatedHost, within span: Span = .milliseconds(2)) {
        guard network.isUp(one.number, other.number) || network.isUp(other.number, one.number) else { return }
        network.disconnect(one.number, other.number)
        network.disconnect(other.number, one.number)
        for (host, peer) in [(one, other), (other, one)] {
            guard host.isRunning, let node = peer.node else { continue }
            let delay = generator.span(in: Span(nanoseconds: 10_000)..<span)
            post(.disconnected(host: host.number, start: host.starts, peer: node), after: delay)
        }
    }

    // MARK: Cuts

    func cut(_ pairs: [Int], for span: Span) {
        for pair in pairs {
            network.cut(pair)
            let (one, other) = (hosts[pair / Network.hostsMax], hosts[pair % Network.hostsMax])
            // A firewall may reject what it does not let through; mostly it is silent.
            if chance(1, of: 4) { disconnect(one, other, within: .milliseconds(300)) }
        }
        post(.heal(pairs: pairs), after: span)
    }

    func heal(_ pairs: [Int]) {
        guard isChaos else { return }
        for pair in pairs { network.heal(pair) }
    }
}
