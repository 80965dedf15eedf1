internal import Consensus
internal import Directory
internal import Entities
internal import JSON
internal import Primitives
internal import Shards

/// Requests about the cluster, and following the directory.
extension Engine {
    func dispatch(_ pending: Pending, _ request: ClusterRequest) {
        switch request {
        case .shardMap:
            // A node that does not find itself among the members has heard little of them, and of kinds perhaps nothing.
            let isMember = directory?.member(node) != nil
            respond(to: pending.origin, isMember ? .document(clusterMap()) : .failed(.joining))
        case .openSession: respond(to: pending.origin, .document(openSession()))
        case .replica(let inquiry): dispatch(pending, inquiry)
        case .status, .directory:
            guard let replica = directoryReplica else { return respond(to: pending.origin, .failed(.noOwner)) }
            if replica.servingTerm == nil {
                if let leader = replica.raft.leader, leader != node {
                    return forward(pending, to: .directory)
                }
                return replica.queue.append(pending)
            }
            // A founder that has not yet written its first entry has nothing to say of a cluster.
            guard replica.directory!.newest.isFounded || pending.origin == .announcement else {
                return replica.queue.append(pending)
            }
            answerAsCoordinator(pending, request, replica)
        }
    }

    private func answerAsCoordinator(_ pending: Pending, _ request: ClusterRequest, _ replica: Replica) {
        guard case .directory(let body) = request else {
            guard let status = clusterStatus() else { return respond(to: pending.origin, .failed(.noOwner)) }
            return hold(.document(encode(status)), after: replica.applied, for: pending, in: replica)
        }
        do {
            decide(try JSON.decode(DirectoryCommand.self, from: body), pending, replica)
        } catch {
            respond(
                to: pending.origin,
                .failed(RequestFailure(.invalid, .malformed, "the directory command cannot be read: \(error)")))
        }
    }

    /// Proposes a change of the directory; the caller gets the map as it is then.
    func decide(_ command: DirectoryCommand, _ pending: Pending, _ replica: Replica) {
        do throws(DirectoryRefusal) {
            guard let decision = try replica.directory!.decide(command, wall: wall) else {
                // Nothing to do, by a state that may not be committed yet.
                return hold(
                    .document(clusterMap()), after: replica.directory!.newestIndex, for: pending, in: replica)
            }
            switch replica.raft.propose(.record, decision.payload, into: &replica.outputs) {
            case .appended(let index, let term):
                replica.directory!.proposed(decision.state, at: index)
                replica.waiters.append(
                    Waiter(index: index, term: term, origin: pending.origin, arrived: pending.arrived))
                touch(replica)
            case .overloaded: respond(to: pending.origin, .failed(.overloaded))
            case .notLeader, .transferring: respond(to: pending.origin, .failed(.moving))
            }
        } catch {
            // Refused by a state that may not be committed yet: a node that ends because of it would end for nothing.
            let failure = RequestFailure(.invalid, Failure.Code("directory-\(error.code)"), error.message)
            hold(.failed(failure), after: replica.directory!.newestIndex, for: pending, in: replica)
        }
    }

    // MARK: Documents

    func clusterMap() -> [UInt8] {
        let replica = directoryReplica
        let directory = replica?.directory?.newest ?? DirectoryState()
        let owners = directory.shards.map { record -> UInt32 in
            if let replica = self.replica(record.group) { return replica.raft.leader?.rawValue ?? 0 }
            if let standing = coordinator.standings[record.group] { return standing.report.leader.rawValue }
            return router.hints[record.group]?.rawValue ?? record.preferredLeader?.rawValue ?? 0
        }
        return encode(
            ClusterMap(
                cluster: cluster, node: node, directoryIndex: replica?.applied.rawValue ?? 0,
                members: directory.members, kinds: directory.kinds, owners: owners))
    }

    private func openSession() -> [UInt8] {
        lastOpened = max(lastOpened + 1, wall.milliseconds)
        return encode(OpenedSession(client: generator.next(), opened: lastOpened))
    }

    private func encode(_ value: some Encodable) -> [UInt8] {
        do { return try JSON.encode(value) } catch {
            preconditionFailure("\(type(of: value)) cannot be written as JSON: \(error)")
        }
    }

    // MARK: Following

    /// The directory has changed, or was restored: routes, peers and replicas follow it.
    func directoryChanged() {
        guard isRestored, let directory = directoryReplica?.directory?.committed else { return }
        isFollowDue = false
        router.kinds = [:]
        for kind in directory.kinds { router.kinds[kind.name] = kind }
        for shard in directory.shards {
            router.replicas[shard.group] = shard.replicas + shard.reported.voters.filter { !shard.replicas.contains($0) }
        }
        followMembers(directory)
        if isDirectoryCurrent { for shard in directory.shards { follow(shard, in: directory) } }
        if directory.member(node)?.status == .removed {
            fail(
                "this node (\(node)) has been removed from the cluster; its data is kept. To bring the machine back, "
                    + "start it with an empty folder: it joins as a new node")
        }
    }

