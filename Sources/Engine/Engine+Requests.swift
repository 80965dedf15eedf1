internal import DequeModule
internal import Consensus
internal import Directory
public import Primitives
public import Shards

/// A caller's request, from its arrival to the log or the read round.
extension Engine {
    /// Takes a request made in this process; the answer comes with `token` in `EngineOutputs.localResponses`.
    public func request(_ request: Request, token: UInt64) {
        admit(Pending(request: request, origin: .local(token), hops: 0, arrived: now))
    }

    /// Refuses early, while nothing has happened, rather than queue without bound (HAZARDS 29).
    func admit(_ pending: Pending) {
        pendingCount += 1
        guard pendingCount <= settings.pendingRequestsMax else {
            return respond(to: pending.origin, .failed(.overloaded))
        }
        dispatch(pending)
    }

    func dispatch(_ pending: Pending) {
        switch pending.request {
        case .command(let command): dispatch(pending, kind: command.kind, entity: command.entity, isLocal: false)
        case .query(let query):
            dispatch(pending, kind: query.kind, entity: query.entity, isLocal: query.consistency == .local)
        case .history(let history):
            dispatch(pending, kind: history.kind, entity: history.entity, isLocal: history.consistency == .local)
        case .cluster(let request): dispatch(pending, request)
        }
    }

    private func dispatch(_ pending: Pending, kind: String, entity: [UInt8], isLocal: Bool) {
        guard Limits.entityIDBytes.contains(entity.count), isUTF8(entity) else {
            return respond(to: pending.origin, .failed(.invalidEntityID(entity)))
        }
        guard let group = router.group(kind: kind, entity: entity) else {
            return denyKind(kind, pending)
        }
        guard let replica = replica(group) else { return forward(pending, to: group) }
        if replica.installing != nil { return replica.queue.append(pending) }
        if isLocal { return askLocally(pending, replica) }
        if replica.servingTerm != nil { return submit(pending, to: replica) }
        if let leader = replica.raft.leader, leader != node { return forward(pending, to: group) }
        replica.queue.append(pending)
    }

    /// Only the coordinator can say that a kind does not exist: any other node may not have heard of it yet.
    private func denyKind(_ kind: String, _ pending: Pending) {
        guard let directory = directoryReplica, directory.servingTerm != nil else {
            return forward(pending, to: .directory)
        }
        let failure = RequestFailure.unknownKind(kind, known: router.kinds.keys.sorted())
        hold(.failed(failure), after: directory.applied, for: pending, in: directory)
    }

    /// This node leads the shard: decide, or answer.
    func submit(_ pending: Pending, to replica: Replica) {
        switch pending.request {
        case .command(let command):
            decide(command, pending, replica)
        case .query(let query): take(read(query, on: .newest, in: replica), pending, replica, isLocal: false)
        case .history(let history): hold(.history(history), after: replica.applied, for: pending, in: replica)
        case .cluster: preconditionFailure("a request about the cluster has no shard")
        }
    }

    func decide(_ command: EntityCommand, _ pending: Pending, _ replica: Replica, _ trial: Trial = .none) {
        // Every way to the log comes by here, that of a command which was tried in a copy of the process as well.
        guard !isHeld(replica) else { return replica.queue.append(pending) }
        let request = asked(command)
        onDecision?(command.kind, request)
        let submission = replica.shard!.submit(request, wall: wall, trial: trial)
        onDecision?("", nil)
        switch submission {
        case .propose where disk.isImpaired && !settings.broken.contains(.ignoreFullDisk):
            replica.shard!.abandonProposal()
            respond(to: pending.origin, .failed(disk.isFull ? .diskFull : .diskStuck))
        case .propose(let payload):
            switch replica.raft.propose(.record, payload, into: &replica.outputs) {
            case .appended(let index, let term):
                replica.shard!.proposed(at: index, term: term)
                replica.waiters.append(
                    Waiter(index: index, term: term, origin: pending.origin, arrived: pending.arrived))
                touch(replica)
            case .overloaded:
                replica.shard!.abandonProposal()
                respond(to: pending.origin, .failed(.overloaded))
            case .notLeader, .transferring:
                replica.shard!.abandonProposal()
                respond(to: pending.origin, .failed(.moving))
            }
        case .answer(let answer, let after):
            if answer.outcome.isRefusal { replica.tally.counts.refused += 1 } else { replica.tally.counts.unchanged += 1 }
            hold(response(answer, in: replica), after: after, for: pending, in: replica)
        case .done(let stored):
            replica.tally.counts.repeated += 1
            respond(to: pending.origin, committed(stored, in: replica))
        case .attach(let index): attach(pending, at: index, in: replica)
        case .needs(let load): park(pending, load, replica)
        case .mustBeTried: trials.waiting.append(pending)
        case .reject(let failure):
            replica.tally.counts.rejected += 1
            respond(to: pending.origin, .failed(RequestFailure(rejection: failure)))
        }
    }

