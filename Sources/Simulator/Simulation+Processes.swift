internal import Consensus
internal import Directory
internal import Engine
internal import Primitives

/// Processes start, crash, stop and are paused.
extension Simulation {
    func addHost() -> SimulatedHost {
        let disk = SimulatedDisk(file: UniqueID(using: &generator))
        let host = SimulatedHost(number: hosts.count, disk: disk, process: UniqueID(using: &generator))
        if scenario.skew > .zero { host.skew = generator.span(in: Span.zero..<scenario.skew) }
        hosts.append(host)
        return host
    }

    func address(of host: SimulatedHost) -> NodeAddress {
        do throws(DirectoryRefusal) { return try NodeAddress("host:\(7_400 + host.number)") } catch {
            // A name and a number from 7400 on.
            preconditionFailure("\(error)")
        }
    }

    /// Opens the disk and starts a process on it; `place` says how it comes into the cluster.
    func boot(_ host: SimulatedHost, node: NodeID, _ place: (Engine) -> Void) {
        guard let recovered = host.disk.recovered(isVerified: !broken.contains(.skipChecksums)) else { return damaged(host) }
        host.starts += 1
        host.disk.identity.starts.begin(host.process)
        host.seen = []
        host.directoryEnd = host.disk.groups[.directory]?.entries.last
        host.writing = nil
        host.fullFloor = nil
        hostOfNode[node] = host.number
        let engine = Engine(
            recovery: Recovery(
                identity: host.disk.identity, peers: host.disk.peers.keys.sorted().map { host.disk.peers[$0]! }, groups: recovered,
                tombstones: host.disk.tombstones.keys.sorted().map { host.disk.tombstones[$0]! }),
            cluster: cluster, node: node, runtimes: [runtime],
            settings: scenario.settings, seed: generator.next(), now: now, wall: wall(host))
        host.engine = engine
        log("node \(node) starts (\(host.disk.identity.starts.count))")
        place(engine)
        flush(host, engine)
        let phase = generator.span(in: Span(nanoseconds: 1_000)..<scenario.settings.tickInterval)
        post(.tick(host: host.number, start: host.starts), after: phase)
    }

    func restart(_ host: SimulatedHost) {
        guard !host.isRunning, !host.isGone else { return }
        // It has started, and waits to be taken in.
        guard !operatorDesk.errands.contains(where: { $0.wish == .join(host: host.number) }) else { return }
        host.process = UniqueID(using: &generator)
        // A node that crashed before it wrote down who it is joins again, with the same file.
        guard let node = host.node else { return operatorDesk.ask(.join(host: host.number)) }
        boot(host, node: node) { $0.announceStart(address: address(of: host)) }
    }

    /// The process ends without a word. What it had not flushed is kept or lost.
    ///
    /// - Parameter isNoticed: its connections are closed at once, as a kernel does for a dead process; a dead machine's are not.
    func crash(_ host: SimulatedHost, isNoticed: Bool, because reason: String) {
        guard host.isRunning else { return }
        log("node \(host.node?.description ?? "?") crashes: \(reason)")
        if let batch = host.writing {
            if broken.contains(.reportBeforeFlush) {
                tally.note(.lostWrite)
            } else if broken.contains(.keepTornBatch) {
                // Any of its pages may be there, in no order.
                for operation in batch.operations where chance(1, of: 2) {
                    _ = host.disk.perform([operation])
                }
            } else if chance(1, of: 2) {
                perform(batch, on: host)
            } else {
                tally.note(.lostWrite)
                if batch.holdsPromises { tally.note(hazard: 1) }
            }
        }
        if let flushed = host.flushed {
            let identity = host.disk.identity
            host.disk = flushed
            host.disk.identity = identity
            host.flushed = nil
        }
        stop(host, isNoticed: isNoticed)
    }

    /// For a mutation: what was reported before it was flushed is safe a while later.
    func unflushed(_ host: SimulatedHost) { post(.flushed(host: host.number, start: host.starts), after: span(1, 20)) }

    private func stop(_ host: SimulatedHost, isNoticed: Bool) {
        host.engine = nil
        host.writing = nil
        host.isPaused = false
        host.inbox = []
        host.peers = []
        host.nextWriteFails = false
        for other in hosts where other !== host {
            let patience: Span = isNoticed ? .milliseconds(2) : .seconds(3)
            disconnect(host, other, within: patience)
        }
        lostConnection(to: host)
    }

    /// The process ends by its own will, for a reason that lies in its file or in the cluster: nobody starts it again.
    func end(_ host: SimulatedHost, _ reason: String) {
        log("node \(host.node?.description ?? "?") ends: \(reason)")
        stop(host, isNoticed: true)
        guard !host.isSpoiled else { return replace(host) }
        fail("node \(host.node?.description ?? "?"), whose file is sound, was turned away: \(reason)")
    }

    /// The engine cannot go on. That is right only for a node that was removed, or whose file is not the one it should be.
    func stopped(_ host: SimulatedHost, _ fault: String) {
        if watch.isRemoved(host.node) {
            log("node \(host.node!) ends: \(fault)")
            stop(host, isNoticed: true)
            host.isGone = true
            return
        }
        guard host.isSpoiled else {
            return fail("node \(host.node?.description ?? "?") stops: \(fault)")
        }
        end(host, fault)
    }

    /// The journal has found damage: the process ends, and the machine must be replaced.
    func damaged(_ host: SimulatedHost) {
        tally.note(hazard: 20)
        end(host, "its journal is damaged")
    }

    /// What `journal verify` is for.
    func verify(_ host: SimulatedHost) {
        guard !host.isGone, !broken.contains(.skipChecksums), !host.disk.isSound else { return }
        if host.isRunning { crash(host, isNoticed: true, because: "its journal is damaged") }
        damaged(host)
    }

    func resume(_ host: SimulatedHost) {
        guard host.isPaused, host.isRunning else { return }
        host.isPaused = false
        askNow(host)
        log("node \(host.node!) goes on")
        let inbox = host.inbox
        host.inbox = []
        // Timers and sockets are both due, in either order.
        let ticksFirst = chance(1, of: 2)
        let tick = Event.tick(host: host.number, start: host.starts)
        if ticksFirst { events.add(tick, at: now) }
        // Which of its sockets is read first, nobody knows.
        let delays = hosts.map { _ in span(0, 4) }
        for event in inbox {
            guard case .frame(let frame) = event else {
                events.add(event, at: now)
                continue
            }
            events.add(event, at: network.inOrder(frame.from, host.number, now + delays[frame.from]))
        }
        if !ticksFirst { events.add(tick, at: now) }
    }
}

extension WriteBatch {
    /// Whether anything in it may have been promised to others once it is durable.
    var holdsPromises: Bool {
        operations.contains { operation in
            switch operation {
            case .append, .hardState: true
            default: false
            }
        }
    }
}
