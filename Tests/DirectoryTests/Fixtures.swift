import Directory
import Primitives

/// A UUID that is easy to tell from others.
func unique(_ number: Int) -> UniqueID { UniqueID(high: 0x4000, low: 0x8000_0000_0000_0000 + UInt64(number)) }

/// `10.0.0.n:7400`.
func address(_ number: Int) -> NodeAddress {
    // The text is an address.
    try! NodeAddress("10.0.0.\(number):7400")
}

func nodes(_ ids: UInt32...) -> [NodeID] { ids.map { NodeID($0) } }

extension DirectoryState {
    /// Decides and applies.
    @discardableResult
    mutating func perform(_ command: DirectoryCommand) throws(DirectoryRefusal) -> [DirectoryEvent] {
        let events = try decide(command)
        for event in events { apply(event) }
        return events
    }

    /// A cluster of `count` members, all up, node `n` with file `n`.
    static func cluster(_ count: Int) throws -> DirectoryState {
        var state = DirectoryState()
        try state.perform(
            .found(
                cluster: unique(1_000), file: unique(1), name: "", address: address(1), startCounter: 1,
                process: unique(2_001)))
        for number in 1..<max(count, 1) { try state.admit(number + 1) }
        return state
    }

    /// Joins node `number` and marks it up.
    mutating func admit(_ number: Int) throws {
        try perform(
            .join(
                file: unique(number), name: "", address: address(number), startCounter: 1,
                process: unique(2_000 + number)))
        try perform(.setStatus(node: NodeID(UInt32(number)), status: .up))
    }

    func placement(_ group: UInt32) -> ShardPlacement? {
        shard(GroupID(group)).map {
            ShardPlacement(
                group: $0.group, replicas: $0.replicas, preferredLeader: $0.preferredLeader,
                pinnedLeader: $0.pinnedLeader)
        }
    }

    /// Replicas wanted and leaderships preferred, per member that is not removed.
    var spread: (replicas: [NodeID: Int], leaders: [NodeID: Int]) {
        var replicas: [NodeID: Int] = [:]
        var leaders: [NodeID: Int] = [:]
        for member in members where member.status != .removed {
            replicas[member.id] = 0
            leaders[member.id] = 0
        }
        for shard in shards {
            for node in shard.replicas { replicas[node, default: 0] += 1 }
            if let leader = shard.preferredLeader { leaders[leader, default: 0] += 1 }
        }
        return (replicas, leaders)
    }
}

func range(_ counts: some Collection<Int>) -> Int { (counts.max() ?? 0) - (counts.min() ?? 0) }
