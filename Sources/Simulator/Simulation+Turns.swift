internal import Consensus
internal import Engine
internal import Primitives
internal import Shards

/// A process's turns: the shell around the engine, as `NodeLoop` is in production.
extension Simulation {
    /// Whether the host is paused; then the event waits for it.
    func isHeld(_ host: SimulatedHost, _ event: Event) -> Bool {
        guard host.isPaused else { return false }
        host.inbox.append(event)
        return true
    }

    func turn(_ host: SimulatedHost, _ body: (Engine) -> Void) {
        guard let engine = host.engine, violation == nil else { return }
        turns += 1
        engine.beginTurn(now: now, wall: wall(host))
        body(engine)
        flush(host, engine)
    }

    func flush(_ host: SimulatedHost, _ engine: Engine) {
        var outputs = EngineOutputs()
        engine.flush(into: &outputs)
        mix(UInt64(bitPattern: now.nanoseconds), UInt64(host.number))
        look(at: host, engine)
        if let fault = outputs.fault { return stopped(host, fault) }
        if let peers = outputs.peers { host.peers = peers.map(\.node) }
        if let batch = outputs.batch { write(batch, on: host) }
        for frame in outputs.frames { send(frame, from: host) }
        for load in outputs.loads {
            // The disk may be read at once or only when the answer is due.
            let results = chance(1, of: 2) ? host.disk.load(load.group, load.requests) : nil
            post(.loaded(host: host.number, start: host.starts, load, results), after: diskDelay())
        }
        for load in outputs.entryLoads {
            post(.entries(host: host.number, start: host.starts, load), after: diskDelay())
        }
        for load in outputs.historyLoads {
            post(.events(host: host.number, start: host.starts, load), after: diskDelay())
        }
        for load in outputs.checkpointLoads {
            post(.checkpoint(host: host.number, start: host.starts, load), after: diskDelay())
        }
        if trace != nil {
            for notice in outputs.notices {
                log("node \(engine.node) group \(notice.group?.description ?? "-") term \(notice.term?.description ?? "-"): \(notice.message)")
            }
        }
        for item in outputs.localResponses { answered(item.token, item.response, by: host) }
        if let count = outputs.trial {
            for number in 0..<count { engine.rehearse(number) }
            engine.tried(survivors: count)
            flush(host, engine)
        }
    }

    func tick(_ host: SimulatedHost, _ start: UInt64) {
        guard host.starts == start, host.isRunning else { return }
        // A paused process has no ticks; the next one comes when it goes on.
        guard !host.isPaused else { return }
        post(.tick(host: host.number, start: start), after: scenario.settings.tickInterval)
        dial(host)
        reportSpace(host)
        turn(host) { engine in
            engine.diskReported(isFull: host.isFull)
            engine.tick()
        }
        askSeeds(host)
    }

    // MARK: The disk

    private func diskDelay() -> Span {
        let slowest = isChaos ? scenario.diskDelay : .milliseconds(2)
        return generator.span(in: Span(nanoseconds: 50_000)..<slowest + Span(nanoseconds: 100_000))
    }

    private func write(_ batch: WriteBatch, on host: SimulatedHost) {
        guard host.writing == nil else { return fail("node \(host.node!) has two batches under way") }
        host.writing = batch
        if broken.contains(.reportBeforeFlush) {
            // The disk is at work for a while yet, and a crash loses what it was given.
            if host.flushed == nil { host.flushed = host.disk }
            perform(batch, on: host)
            unflushed(host)
        }
        for operation in batch.operations {
            switch operation {
            case .truncate: tally.note(hazard: 8)
            case .installSnapshot: tally.note(hazard: 10)
            case .retireGroup(let group): checkDirectory(host, givingUp: group)
            case .append(let group, let entries): checkReserve(host, group, entries)
            case .createGroup(let descriptor):
                if host.disk.tombstones[descriptor.group] != nil {
                    tally.note(hazard: 4)
                    // Its first members know nothing of what the group has become since.
                    if !descriptor.configuration.voters.isEmpty {
                        fail("node \(host.node!) gave up its replica of group \(descriptor.group), and founds that group once more")
                    }
                }
                // A directory that has not heard of it yet is what a restart finds then.
                if isChaos, scenario.faults.contains(.crash), descriptor.configuration.voters.isEmpty, chance(1, of: 3) {
                    post(.strikeDown(host: host.number, start: host.starts), after: span(1, 250))
                }
            default: break
            }
        }
        post(.written(host: host.number, start: host.starts), after: max(diskDelay(), host.stuckUntil - now))
    }

