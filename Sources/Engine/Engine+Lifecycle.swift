internal import Consensus
public import Directory
internal import Entities
internal import JSON
import Primitives
public import Shards

/// From start to stop.
extension Engine {
    // MARK: Groups

    func restore(_ group: RecoveredGroup) {
        if group.descriptor.group == .directory || runtimes[group.descriptor.kind] != nil {
            start(group)
        } else {
            dormant[group.descriptor.group] = group
        }
    }

    /// Takes part in a group from now on.
    func start(_ recovered: RecoveredGroup) {
        let descriptor = recovered.descriptor
        guard descriptor.group == .directory || runtimes[descriptor.kind] != nil else {
            dormant[descriptor.group] = recovered
            return
        }
        let raft = RaftGroup(
            group: descriptor.group, node: node, restored: recovered.log, settings: settings.raft,
            seed: generator.next(), now: now)
        let replica = Replica(
            group: descriptor.group, tally: tally(of: descriptor.kind), shardNumber: UInt32(descriptor.number), raft: raft,
            writtenCheckpoint: recovered.log.base.index)
        if descriptor.group == .directory {
            replica.directory = directoryMachine(recovered)
        } else {
            do {
                replica.shard = try ShardMachine(
                    runtime: runtimes[descriptor.kind]!, settings: settings.shard, restored: recovered.shard)
            } catch {
                return fail("the checkpoint of group \(descriptor.group) cannot be read: \(error)")
            }
        }
        let position = replicas.firstIndex { $0.group > replica.group } ?? replicas.endIndex
        replicas.insert(replica, at: position)
        replicaIndex[replica.group] = replica
        for peer in peerOrder where peers[peer]!.isConnected {
            step(replica) { raft, outputs in raft.peerReached(peer, now: now, into: &outputs) }
        }
        if replica.applied < replica.raft.commit { applyCommitted(replica) }
        touch(replica)
    }

    private func directoryMachine(_ recovered: RecoveredGroup) -> DirectoryMachine {
        guard let json = recovered.directoryState else {
            return DirectoryMachine(restored: DirectoryState(), applied: recovered.log.base.index)
        }
        do {
            return DirectoryMachine(
                restored: try JSON.decode(DirectoryState.self, from: json), applied: recovered.log.base.index)
        } catch {
            fail("the directory's checkpoint cannot be read: \(error)")
            return DirectoryMachine(restored: DirectoryState(), applied: recovered.log.base.index)
        }
    }

    /// Adds a kind that this process can run from now on; its groups here take part.
    public func register(_ runtime: KindRuntime) {
        guard runtimes[runtime.name] == nil else { return }
        runtimes[runtime.name] = runtime
        for group in dormant.keys.sorted() where dormant[group]!.descriptor.kind == runtime.name {
            start(dormant.removeValue(forKey: group)!)
        }
        directoryChanged()
    }

    // MARK: The node in the cluster

    /// Makes this node the first of a new cluster. Once in a cluster's life, on a blank file.
    public func found(name: String, address: NodeAddress) {
        gathering.adoptCluster(cluster, node: node, name: name)
        let configuration = Configuration(voters: [node])
        let descriptor = GroupDescriptor(group: .directory, kind: "", number: 0, configuration: configuration)
        gathering.createGroup(descriptor)
        start(RecoveredGroup(descriptor: descriptor, log: .newborn(configuration), shard: .newborn))
        let command = DirectoryCommand.found(
            cluster: cluster, file: identity.file, name: name, address: address, startCounter: identity.starts.count,
            process: identity.starts.process)
        announcement = Announcement(command: command)
    }

    /// Makes this node a member that the directory has already taken in: its replica of the directory starts blank.
    public func adopt(name: String) {
        gathering.adoptCluster(cluster, node: node, name: name)
        let descriptor = GroupDescriptor(group: .directory, kind: "", number: 0, configuration: .none)
        gathering.createGroup(descriptor)
        start(RecoveredGroup(descriptor: descriptor, log: .newborn(.none), shard: .newborn))
    }

    /// Peers as somebody outside the directory knows them: a joining node has no directory yet.
    public func learnPeers(_ addresses: [EngineOutputs.PeerAddress]) {
        for address in addresses where address.node != node && peers[address.node] == nil { addPeer(address.node) }
        knownAddresses = addresses.filter { $0.node != node }
        outputs.peers = knownAddresses
    }

    /// Tells the directory that this node's process has started; repeated until the directory knows.
    public func announceStart(address: NodeAddress) {
        announcement = Announcement(
            command: .started(
                node: node, file: identity.file, startCounter: identity.starts.count, process: identity.starts.process,
                address: address))
    }

    /// A founder that was killed before its first entry was durable founds its cluster once more: nobody else can have heard of it.
    private func refounding(_ command: DirectoryCommand, _ replica: Replica) -> DirectoryCommand {
        guard case .started(let node, let file, let startCounter, let process, let address) = command,
            node == NodeID(1), replica.servingTerm != nil, !replica.directory!.newest.isFounded,
            replica.raft.configuration.voters == [node]
        else { return command }
        return .found(
            cluster: cluster, file: file, name: identity.name ?? "", address: address, startCounter: startCounter,
            process: process)
    }

    func announce() {
        guard let item = announcement, item.sent.map({ now - $0 > .milliseconds(1_000) }) ?? true else { return }
        guard let replica = directoryReplica, let body = try? JSON.encode(refounding(item.command, replica)) else { return }
        let pending = Pending(request: .cluster(.directory(body)), origin: .announcement, hops: 0, arrived: now)
        if replica.raft.leader != nil {
            announcement!.sent = now
            dispatch(pending)
        } else if let peer = reachablePeers.randomElement(using: &generator) {
            // The directory's leader may be one that does not know where this node is, as nobody has told it yet: then
            // neither hears the other, and only a third can pass the word on.
            announcement!.sent = now
            forward(pending, to: peer)
        }
    }

    private var reachablePeers: [NodeID] { peerOrder.filter { peers[$0]!.isConnected && !peers[$0]!.isSuspected } }

    func announced(_ response: Response) {
        switch response {
        case .document: announcement = nil
        case .failed(let failure) where failure.outcome == .invalid: fail(failure.failure.message)
        default: break
        }
    }

    /// Whether this node takes part: it knows its cluster and has told the directory that it is here.
    public var isReady: Bool {
        guard announcement == nil, let directory else { return false }
        return directory.isFounded && directory.member(node) != nil
    }

    // MARK: Stopping

    /// Hands every led group to a member that is caught up. New requests are still passed on.
    public func handOver() {
        isStopping = true
        for replica in replicas where replica.raft.role == .leader { handOver(replica) }
    }

    func handOver(_ replica: Replica) {
        let heirs = replica.raft.progress.filter { !$0.isLearner && $0.isActive && isFit($0.node) }
        guard let heir = heirs.max(by: { ($0.matching, $1.node) < ($1.matching, $0.node) }) else { return }
        step(replica) { raft, outputs in
            try? raft.transferLeadership(to: heir.node, now: now, into: &outputs)
        }
    }

    /// Whether some led group could still be handed over.
    public var isHandingOver: Bool {
        replicas.contains { replica in
            replica.raft.role == .leader
                && replica.raft.progress.contains { !$0.isLearner && $0.isActive && isFit($0.node) }
        }
    }
}

/// What this node wants the directory to know, until it does.
struct Announcement {
    var command: DirectoryCommand
    var sent: Instant?
}