    /// The command as the shard sees it.
    func asked(_ command: EntityCommand) -> CommandRequest {
        CommandRequest(
            entity: command.entity, name: command.name, payload: command.payload, request: command.request,
            attempt: suspects.contains(command.request) ? .afterLoss : command.attempt)
    }

    private func response(_ answer: Answer, in replica: Replica) -> Response {
        if let message = answer.outcome.refusalMessage {
            if answer.outcome.isFatal { return .failed(.fatal(message)) }
            return .refused(Refused(json: answer.outcome.json, message: message))
        }
        return answered(answer.outcome.json, answer.revision, in: replica)
    }

    private func answered(_ value: [UInt8], _ revision: UInt64, in replica: Replica) -> Response {
        .answered(
            Answered(
                group: replica.group, shard: replica.shardNumber, index: replica.applied, term: replica.raft.term,
                revision: revision, value: value))
    }

    /// A retry of something in the log: it waits beside the original (HAZARDS 13).
    private func attach(_ pending: Pending, at index: LogIndex, in replica: Replica) {
        guard let position = replica.waiters.lastIndex(where: { $0.index <= index }) else {
            replica.waiters.prepend(
                Waiter(index: index, term: replica.raft.term, origin: pending.origin, arrived: pending.arrived))
            return
        }
        replica.waiters.insert(
            Waiter(index: index, term: replica.raft.term, origin: pending.origin, arrived: pending.arrived),
            at: position + 1)
    }

    private func read(_ query: EntityQuery, on view: StateView, in replica: Replica) -> Reading {
        query.name.isEmpty
            ? replica.shard!.askState(entity: query.entity, on: view)
            : replica.shard!.ask(entity: query.entity, query: query.name, payload: query.payload, on: view)
    }

    private func askLocally(_ pending: Pending, _ replica: Replica) {
        if case .history(let history) = pending.request { return load(history, for: pending.origin, from: replica) }
        guard case .query(let query) = pending.request else { preconditionFailure("only reads are local") }
        take(read(query, on: .committed, in: replica), pending, replica, isLocal: true)
    }

    private func take(_ reading: Reading, _ pending: Pending, _ replica: Replica, isLocal: Bool) {
        switch reading {
        case .answer(let answer, let after):
            replica.tally.counts.reads += 1
            let response = answered(answer.json, answer.revision, in: replica)
            if isLocal { return respond(to: pending.origin, response) }
            hold(response, after: after, for: pending, in: replica)
        case .needs(let load): park(pending, load, replica)
        case .reject(let failure):
            replica.tally.counts.rejected += 1
            respond(to: pending.origin, .failed(RequestFailure(rejection: failure)))
        }
    }

    // MARK: Loading

    private func park(_ pending: Pending, _ load: LoadRequest, _ replica: Replica) {
        var (pending, load) = (pending, load)
        if pending.wasParked {
            // What it lacked is there, and what it had has had to make room for others': now it wants all of it at one moment.
            load.wantsState = true
            if case .command(let command) = pending.request, case .key(let key)? = command.request { load.key = key }
        }
        pending.wasParked = true
        if replica.parked[load] == nil {
            if replica.loadsWanted.isEmpty { loading.append(replica) }
            replica.loadsWanted.append(load)
        }
        replica.parked[load, default: []].append(pending)
    }

    /// What one group's requests of one turn miss is read at once: a read's cost is mostly that of its transaction.
    func gatherLoads() {
        for replica in loading {
            outputs.loads.append(EngineOutputs.StateLoad(group: replica.group, requests: replica.loadsWanted))
            replica.loadsWanted.removeAll()
        }
        loading.removeAll(keepingCapacity: true)
    }

    /// The journal has read what was asked for: those who waited go on.
    ///
    /// - Parameter isCheckpoint: as in `EngineOutputs.StateLoad`.
    public func loaded(
        _ group: GroupID, _ requests: [LoadRequest], _ results: [LoadResult], isCheckpoint: Bool
    ) {
        guard let replica = replica(group), replica.shard != nil else { return }
        precondition(requests.count == results.count, "\(requests.count) loads, \(results.count) results")
        for (request, result) in zip(requests, results) {
            do throws(MalformedBytes) { try replica.shard!.loaded(request, result) } catch {
                return fail("the journal's state of group \(group) and its log do not fit: \(error)")
            }
            // Before the next one is taken in: it may need the room, and all of them more than there is.
            for pending in replica.parked.removeValue(forKey: request) ?? [] { dispatch(pending) }
        }
        if isCheckpoint { checkpointLoaded(replica) }
    }

    /// The journal could not read what was asked for: nothing has happened, and it may be asked again.
    public func loadFailed(_ group: GroupID, _ requests: [LoadRequest]) {
        guard let replica = replica(group) else { return }
        for request in requests {
            for pending in replica.parked.removeValue(forKey: request) ?? [] {
                respond(to: pending.origin, .failed(.overloaded))
            }
        }
        replica.checkpoint = .idle
    }
}
