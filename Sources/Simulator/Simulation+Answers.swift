internal import Engine
internal import Entities
internal import JSON
internal import Linearizability
internal import Primitives

/// What callers are told, and what they make of it.
extension Simulation {
    func answered(_ token: UInt64, _ response: Response, by host: SimulatedHost) {
        if token >> 40 == OperatorDesk.tokens { return operatorAnswered(token, response) }
        let number = Int(token >> 40)
        guard number < callers.count, callers[number].token == token, callers[number].isWaiting else { return }
        callers[number].isWaiting = false
        guard let operation = callers[number].operation else { return sessionOpened(number, response) }
        switch response {
        case .committed(let committed): done(number, operation, committed)
        case .answered(let answered):
            if load != nil {
                return finish(number, operation, .ok(0), told: unrecorded(operation, .replied(revision: answered.revision, json: answered.value)))
            }
            guard let value = Int64(String(decoding: answered.value, as: UTF8.self)) else {
                return fail("caller \(number) was answered \(String(decoding: answered.value, as: UTF8.self))")
            }
            shown(value, to: number, operation)
            finish(number, operation, .ok(value))
        case .refused(let refused): self.refused(number, operation, refused)
        case .failed(let failure): failed(number, operation, failure)
        case .document(let body):
            guard let history = operation.history else { return fail("caller \(number) was answered with a document") }
            checkEvents(body, history, operation, number)
            finish(number, operation, .unknown)
        }
    }

    private func sessionOpened(_ number: Int, _ response: Response) {
        if case .document(let body) = response, let opened = try? JSON.decode(OpenedSession.self, from: body) {
            callers[number].session = SessionRequest(
                client: opened.client, opened: opened.opened, number: 0, acknowledgedBelow: 0)
        }
        next(number, after: span(1, 50))
    }

    /// A command took effect: it must stand in the committed log, under this request id and with this answer.
    private func done(_ number: Int, _ operation: Caller.Pending, _ committed: Committed) {
        let log = watch.log(committed.group)
        guard let value = load == nil ? Int64(String(decoding: committed.reply, as: UTF8.self)) : 0 else {
            return fail("caller \(number) was answered \(String(decoding: committed.reply, as: UTF8.self))")
        }
        guard committed.index > .zero, committed.index.rawValue <= log.count else {
            return fail("caller \(number) was answered from entry \(committed.index) of group \(committed.group), which is not committed")
        }
        let entry = log[Int(committed.index.rawValue) - 1]
        let record = try? EntryRecord(encoded: entry.payload)
        guard let record, entry.term == committed.term, operation.request?.names(record.request) == true,
            record.entity == operation.entity, Self.reply(in: record) == committed.reply
        else {
            return fail(
                "caller \(number) was answered to \(operation.request.map { "\($0)" } ?? "no request") from entry \(committed.index) of "
                    + "group \(committed.group) in term \(committed.term); that is of term \(entry.term) and holds "
                    + (record.map { "\($0)" } ?? "no record"))
        }
        if operation.isConflict {
            return fail("caller \(number) used a request id for another payload and was not refused")
        }
        if operation.attempts > 1 {
            if committed.index <= operation.ownerLast, committed.index > operation.ownerCommit { tally.note(hazard: 13) }
            if committed.term < watch.newestTerm(of: committed.group) { tally.note(hazard: 14) }
        }
        finish(number, operation, .ok(value), told: .replied(revision: committed.revision, json: committed.reply))
        if isChaos, !callers[number].isObserver, chance(1, of: 25) { misuse(number, operation) }
    }

