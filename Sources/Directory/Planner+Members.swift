import Primitives

extension Planner {
    /// Statuses follow what is heard; a leaving member that holds nothing is removed.
    mutating func planStatuses() {
        for node in nodes {
            guard let status = nextStatus(of: node) else { continue }
            steps.append(.propose(.setStatus(node: node.id, status: status)))
        }
    }

    private func nextStatus(of node: NodeView) -> MemberStatus? {
        switch node.status {
        case .joining: node.isAlive ? .up : nil
        case .up: node.silence >= settings.downAfter ? .down : nil
        case .down: node.isSteady ? .up : nil
        case .leaving: isEmpty(node.id) ? .removed : nil
        case .removed: nil
        }
    }

    private func isEmpty(_ node: NodeID) -> Bool {
        !directory.directoryVoters.contains(node) && !directoryGroup.voters.contains(node)
            && !directory.shards.contains { $0.replicas.contains(node) || $0.reported.contains(node) }
            && !report.groups.dropFirst().contains { $0.voters.contains(node) || $0.learners.contains(node) }
            && !report.pending.contains { $0.group != .directory && $0.action.node == node }
    }

    // MARK: - The directory's own voters

    /// 1, 3 or 5 voters by the number of members, changed as little as possible. Always an odd number: an even one stands no more
    /// failures and needs one node more.
    mutating func planDirectoryVoters() {
        let members = nodes.count { $0.isHost || $0.isLost }
        let hosts = nodes.count { $0.isHost }
        let current = directory.directoryVoters
        let keptLost = current.filter { view($0).isLost }
        let count = Self.odd(min(Self.directoryVoterCount(members: members), hosts + keptLost.count))
        guard count > 0 else { return }

        let kept = current.filter { view($0).isHost }.sorted { precedence($0) < precedence($1) }
        let spares = nodes.filter { $0.canTake && !current.contains($0.id) }.map(\.id)
            .sorted { precedence($0) < precedence($1) }
        let chosen = (kept + spares + keptLost).prefix(count).sorted()
        // Some host is not ready to take over yet.
        guard chosen.count == count, chosen != current else { return }
        steps.append(.propose(.setDirectoryVoters(voters: chosen)))
    }

    static func directoryVoterCount(members: Int) -> Int {
        switch members {
        case ..<3: 1
        case 3..<5: 3
        default: 5
        }
    }

    private static func odd(_ count: Int) -> Int { count % 2 == 0 ? count - 1 : count }

    private func precedence(_ node: NodeID) -> (Int, Int, Int, NodeID) {
        (
            node == directoryGroup.leader ? 0 : 1, isAlive(node) ? 0 : 1,
            directoryGroup.voters.contains(node) ? 0 : 1, node
        )
    }
}
