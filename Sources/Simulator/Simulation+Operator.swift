internal import Directory
internal import Engine
internal import Entities
internal import JSON
internal import Primitives
internal import Shards

/// Founding, joining, leaving, moving: what an operator does.
extension Simulation {
    func found() {
        if scenario.faults.contains(.slowDisk) { tally.note(.slowDisk) }
        let founder = addHost()
        startCallers()
        boot(founder, node: NodeID(1)) { engine in
            engine.found(name: "node-1", address: address(of: founder))
        }
        for _ in 1..<scenario.nodes { operatorDesk.ask(.join(host: addHost().number)) }
        // Some clusters get their shards while the founder is alone.
        if chance(1, of: 3) { operatorDesk.ask(.register(shards: scenario.shards)) }
        post(.operate, after: .milliseconds(60))
        if !scenario.faults.isEmpty { post(.nemesis, after: span(400, 1_200)) }
        events.add(.check, at: now + scenario.chaos)
    }

    func operate() {
        if watch.directory.kinds.isEmpty, watch.directory.membersUp.count >= min(3, scenario.nodes) {
            operatorDesk.ask(.register(shards: scenario.shards))
        }
        for position in operatorDesk.errands.indices { attend(position) }
        post(.operate, after: .milliseconds(120))
    }

    private func attend(_ position: Int) {
        guard position < operatorDesk.errands.count else { return }
        let task = operatorDesk.errands[position]
        guard task.token == nil || now - task.sent > .milliseconds(1_800) else { return }
        guard let host = pick(hosts.filter { $0.isRunning && !$0.isPaused && !$0.isSpoiled }),
            let request = request(for: task.wish)
        else { return }
        let token = operatorDesk.newToken()
        operatorDesk.errands[position].token = token
        operatorDesk.errands[position].sent = now
        turn(host) { $0.request(request, token: token) }
    }

    private func request(for wish: OperatorDesk.Wish) -> Request? {
        let command: DirectoryCommand
        switch wish {
        case .status: return .cluster(.status)
        case .register(let shards):
            command = .registerKind(name: runtime.name, shards: shards, replication: scenario.replication)
        case .remove(let node): command = .remove(node: node)
        case .move(let group, let node): command = .move(group: group, node: node)
        case .join(let number):
            let host = hosts[number]
            command = .join(
                file: host.disk.identity.file, name: "", address: address(of: host),
                startCounter: host.disk.identity.starts.count + 1, process: host.process)
        }
        guard let body = try? JSON.encode(command) else { return nil }
        return .cluster(.directory(body))
    }

    func operatorAnswered(_ token: UInt64, _ response: Response) {
        switch response {
        case .document(let body):
            guard let wish = operatorDesk.finish(token) else { return }
            switch wish {
            case .join(let number): takenIn(hosts[number], body)
            case .status: settled(body)
            case .register, .remove, .move: break
            }
        case .failed(let failure) where failure.outcome == .invalid:
            // The directory says that it makes no sense (any more).
            guard let wish = operatorDesk.finish(token) else { return }
            // A machine that is lost must go, however long it takes.
            if case .remove(let node) = wish, hostOfNode[node].map({ hosts[$0].isGone }) ?? false { operatorDesk.ask(wish) }
            log("the directory refuses \(wish): \(failure.failure.message)")
        default: operatorDesk.release(token)
        }
    }

    private func takenIn(_ host: SimulatedHost, _ body: [UInt8]) {
        guard !host.isRunning, let map = try? JSON.decode(ClusterMap.self, from: body),
            let member = map.members.first(where: { $0.file == host.disk.identity.file })
        else { return operatorDesk.ask(.join(host: host.number)) }
        boot(host, node: member.id) { engine in
            engine.adopt(name: "")
            engine.learnPeers(
                map.members.filter { $0.status != .removed }.map {
                    EngineOutputs.PeerAddress(node: $0.id, address: $0.address.description)
                })
        }
    }

    /// A machine whose disk cannot be used again: its node is removed, and an empty disk joins in its stead.
    func replace(_ host: SimulatedHost) {
        guard !host.isGone else { return }
        host.isGone = true
        if let node = host.node { operatorDesk.ask(.remove(node)) }
        if hosts.count < Network.hostsMax { operatorDesk.ask(.join(host: addHost().number)) }
    }
}
