import Primitives

/// A process that presents itself with its journal.
struct Arrival {
    var file: UniqueID
    var name: String
    var address: NodeAddress
    var startCounter: UInt64
    var process: UniqueID

    init(_ file: UniqueID, _ name: String, _ address: NodeAddress, _ startCounter: UInt64, _ process: UniqueID) {
        self.file = file
        self.name = name
        self.address = address
        self.startCounter = startCounter
        self.process = process
    }
}

extension DirectoryState {
    func found(_ cluster: UniqueID, _ founder: Arrival) throws(DirectoryRefusal) -> [DirectoryEvent] {
        if isFounded {
            if self.cluster == cluster, member(file: founder.file)?.id == NodeID(1) { return [] }
            throw DirectoryRefusal(.alreadyFounded, "this directory already belongs to cluster \(self.cluster)")
        }
        guard cluster != .zero else {
            throw DirectoryRefusal(.alreadyFounded, "a cluster is founded under a UUID of its own, not under zeros")
        }
        // The founder needs no one to hear it first.
        return [
            .clusterFounded(cluster: cluster), try joined(founder), .statusChanged(node: nextNode, status: .up),
        ]
    }

    func join(_ arrival: Arrival) throws(DirectoryRefusal) -> [DirectoryEvent] {
        // A node whose answer was lost, or that crashed before it wrote its id down, asks again.
        if let member = member(file: arrival.file) { return try started(member.id, arrival) }
        let present = members.count { $0.status != .removed }
        guard present < Limits.nodesMax else {
            throw DirectoryRefusal(
                .tooManyNodes,
                "the cluster has \(present) nodes, and \(Limits.nodesMax) is the most; remove one first")
        }
        return [try joined(arrival)]
    }

    private func joined(_ arrival: Arrival) throws(DirectoryRefusal) -> DirectoryEvent {
        .memberJoined(
            node: nextNode, name: try name(for: arrival), address: arrival.address, file: arrival.file,
            startCounter: arrival.startCounter, process: arrival.process)
    }

    private func name(for arrival: Arrival) throws(DirectoryRefusal) -> String {
        if arrival.name.isEmpty {
            // Somebody may have chosen this very name for another node.
            var name = "node-\(nextNode)"
            while holder(of: name) != nil { name += "x" }
            return name
        }
        try Names.checkNode(arrival.name)
        if let holder = holder(of: arrival.name) {
            throw DirectoryRefusal(
                .nameTaken,
                "the name '\(arrival.name)' belongs to node \(holder.id) at \(holder.address); choose another, or remove that node first")
        }
        return arrival.name
    }

    private func holder(of name: String) -> Member? {
        members.first { $0.name == name && $0.status != .removed }
    }

    func started(_ node: NodeID, _ arrival: Arrival) throws(DirectoryRefusal) -> [DirectoryEvent] {
        guard let member = member(node) else { throw .unknownNode("\(node)") }
        guard member.file == arrival.file else {
            throw DirectoryRefusal(
                .otherFile,
                "node \(node) has the journal \(member.file), not \(arrival.file); start with an empty folder to join as a new node")
        }
        guard member.status != .removed else {
            throw DirectoryRefusal(
                .removedNode,
                "node \(node) was removed from the cluster, and the cluster went on without it; start with an empty folder to join as a new node")
        }
        let isSameStart = member.startCounter == arrival.startCounter && member.process == arrival.process
        if isSameStart && member.address == arrival.address { return [] }
        guard isSameStart || arrival.startCounter > member.startCounter else {
            throw DirectoryRefusal(
                .staleJournal,
                "node \(node) has started \(member.startCounter) times as far as the cluster knows, this journal says \(arrival.startCounter): it is an older copy, or two processes run on copies of one folder. Start on the newest folder; if it is lost, `holdfast node repair` sets this one aside and joins anew"
            )
        }
        return [
            .memberStarted(
                node: node, startCounter: arrival.startCounter, process: arrival.process, address: arrival.address)
        ]
    }

    func setStatus(_ node: NodeID, _ status: MemberStatus) throws(DirectoryRefusal) -> [DirectoryEvent] {
        guard let member = member(node) else { throw .unknownNode("\(node)") }
        switch (member.status, status) {
        case let (old, new) where old == new: return []
        case (.joining, .up), (.up, .down), (.down, .up): break
        case (.leaving, .removed): try checkEmpty(node)
        default:
            throw DirectoryRefusal(
                .statusConflict, "node \(node) is \(member.status.rawValue) and cannot become \(status.rawValue)")
        }
        return [.statusChanged(node: node, status: status)]
    }

    /// A removed node must be in no configuration: its vote would be missed.
    private func checkEmpty(_ node: NodeID) throws(DirectoryRefusal) {
        if let shard = shards.first(where: { $0.replicas.contains(node) || $0.reported.contains(node) }) {
            throw DirectoryRefusal(.notEmpty, "node \(node) still holds a replica of \(shard.name)")
        }
        if directoryVoters.contains(node) {
            throw DirectoryRefusal(.notEmpty, "node \(node) is still a voter of the directory")
        }
    }

    func remove(_ node: NodeID) throws(DirectoryRefusal) -> [DirectoryEvent] {
        guard let member = member(node) else { throw .unknownNode("\(node)") }
        if member.status == .leaving || member.status == .removed { return [] }
        guard members.contains(where: { $0.id != node && $0.status == .up }) else {
            throw DirectoryRefusal(
                .lastNode, "node \(node) cannot be removed: no other node is up that could take what it holds")
        }
        let unpinned = shards.filter { $0.pinnedLeader == node }.map { shard in
            var placement = shard.placement
            placement.pinnedLeader = nil
            return placement
        }
        let leaving = DirectoryEvent.statusChanged(node: node, status: .leaving)
        return unpinned.isEmpty ? [leaving] : [leaving, .shardsPlaced(placements: unpinned)]
    }

    func setDirectoryVoters(_ voters: [NodeID]) throws(DirectoryRefusal) -> [DirectoryEvent] {
        let voters = try checkedNodes(voters, of: "the directory")
        return voters == directoryVoters ? [] : [.directoryVotersChanged(voters: voters)]
    }

    /// `nodes` sorted, if each is a member and none stands there twice.
    func checkedNodes(_ nodes: [NodeID], of what: String) throws(DirectoryRefusal) -> [NodeID] {
        let sorted = nodes.sorted()
        guard !sorted.isEmpty else { throw DirectoryRefusal(.malformedPlacement, "\(what) is left without a node") }
        for (offset, node) in sorted.enumerated() {
            guard let member = member(node), member.status != .removed else { throw .unknownNode("\(node)") }
            guard offset == 0 || sorted[offset - 1] != node else {
                throw DirectoryRefusal(.malformedPlacement, "node \(node) stands twice among the nodes of \(what)")
            }
        }
        return sorted
    }
}
