import Primitives

extension DirectoryState {
    /// Takes in one event. Events come from `decide`, in the order of the log, on every replica.
    ///
    /// An event that does not fit the state was never decided on it, and to go on would part the replicas: it traps.
    public mutating func apply(_ event: DirectoryEvent) {
        switch event {
        case .clusterFounded(let cluster):
            precondition(!isFounded, "founding of \(cluster) in a directory of \(self.cluster)")
            self.cluster = cluster
            directoryVoters = [NodeID(1)]
        case .memberJoined(let node, let name, let address, let file, let startCounter, let process):
            precondition(node == nextNode, "node \(node) joins where \(nextNode) is next")
            members.append(
                Member(
                    id: node, name: name, address: address, file: file, startCounter: startCounter,
                    process: process, status: .joining))
            nextNode = NodeID(node.rawValue + 1)
        case .memberStarted(let node, let startCounter, let process, let address):
            let offset = existing(node)
            members[offset].startCounter = startCounter
            members[offset].process = process
            members[offset].address = address
        case .statusChanged(let node, let status):
            members[existing(node)].status = status
        case .kindRegistered(let name, let shards, let replication, let firstGroup, let voters):
            applyKind(
                KindRecord(name: name, shards: shards, replication: replication, firstGroup: firstGroup), voters)
        case .shardsPlaced(let placements):
            for placement in placements {
                let offset = existing(placement.group)
                shards[offset].replicas = placement.replicas
                shards[offset].preferredLeader = placement.preferredLeader
                shards[offset].pinnedLeader = placement.pinnedLeader
            }
        case .configurationsReported(let configurations):
            for configuration in configurations { shards[existing(configuration.group)].reported = configuration }
        case .directoryVotersChanged(let voters):
            directoryVoters = voters
        }
    }

    private mutating func applyKind(_ kind: KindRecord, _ voters: [[NodeID]]) {
        precondition(
            kind.firstGroup == nextGroup && voters.count == kind.shards,
            "\(kind.name) of \(kind.shards) shards with \(voters.count) placements begins at \(kind.firstGroup), next is \(nextGroup)")
        kinds.append(kind)
        for (number, nodes) in voters.enumerated() {
            let group = GroupID(kind.firstGroup.rawValue + UInt32(number))
            let sorted = nodes.sorted()
            shards.append(
                ShardRecord(
                    group: group, kind: kind.name, number: number, initialVoters: sorted, replicas: sorted,
                    preferredLeader: nodes.first,
                    reported: ReportedConfiguration(group: group, index: .zero, voters: sorted)))
        }
        nextGroup = GroupID(kind.firstGroup.rawValue + UInt32(kind.shards))
    }

    private func existing(_ node: NodeID) -> Int {
        guard let offset = memberOffset(node) else {
            preconditionFailure("an event names node \(node), of \(members.count) members")
        }
        return offset
    }

    private func existing(_ group: GroupID) -> Int {
        guard let offset = shardOffset(group) else {
            preconditionFailure("an event names group \(group), of \(shards.count) shards")
        }
        return offset
    }
}