    /// A node that knows that its disk is full decides nothing more (HAZARDS 23).
    private func checkReserve(_ host: SimulatedHost, _ group: GroupID, _ entries: [Entry]) {
        guard let floor = host.fullFloor, group != .directory, let raft = host.engine?.raft(of: group), raft.role == .leader
        else { return }
        let before = floor[group] ?? .zero
        for entry in entries where entry.type == .record && entry.term == raft.term && entry.index > before {
            return fail("node \(host.node!) took a new command into group \(group) after it was told that its disk is full")
        }
    }

    /// The disk's word on its free space, as `NodeLoop` passes it on with every tick.
    private func reportSpace(_ host: SimulatedHost) {
        guard host.isFull, host.fullFloor == nil else { return }
        host.fullFloor = [:]
        for (group, seen) in host.seen.enumerated() { host.fullFloor![GroupID(UInt32(group))] = seen.lastIndex }
    }

    func written(_ host: SimulatedHost, _ start: UInt64, _ event: Event) {
        guard host.starts == start, let batch = host.writing, !isHeld(host, event) else { return }
        if host.nextWriteFails {
            host.nextWriteFails = false
            if broken.contains(.goOnAfterWriteError) {
                // The kernel has dropped the pages: what is read is there until the power goes, and then it is not.
                if host.flushed == nil { host.flushed = host.disk }
                host.writing = nil
                perform(batch, on: host)
                return turn(host) { $0.persisted() }
            }
            tally.note(.writeError)
            tally.note(hazard: 17)
            // The process ends, as nobody knows what is on the disk; the crash draws what is.
            crash(host, isNoticed: true, because: "its disk failed")
            return post(.restart(host: host.number), after: span(50, 800))
        }
        host.writing = nil
        if !broken.contains(.reportBeforeFlush) { perform(batch, on: host) }
        turn(host) { $0.persisted() }
    }

    func perform(_ batch: WriteBatch, on host: SimulatedHost) {
        for case .retireGroup(let group) in batch.operations {
            // A batch makes nothing longer that it also gives up: what is on the disk now is what was acknowledged.
            if let farthest = host.disk.groups[group]?.farthest { host.givenUp[group] = max(host.givenUp[group] ?? farthest, farthest) }
        }
        if let problem = host.disk.perform(batch) {
            fail("node \(host.node?.description ?? "?") would write what its journal refuses: \(problem)")
        }
    }

    func loaded(
        _ host: SimulatedHost, _ start: UInt64, _ load: EngineOutputs.StateLoad, _ results: [LoadResult]?, _ event: Event
    ) {
        guard host.starts == start, !isHeld(host, event) else { return }
        let results = results ?? host.disk.load(load.group, load.requests)
        turn(host) { $0.loaded(load.group, load.requests, results, isCheckpoint: load.isCheckpoint) }
    }

    func entriesRead(_ host: SimulatedHost, _ start: UInt64, _ load: EngineOutputs.EntryLoad, _ event: Event) {
        guard host.starts == start, !isHeld(host, event) else { return }
        guard
            let read = host.disk.entries(
                load.group, from: load.from, through: load.through, countMax: 64, isVerified: !broken.contains(.skipChecksums))
        else { return damaged(host) }
        turn(host) {
            $0.entriesLoaded(load.group, for: load.peer, read.entries, previousTerm: read.previousTerm)
        }
    }

    func checkpointRead(_ host: SimulatedHost, _ start: UInt64, _ load: EngineOutputs.CheckpointLoad, _ event: Event) {
        guard host.starts == start, !isHeld(host, event) else { return }
        let found = host.disk.checkpoint(load.group)
        turn(host) { $0.checkpointRead(load.group, for: load.peer, found) }
    }
}