    func followMembers(_ directory: DirectoryState) {
        let others = directory.members.filter { $0.id != node && $0.status != .removed }
        var addresses = others.map { EngineOutputs.PeerAddress(node: $0.id, address: address(of: $0)) }
        // A new node, or one that was killed early, applies the directory from its first entry on. Whoever is not in it yet, the directory's
        // leader perhaps, was named by those who took this node in, or has dialled it: let go, it could not be answered, and the directory
        // would come no further.
        var strangers: [NodeID: String] = [:]
        for known in knownAddresses { strangers[known.node] = known.address }
        for peer in knownPeers.values { strangers[peer.node] = peer.address }
        for peer in strangers.keys.sorted() where directory.member(peer) == nil {
            addresses.append(EngineOutputs.PeerAddress(node: peer, address: strangers[peer]!))
        }
        for address in addresses where peers[address.node] == nil { addPeer(address.node) }
        if addresses != knownAddresses {
            knownAddresses = addresses
            outputs.peers = addresses
        }
    }

    /// The word of the newer start counts: the member's own, until the directory has heard of it as well.
    private func address(of member: Member) -> String {
        guard let known = knownPeers[member.id], known.start > member.startCounter else { return member.address.description }
        return known.address
    }

    /// Whether the applied directory has come as far as the one that this node's replicas were made by. After a start it is applied
    /// anew, from an old commit index on: it would give up replicas that a later entry, in the log already, has asked for.
    private var isDirectoryCurrent: Bool {
        guard let replica = directoryReplica else { return false }
        return settings.broken.contains(.followOldDirectory) || replica.applied >= min(directoryFloor, replica.raft.lastIndex)
    }

    private func follow(_ shard: ShardRecord, in directory: DirectoryState) {
        if let replica = replica(shard.group) {
            // After a start from a checkpoint the index may be that of the checkpoint, later than the change itself. It matters only to
            // a replica that takes itself for a member.
            let isMember = replica.raft.configuration.contains(node)
            let known = isMember ? replica.raft.configurationIndex : .zero
            if directory.mayRetire(shard.group, on: node, knowing: known)
                || (settings.broken.contains(.giveUpWhileMember) && !shard.replicas.contains(node)),
                replica.raft.role != .leader
            {
                retire(replica)
            }
            return
        }
        guard dormant[shard.group] == nil else { return }
        let isBornHere = shard.initialVoters.contains(node) && (tombstones[shard.group] == nil || settings.broken.contains(.bornAgain))
        guard shard.replicas.contains(node) || (isBornHere && shard.reported.index == .zero) else { return }
        create(shard, isBornHere: isBornHere)
    }

    /// A replica of a newborn shard starts from the shard's first configuration; one that joins later learns its configuration
    /// from the log, and one that was here before starts as blank as any other (HAZARDS 4).
    private func create(_ shard: ShardRecord, isBornHere: Bool) {
        let configuration = isBornHere ? Configuration(voters: shard.initialVoters) : .none
        let descriptor = GroupDescriptor(
            group: shard.group, kind: shard.kind, number: shard.number, configuration: configuration)
        gathering.createGroup(descriptor)
        let tombstone = settings.broken.contains(.forgetTombstone) ? nil : tombstones[shard.group]
        tombstones[shard.group] = nil
        var log = RestoredLog.newborn(configuration)
        log.term = tombstone?.term ?? .zero
        log.vote = tombstone?.vote
        log.promised = settings.broken.contains(.forgetPromise) ? nil : tombstone?.promised
        start(RecoveredGroup(descriptor: descriptor, log: log, shard: .newborn))
        // Nobody leads a newborn shard: the one that is to lead need not wait for an election time-out.
        if isBornHere, shard.preferredLeader == node, let replica = replica(shard.group) {
            step(replica) { raft, outputs in
                raft.receive(.timeoutNow(term: raft.term), from: node, now: now, into: &outputs)
            }
        }
    }

    private func retire(_ replica: Replica) {
        notice("gives up its replica", group: replica.group)
        abandonHistories(of: replica.group)
        replicas.removeAll { $0 === replica }
        replicaIndex[replica.group] = nil
        letGo(of: replica)
        tombstones[replica.group] = Tombstone(
            group: replica.group, term: replica.raft.term, vote: replica.raft.vote, promised: replica.raft.promise)
        gathering.retireGroup(replica.group)
    }
}
