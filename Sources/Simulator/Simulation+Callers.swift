internal import Consensus
internal import Directory
internal import Engine
internal import Entities
internal import JSON
internal import Linearizability
internal import Primitives
internal import Shards

/// Callers that increment and read, retry, lose patience, and remember what they were told.
extension Simulation {
    func startCallers() {
        for number in 0..<scenario.callers {
            callers.append(Caller(number: number, usesSession: chance(1, of: 2)))
            post(.caller(number, attempt: 0), after: span(300, 900))
        }
        for number in scenario.callers..<scenario.callers + 2 {
            callers.append(Caller(number: number, usesSession: false, isObserver: true))
        }
    }

    func wake(_ number: Int, _ attempt: UInt64) {
        guard callers[number].attempt == attempt else { return }
        if callers[number].isWaiting {
            // No answer: nobody knows what has become of it.
            callers[number].isWaiting = false
            if callers[number].operation != nil { callers[number].operation!.isDoubtful = true }
            if isChaos, callers[number].isObserver, callers[number].operation?.action == .read { callers[number].operation = nil }
            callers[number].host = Int.random(in: 0..<hosts.count, using: &generator)
        }
        guard callers[number].operation != nil || begin(number) else { return }
        callers[number].operation == nil ? openSession(number) : tryOnce(number)
    }

    /// Chooses what to do next. False: there is nothing left to do.
    private func begin(_ number: Int) -> Bool {
        if let closing = callers[number].closing.first {
            callers[number].closing.removeFirst()
            if let host = closing.host { callers[number].host = host }
            return begin(number, closing.action, on: closing.entity)
        }
        guard isChaos, !callers[number].isObserver else { return false }
        if chance(scenario.reads, of: 100) {
            guard chance(1, of: 6) else { return begin(number, .read, on: entity()) }
            return begin(
                number, .read, on: entity(),
                HistoryQuestion(
                    after: UInt64.random(in: 0...20, using: &generator), limit: UInt32.random(in: 1...40, using: &generator),
                    consistency: chance(1, of: 2) ? .local : .linearizable))
        }
        if load == nil, chance(1, of: 12) {
            // Four of these and the fifth is refused, with the balance as it stands: a refusal is a read.
            return begin(number, .increment(by: Int64.max / 4), on: limited())
        }
        return begin(number, .increment(by: 1), on: entity())
    }

    func entity() -> [UInt8] { Array("c\(Int.random(in: 0..<scenario.entities, using: &generator))".utf8) }
    private func limited() -> [UInt8] { Array("limit-\(now.nanoseconds / 1_000_000_000)".utf8) }

    private typealias HistoryQuestion = Caller.HistoryQuestion

    private func begin(_ number: Int, _ action: Operation.Action, on entity: [UInt8], _ history: HistoryQuestion? = nil) -> Bool {
        var operation = Caller.Pending(entity: entity, action: action, request: nil, invoked: now)
        operation.history = history
        if let load, history == nil { operation.message = action == .read ? load.query(&generator) : load.command(&generator) }
        if case .increment = action {
            if callers[number].usesSession {
                guard callers[number].session != nil else { return true }
                callers[number].session!.number += 1
                callers[number].session!.acknowledgedBelow = callers[number].session!.number
                operation.request = .session(callers[number].session!)
            } else {
                callers[number].keys += 1
                operation.request = .key(Array("caller-\(number)-\(callers[number].keys)".utf8))
            }
        }
        callers[number].operation = operation
        return true
    }

    // MARK: Attempts

    private func tryOnce(_ number: Int) {
        let host = hosts[callers[number].host]
        guard host.isRunning, host.node != nil else {
            callers[number].host = Int.random(in: 0..<hosts.count, using: &generator)
            callers[number].attempt += 1
            return post(.caller(number, attempt: callers[number].attempt), after: span(5, 40))
        }
        observeOwner(number, host)
        rememberCommitted(number)
        let operation = callers[number].operation!
        callers[number].operation!.attempts += 1
        let request: Request
        switch operation.action {
        case .increment(let by):
            request = .command(
                EntityCommand(
                    kind: runtime.name, entity: operation.entity, name: operation.message?.name ?? "increment",
                    payload: operation.message?.payload ?? Array("{\"by\":\(by)}".utf8), request: operation.request,
                    attempt: operation.attempts == 0 ? .first : operation.attempts % 2 == 1 ? .again : .afterLoss))
        case .read where operation.history != nil:
            let history = operation.history!
            request = .history(
                EntityHistory(
                    kind: runtime.name, entity: operation.entity, after: history.after, limit: history.limit,
                    consistency: history.consistency))
        case .read:
            request = .query(
                EntityQuery(
                    kind: runtime.name, entity: operation.entity, name: operation.message?.name ?? "balance",
                    payload: operation.message?.payload ?? Array("{}".utf8),
                    consistency: .linearizable))
        }
        send(request, of: number, to: host)
    }

    private func openSession(_ number: Int) {
        let host = hosts[callers[number].host]
        guard host.isRunning, host.node != nil else {
            callers[number].host = Int.random(in: 0..<hosts.count, using: &generator)
            callers[number].attempt += 1
            return post(.caller(number, attempt: callers[number].attempt), after: span(5, 40))
        }
        send(.cluster(.openSession), of: number, to: host)
    }

    private func send(_ request: Request, of number: Int, to host: SimulatedHost) {
        callers[number].attempt += 1
        callers[number].isWaiting = true
        // Some callers have no patience and send again while the first attempt is under way.
        let patience = callers[number].isObserver ? span(20, 120) : chance(1, of: 6) ? span(5, 200) : span(1_600, 2_500)
        post(.caller(number, attempt: callers[number].attempt), after: patience)
        let token = callers[number].token
        // A paused process finds it in its sockets.
        guard !isHeld(host, .request(host: host.number, start: host.starts, request, token: token)) else { return }
        turn(host) { $0.request(request, token: token) }
    }

    /// What is committed by now. A read is asked anew with each attempt; a command may be answered by the first.
    private func rememberCommitted(_ number: Int) {
        let operation = callers[number].operation!
        guard operation.action == .read || operation.attempts == 0 else { return }
        callers[number].operation!.floor = watch.values[operation.entity] ?? 0
        guard operation.history != nil, let group = watch.group(of: operation.entity) else { return }
        callers[number].operation!.history!.committed = LogIndex(UInt64(watch.count(group)))
    }

    /// What the group's leader has in its log when an attempt is made: tells afterwards what the attempt met.
    private func observeOwner(_ number: Int, _ host: SimulatedHost) {
        let operation = callers[number].operation!
        guard let group = watch.group(of: operation.entity) else { return }
        let slot = Int(group.rawValue)
        let newest = watch.newestTerm(of: group)
        for candidate in hosts where candidate.isRunning && candidate.seen.count > slot {
            let seen = candidate.seen[slot]
            guard seen.role == .leader else { continue }
            if seen.term == newest {
                callers[number].operation!.ownerLast = seen.lastIndex
                callers[number].operation!.ownerCommit = seen.commit
            } else if candidate === host, operation.action == .read {
                tally.note(hazard: 6)
            }
        }
    }

    func lostConnection(to host: SimulatedHost) {
        for number in callers.indices where callers[number].isWaiting && callers[number].host == host.number {
            post(.caller(number, attempt: callers[number].attempt), after: span(1, 20))
        }
    }
}
