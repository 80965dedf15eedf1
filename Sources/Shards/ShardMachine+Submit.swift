import Entities
public import Primitives

extension ShardMachine {
    /// Decides a command on the newest state.
    ///
    /// Only on a leader that has applied everything in its log that it has not proposed itself, an entry of its own term
    /// among it.
    /// - Parameter wall: this node's clock, recorded with the events.
    /// - Parameter trial: what became of it after `.mustBeTried`.
    /// - Complexity: one decode and one `decide`, one encode each of events and reply.
    public mutating func submit(_ command: CommandRequest, wall: WallTime, trial: Trial = .none) -> Submission {
        precondition(staged == nil, "the record last proposed was neither proposed nor abandoned")
        do throws(Failure) {
            let known = entities.position(of: command.entity)
            try check(command, isKnown: known != nil)
            let fingerprint = command.request == nil ? 0 : Self.fingerprint(of: command)
            let earlier = try earlierAttempt(of: command, fingerprint)
            if case .answered(let submission) = earlier { return submission }
            var load = LoadRequest(
                entity: command.entity, wantsState: false, key: nil, checkpoint: writtenCheckpoint)
            if case .keyUnknown(let key) = earlier { load.key = key }
            guard let position = known ?? newSlot(of: command.entity) else {
                load.wantsState = true
                return .needs(load)
            }
            switch entities.slots[position].standing(on: .newest) {
            case .quarantined: throw Self.quarantined(command.entity)
            case .notLoaded:
                load.wantsState = true
                return .needs(load)
            case .ready(let value, let revision):
                entities.settle(position)
                if load.key != nil { return .needs(load) }
                if command.attempt == .afterLoss, trial == .none { return .mustBeTried }
                return try decide(
                    command, fingerprint, at: position, value: value, revision: revision, wall: wall, trial)
            }
        } catch {
            return .reject(error)
        }
    }

    private mutating func decide(
        _ command: CommandRequest, _ fingerprint: UInt64, at position: Int, value: any EntityValue,
        revision: UInt64, wall: WallTime, _ trial: Trial
    ) throws(Failure) -> Submission {
        var record = EntryRecord(
            entity: command.entity, firstRevision: revision + 1, events: RecordedOutcome.noEvents,
            request: command.request, fingerprint: fingerprint, reply: [], recordedAt: wall)
        var proposal = Proposal(
            position: position, value: nil, revision: revision, request: command.request, fingerprint: fingerprint,
            outcome: Outcome(json: []), recordedAt: wall, bytes: 0)
        let decided = trial == .fatal ? .unchanged(.fatal) : value.decide(command: command.name, payload: command.payload)
        switch decided {
        case .failed(let failure): throw failure
        case .unchanged(let outcome):
            guard isRecordedWithoutEvents(command) else {
                return .answer(Answer(outcome: outcome, revision: revision), after: restsOn(position))
            }
            record.reply = try RecordedOutcome.encoded(outcome)
            proposal.outcome = outcome
        case .changed(let events, let count, let next, let reply):
            record.events = events
            record.reply = reply
            proposal.value = next
            proposal.revision = revision + UInt64(count)
            proposal.outcome = Outcome(json: reply)
        }
        let payload = record.encoded()
        proposal.bytes = payload.count
        staged = proposal
        return .propose(payload)
    }

    /// A decision without events changes nothing and needs no record, unless another copy of the same request may still
    /// come: after a refusal was answered, that copy must not take effect. Nobody knows that of a free-form key, so those
    /// are always recorded.
    private func isRecordedWithoutEvents(_ command: CommandRequest) -> Bool {
        switch command.request {
        case nil: false
        case .session: command.attempt != .first
        case .key: true
        }
    }

    /// Decides a command and forgets what came of it: for a copy of this process, which may end of it.
    public func rehearse(_ command: CommandRequest) {
        guard let position = entities.position(of: command.entity),
            case .ready(let value, _) = entities.slots[position].standing(on: .newest)
        else { return }
        _ = value.decide(command: command.name, payload: command.payload)
    }

    /// The index through which the log must be committed before what was decided on the slot's newest state may be told.
    func restsOn(_ position: Int) -> LogIndex {
        if settings.broken.contains(.tellUncommitted) { return .zero }
        return entities.slots[position].proposals > 0 ? entities.slots[position].lastProposal : applied
    }

    private func check(_ command: CommandRequest, isKnown: Bool) throws(Failure) {
        if !isKnown { try EntityID.validate(command.entity) }
        guard Limits.nameBytes.contains(command.name.utf8.count) else {
            throw Failure(.unknownCommand, "\(runtime.name) has no command of that name")
        }
        guard command.payload.count <= Limits.payloadBytesMax else {
            throw Failure(
                .tooLarge,
                "\(command.name) has \(command.payload.count) bytes; at most \(Limits.payloadBytesMax) fit")
        }
    }

    static func quarantined(_ entity: [UInt8]) -> Failure {
        Failure(
            .quarantined,
            "\(String(decoding: entity, as: UTF8.self)) has a state or events that this version of the program cannot read; "
                + "its events are kept, and a version that can read them will go on with it")
    }

    /// Tells a retry from another command, or the same to another entity, under the same request id.
    static func fingerprint(of command: CommandRequest) -> UInt64 {
        var name = command.name
        let seed = name.withUTF8 { Checksum.xxh64(UnsafeRawBufferPointer($0), seed: 0) }
        return Checksum.xxh64(command.payload, seed: Checksum.xxh64(command.entity, seed: seed))
    }

    /// The record of the last `.propose` is in the log.
    public mutating func proposed(at index: LogIndex, term: Term) {
        guard var proposal = staged else { preconditionFailure("entry \(index) was not asked for") }
        precondition(
            index > applied && index > (proposals.queue.last?.index ?? .zero),
            "entry \(index) proposed after \(proposals.queue.last?.index ?? applied)")
        staged = nil
        proposal.index = index
        proposal.term = term
        let position = proposal.position
        entities.slots[position].proposals += 1
        entities.slots[position].lastProposal = index
        if let value = proposal.value {
            entities.slots[position].newest = value
            entities.slots[position].newestRevision = proposal.revision
        }
        entities.settle(position)
        proposals.append(proposal, entity: entities.slots[position].id)
    }

    /// The record of the last `.propose` is not in the log and will not be.
    public mutating func abandonProposal() { staged = nil }
}
