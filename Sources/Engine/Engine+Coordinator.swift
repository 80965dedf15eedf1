internal import Consensus
internal import Directory
internal import Primitives

/// Reports from groups' leaders to the coordinator, plans, and orders back.
extension Engine {
    // MARK: A group's leader

    /// Tells the coordinator what has changed in the groups that this node leads.
    func report() {
        guard now - coordinator.lastReport >= settings.reportInterval, let target = directoryReplica?.raft.leader
        else { return }
        coordinator.lastReport = now
        // A report may be lost with its connection: everything is told again from time to time.
        if now - lastFullReport >= settings.fullReportInterval {
            lastFullReport = now
            coordinatorChanged()
        }
        var news: [GroupStanding] = []
        for replica in replicas where replica.servingTerm != nil {
            let standing = standing(of: replica)
            guard standing != replica.lastReport else { continue }
            replica.lastReport = standing
            news.append(standing)
        }
        guard !news.isEmpty else { return }
        if target == node { coordinator.heard(news) } else { post(.report(news), to: target) }
    }

    /// The coordinator may be another one, or have missed what was sent: everything is told anew.
    func coordinatorChanged() {
        for replica in replicas { replica.lastReport = nil }
    }

    private func standing(of replica: Replica) -> GroupStanding {
        let raft = replica.raft
        let last = raft.lastIndex
        var caughtUp = [node]
        var behind: [ClusterStatus.Lag] = []
        for peer in raft.progress {
            let lag = last.rawValue - min(last, peer.matching).rawValue
            if peer.isActive, lag <= UInt64(settings.raft.promotionLagMax) { caughtUp.append(peer.node) }
            behind.append(ClusterStatus.Lag(node: peer.node, entries: lag))
        }
        let report = GroupReport(
            group: replica.group, leader: node, term: raft.term, configurationIndex: raft.configurationIndex,
            isSettled: raft.configurationIndex <= raft.commit, voters: raft.configuration.voters,
            learners: raft.configuration.learners, caughtUp: caughtUp.sorted(), commit: raft.commit)
        return GroupStanding(report: report, behind: behind)
    }

    /// Carries out what the coordinator asks, if it still fits.
    func obey(_ order: GroupOrder) {
        guard let replica = replica(order.group), replica.servingTerm != nil, !isStopping else { return }
        let verdict = order.verdict(at: standing(of: replica).report) { peer in peer == node || isFit(peer) }
        guard verdict == .obey || settings.broken.contains(.obeyUnsafeOrders) else { return }
        step(replica) { raft, outputs in
            // A refusal means that the group has moved on; the next report tells the coordinator how.
            switch order.action {
            case .addLearner(let peer): _ = try? raft.changeConfiguration(.addLearner(peer), into: &outputs)
            case .promote(let peer): _ = try? raft.changeConfiguration(.promote(peer), into: &outputs)
            case .remove(let peer, _): _ = try? raft.changeConfiguration(.remove(peer), into: &outputs)
            case .transfer(let peer): try? raft.transferLeadership(to: peer, now: now, into: &outputs)
            }
        }
    }

    // MARK: The coordinator

    /// Plans and carries out, one safe step a group at a time. The data path never waits for it.
    func coordinate() {
        guard let replica = directoryReplica, replica.servingTerm != nil else {
            if coordinator.since != nil { coordinator.forget() }
            return
        }
        if coordinator.since == nil {
            coordinator.since = now
            coordinatorChanged()
        }
        guard now - coordinator.lastPlan >= settings.planInterval, !isStopping else { return }
        coordinator.lastPlan = now
        coordinator.settlePending(now: now, patience: settings.plan.orderPatience)
        guard let directory = replica.directory, directory.newestIndex == directory.applied else { return }
        for step in plan(directory.committed, clusterReport(), settings: settings.plan) {
            switch step {
            case .propose(let command): propose(command, in: replica)
            case .order(let order):
                coordinator.pending.append((order, now))
                if order.leader == node { obey(order) } else { post(.order(order), to: order.leader) }
            }
        }
    }

    private func propose(_ command: DirectoryCommand, in replica: Replica) {
        decide(command, Pending(request: .cluster(.status), origin: .none, hops: 0, arrived: now), replica)
    }

    func clusterReport() -> ClusterReport {
        let since = coordinator.since ?? now
        var nodes = [NodeReport(node: node, silence: .zero, heardFor: now - since + settings.plan.steadyAfter)]
        for peer in peerOrder {
            let link = peers[peer]!
            let silence = link.isConnected && !link.isSuspected ? now - (link.lastHeard ?? since) : now - max(since, link.lastHeard ?? since)
            nodes.append(
                NodeReport(node: peer, silence: silence, heardFor: link.heardSince.map { now - $0 } ?? .zero))
        }
        let groups = coordinator.standings.values.map(\.report).sorted { $0.group < $1.group }
        return ClusterReport(nodes: nodes, groups: groups, pending: coordinator.pending.map(\.order))
    }

    func clusterStatus() -> ClusterStatus? {
        guard let replica = directoryReplica, replica.servingTerm != nil, let directory = replica.directory?.committed
        else { return nil }
        var owned: [NodeID: Int] = [:]
        var held: [NodeID: Int] = [:]
        var shards: [ClusterStatus.ShardState] = []
        var copies: [String: Int] = [:]
        for kind in directory.kinds { copies[kind.name] = directory.copies(of: kind) }
        for record in directory.shards {
            let standing = coordinator.standings[record.group]
            let isLed = standing.map { isReachable($0.report.leader) } ?? false
            if isLed, let owner = standing?.report.leader { owned[owner, default: 0] += 1 }
            for voter in standing?.report.voters ?? record.reported.voters { held[voter, default: 0] += 1 }
            shards.append(
                ClusterStatus.ShardState(
                    shard: record.name, group: record.group, owner: isLed ? standing?.report.leader : nil,
                    term: standing?.report.term, voters: standing?.report.voters ?? record.reported.voters,
                    learners: standing?.report.learners ?? record.reported.learners, wanted: record.replicas,
                    copies: copies[record.kind] ?? 0, commit: standing?.report.commit, behind: standing?.behind ?? []))
        }
        let own = self.standing(of: replica)
        shards.insert(
            ClusterStatus.ShardState(
                shard: "directory", group: .directory, owner: node, term: own.report.term, voters: own.report.voters,
                learners: own.report.learners, wanted: directory.directoryVoters, copies: directory.directoryVotersWanted, commit: own.report.commit,
                behind: own.behind), at: 0)
        let members = directory.members.map { member in
            ClusterStatus.MemberState(
                node: member.id, name: member.name, address: member.address.description, status: member.status,
                isReachable: isReachable(member.id), owned: owned[member.id] ?? 0, replicas: held[member.id] ?? 0)
        }
        return ClusterStatus(cluster: cluster, coordinator: node, members: members, shards: shards)
    }

    private func isReachable(_ peer: NodeID) -> Bool {
        peer == node || peers[peer].map { $0.isConnected && !$0.isSuspected } ?? false
    }
}