    /// A reply without events stands in a wrapping, as it could be a refusal.
    private static func reply(in record: EntryRecord) -> [UInt8] {
        let prefix = Array(#"{"reply":"#.utf8)
        guard record.events == Array("[]".utf8), record.reply.starts(with: prefix) else { return record.reply }
        return Array(record.reply[prefix.count..<record.reply.count - 1])
    }

    /// Uses a request id once more for something else (HAZARDS 16).
    private func misuse(_ number: Int, _ operation: Caller.Pending) {
        guard case .increment(let by) = operation.action else { return }
        var other = operation
        other.action = .increment(by: by == 1 ? 2 : 1)
        if let load {
            other.message = load.command(&generator)
            guard other.message != operation.message else { return }
        }
        other.isConflict = true
        other.invoked = now
        callers[number].operation = other
    }

    /// What a caller is shown must be committed, and no older than its question (HAZARDS 6, 7). Values only grow.
    private func shown(_ value: Int64, to number: Int, _ operation: Caller.Pending) {
        if operation.ownerLast > operation.ownerCommit { tally.note(hazard: 7) }
        let committed = watch.values[operation.entity] ?? 0
        let name = String(decoding: operation.entity, as: UTF8.self)
        if value > committed { fail("caller \(number) was shown \(value) of \(name), of which only \(committed) is committed") }
        if value < operation.floor {
            fail("caller \(number) was shown \(value) of \(name), of which \(operation.floor) was committed before it asked")
        }
    }

    /// The entity said no, and with it what its balance was: a read.
    private func refused(_ number: Int, _ operation: Caller.Pending, _ refused: Refused) {
        if load != nil, !operation.isConflict {
            return finish(number, operation, .ok(0), told: unrecorded(operation, .refused(json: refused.json)))
        }
        guard !operation.isConflict, let overflow = try? JSON.decode(Counter.Overflow.self, from: refused.json) else {
            return fail("caller \(number) was refused: \(refused.message)")
        }
        shown(overflow.balance, to: number, operation)
        var read = operation
        read.action = .read
        finish(number, read, .ok(overflow.balance))
    }

    private func failed(_ number: Int, _ operation: Caller.Pending, _ failure: RequestFailure) {
        switch failure.failure.code {
        case .conflict:
            guard operation.isConflict else {
                return fail("caller \(number) was told that its request id had been used: \(failure.failure.message)")
            }
            tally.note(hazard: 16)
            callers[number].operation = nil
            return next(number, after: thinking())
        case .alreadyAcknowledged:
            return fail("caller \(number) was told that it had acknowledged what it still asks for: \(operation.request.map { "\($0)" } ?? "")")
        case .sessionExpired:
            tally.note(hazard: 15)
            // It was not executed now. An earlier attempt may have been.
            let isDoubtful = operation.isDoubtful
            callers[number].session = nil
            return finish(number, operation, isDoubtful ? .unknown : .notCommitted)
        default: break
        }
        guard failure.outcome != .invalid || failure.failure.code == .unknownKind else {
            return fail("caller \(number) was told that its request was at fault: \(failure.failure)")
        }
        log("caller \(number) is told: \(failure.failure.message)")
        if failure.outcome == .unknown { callers[number].operation!.isDoubtful = true }
        let isGlance = callers[number].isObserver && operation.action == .read
        let givesUp = isChaos && (isGlance || (operation.attempts > 1 && chance(1, of: 5)))
        if givesUp {
            let isDoubtful = callers[number].operation!.isDoubtful
            return finish(number, operation, isDoubtful ? .unknown : .notCommitted)
        }
        if chance(1, of: 2) { callers[number].host = Int.random(in: 0..<hosts.count, using: &generator) }
        next(number, after: span(10, 120))
    }

    private func finish(
        _ number: Int, _ operation: Caller.Pending, _ outcome: Operation.Outcome, told: Observation.Outcome? = nil
    ) {
        callers[number].operation = nil
        defer { next(number, after: callers[number].isObserver ? span(0, 10) : thinking()) }
        guard !operation.isConflict, operation.history == nil else { return }
        // A doubled frame may bring a request that was passed on between nodes a second time.
        let isHonest = outcome != .notCommitted || scenario.doubled == 0
        if case .read = operation.action, outcome == .unknown || outcome == .notCommitted { return }
        if let message = operation.message {
            return observe(operation, message, told ?? (isHonest && outcome == .notCommitted ? .notCommitted : .unknown))
        }
        history.append(
            Operation(
                entity: String(decoding: operation.entity, as: UTF8.self), action: operation.action,
                invoked: operation.invoked, responded: now, outcome: isHonest ? outcome : .unknown, caller: number))
        mix(UInt64(number), UInt64(history.count))
    }

    /// What a command's caller was told without a record of it. A doubled frame may bring the command once more, and then it may take effect.
    private func unrecorded(_ operation: Caller.Pending, _ told: Observation.Outcome) -> Observation.Outcome {
        operation.action == .read || scenario.doubled == 0 ? told : .unknown
    }

    /// What the author's judge will hold against the committed log.
    private func observe(_ operation: Caller.Pending, _ message: EncodedMessage, _ outcome: Observation.Outcome) {
        observations.append(
            Observation(
                entity: operation.entity, message: message, isCommand: operation.action != .read, request: operation.request,
                invoked: operation.invoked, responded: now, outcome: outcome))
        mix(UInt64(observations.count))
    }

    private func next(_ number: Int, after span: Span) {
        callers[number].attempt += 1
        post(.caller(number, attempt: callers[number].attempt), after: span)
    }

    private func thinking() -> Span {
        generator.span(in: Span(nanoseconds: 100_000)..<scenario.thinkTime + Span(nanoseconds: 200_000))
    }
}

extension RequestID {
    /// Whether both name the same request: what a client has acknowledged meanwhile makes it no other.
    fileprivate func names(_ other: RequestID?) -> Bool {
        switch (self, other) {
        case (.session(let mine), .session(let theirs)?):
            mine.client == theirs.client && mine.opened == theirs.opened && mine.number == theirs.number
        case (.key(let mine), .key(let theirs)?): mine == theirs
        default: false
        }
    }
}
