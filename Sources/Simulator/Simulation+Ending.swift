internal import Consensus
internal import Directory
internal import Engine
internal import JSON
internal import Linearizability
internal import Primitives

/// The end of faults, and what must come after it: every answer, a whole cluster, and logs that agree.
extension Simulation {
    /// Within this time after the last fault everything must be well.
    private static let bound: Span = .seconds(30)

    func checkProgress() {
        switch phase {
        case .chaos: endChaos()
        case .healing(let until):
            if isWell { return scenario.endsWithRestart ? restartAll() : finish() }
            if now >= until { return fail("no progress: \(complaint) \(Self.bound.milliseconds / 1_000) s after the last fault") }
        case .restarted(let until):
            if isWell { return finish() }
            if now >= until { return fail("no progress after a restart of all nodes: \(complaint)") }
        case .over: return
        }
        post(.check, after: .milliseconds(50))
    }

    private func endChaos() {
        log("faults are over")
        phase = .healing(until: now + Self.bound)
        network.healAll()
        for host in hosts {
            host.nextWriteFails = false
            host.empty()
            host.stuckUntil = .zero
            if host.isPaused { resume(host) }
            verify(host)
            if !host.isRunning, !host.isGone, host.starts > 0 { post(.restart(host: host.number), after: span(1, 200)) }
        }
        let entities = entities(withLimits: false)
        for (offset, entity) in entities.enumerated() {
            callers[offset % callers.count].closing.append(Caller.Closing(action: .increment(by: 1), entity: entity))
            callers[(offset + 1) % callers.count].closing.append(Caller.Closing(action: .read, entity: entity))
        }
        wakeCallers()
        isSettled = false
        operatorDesk.ask(.status)
        post(.check, after: .milliseconds(50))
    }

    private func entities(withLimits: Bool) -> [[UInt8]] {
        var names = (0..<scenario.entities).map { Array("c\($0)".utf8) }
        if withLimits {
            let limited = Set(history.map(\.entity).filter { $0.hasPrefix("limit") })
            names += limited.sorted().map { Array($0.utf8) }
        }
        return names
    }

    private func wakeCallers() {
        for number in callers.indices where callers[number].operation == nil && !callers[number].isWaiting {
            callers[number].attempt += 1
            post(.caller(number, attempt: callers[number].attempt), after: span(1, 20))
        }
    }

    func settled(_ body: [UInt8]) {
        guard !isChaos, let status = try? JSON.decode(ClusterStatus.self, from: body) else { return }
        isSettled = status.isSettled && status.members.allSatisfy { $0.status == .up || $0.status == .removed }
        if !isSettled {
            lastStatus = status
            operatorDesk.ask(.status)
        }
    }

    // MARK: All is well

    private var isWell: Bool {
        isSettled && callers.allSatisfy { $0.operation == nil && $0.closing.isEmpty } && hasCaughtUp
            && operatorDesk.errands.isEmpty && hosts.allSatisfy { !$0.isRunning || $0.writing == nil }
    }

    /// Every replica of every group has applied everything that is committed.
    private var hasCaughtUp: Bool { straggler == nil }

    private var straggler: String? {
        // A removed node need not have heard of it.
        for host in hosts where host.isRunning && !watch.isRemoved(host.node) {
            for group in host.disk.groups.keys.sorted() {
                guard let applied = host.engine?.applied(of: group), applied.rawValue < watch.count(group) else { continue }
                let raft = host.engine?.raft(of: group)
                return "node \(host.node!) has applied \(applied) of \(watch.count(group)) entries of group \(group): "
                    + "term \(raft?.term ?? .zero), \(raft?.role ?? .follower), leader \(raft?.leader?.description ?? "unknown"), "
                    + "last \(raft?.lastIndex ?? .zero), commit \(raft?.commit ?? .zero), members \(raft?.configuration.members ?? [])"
                    + (raft?.isQuiescent == true ? ", at rest," : ",")
            }
        }
        return nil
    }

    private var complaint: String {
        logReplicas()
        if let caller = callers.first(where: { $0.operation != nil || !$0.closing.isEmpty }) {
            let what = caller.operation.map { "\(String(decoding: $0.entity, as: UTF8.self)), \($0.attempts) attempts" }
            return "caller \(caller.number) still waits for an answer (\(what ?? "a session")),"
        }
        if !operatorDesk.errands.isEmpty, operatorDesk.errands.contains(where: { $0.wish != .status }) {
            return "\(operatorDesk.errands.map { "\($0.wish)" }) is not done"
        }
        if !isSettled {
            let shards = (lastStatus?.shards ?? []).filter { $0.owner == nil || $0.voters != $0.wanted || !$0.learners.isEmpty }
            let open = shards.map { "\($0.shard): owner \($0.owner?.description ?? "none"), voters \($0.voters), learners \($0.learners), wanted \($0.wanted)" }
            let members = (lastStatus?.members ?? []).map { member in
                let host = hostOfNode[member.node].map { hosts[$0] }
                return "\(member.node) \(member.status)\(host?.isRunning == true ? "" : " (no process)")"
            }
            return "the cluster is not whole (\(open.joined(separator: "; ")); members \(members.joined(separator: ", "))),"
        }
        return straggler ?? "nothing is amiss,"
    }

    /// For the trace: how every replica stands, and what the coordinator makes of it.
    private func logReplicas() {
        for host in hosts where host.isRunning {
            for group in host.disk.groups.keys.sorted() {
                guard let raft = host.engine?.raft(of: group) else { continue }
                log(
                    "node \(host.node!) group \(group): \(raft.role) in term \(raft.term), last \(raft.lastIndex), commit \(raft.commit), "
                        + "voters \(raft.configuration.voters), learners \(raft.configuration.learners) since \(raft.configurationIndex)"
                        + (raft.isQuiescent ? ", at rest" : ""))
                for peer in raft.progress {
                    log("  node \(peer.node) holds \(peer.matching)\(peer.isActive ? "" : ", silent"): \(raft.flow(to: peer.node))")
                }
            }
            for line in host.engine.map({ $0.waiting + $0.planning }) ?? [] { log(line) }
        }
    }

    private func restartAll() {
        log("every process is killed once more")
        phase = .restarted(until: now + Self.bound)
        for host in hosts where host.isRunning {
            crash(host, isNoticed: true, because: "the end")
            post(.restart(host: host.number), after: span(1, 300))
        }
        for (offset, entity) in entities(withLimits: true).enumerated() {
            callers[offset % callers.count].closing.append(Caller.Closing(action: .read, entity: entity))
        }
        wakeCallers()
        isSettled = false
        operatorDesk.ask(.status)
        post(.check, after: .milliseconds(50))
    }

    private func finish() { phase = .over }
}
