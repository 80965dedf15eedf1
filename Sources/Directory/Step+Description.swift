import Primitives

// One line a step, for logs and transcripts.

extension Step: CustomStringConvertible {
    public var description: String {
        switch self {
        case .propose(let command): "propose \(command)"
        case .order(let order): "order \(order)"
        }
    }
}

extension GroupOrder: CustomStringConvertible {
    public var description: String {
        "group \(group) at \(configurationIndex), leader \(leader) in term \(term): \(action)"
    }
}

extension GroupOrder.Action: CustomStringConvertible {
    public var description: String {
        switch self {
        case .addLearner(let node): "add learner \(node)"
        case .promote(let node): "promote \(node)"
        case .remove(let node, 0): "remove \(node)"
        case .remove(let node, let keeping): "remove \(node) keeping \(keeping)"
        case .transfer(let node): "transfer to \(node)"
        }
    }
}

extension DirectoryCommand: CustomStringConvertible {
    public var description: String {
        switch self {
        case .found(let cluster, _, let name, let address, _, _): "found \(cluster) as '\(name)' at \(address)"
        case .join(let file, let name, let address, let startCounter, _):
            "join file \(file) as '\(name)' at \(address), start \(startCounter)"
        case .started(let node, _, let startCounter, _, let address):
            "started node \(node) at \(address), start \(startCounter)"
        case .setStatus(let node, let status): "node \(node) is \(status.rawValue)"
        case .remove(let node): "remove node \(node)"
        case .registerKind(let name, let shards, _): "register \(name) with \(shards) shards"
        case .place(let placements): "place \(placements.count) shards"
        case .reportConfigurations(let configurations): "record \(configurations.count) configurations"
        case .setDirectoryVoters(let voters): "directory voters \(voters)"
        case .move(let group, let node): "move group \(group) to node \(node)"
        case .unpin(let group): "unpin group \(group)"
        }
    }
}
