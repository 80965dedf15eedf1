import Primitives

extension DirectoryState {
    /// The events that carry out `command`; none if there is nothing left to do.
    ///
    /// Decide against the newest state, what is proposed and not yet committed included.
    /// - Throws: a refusal that says why this cannot be; nothing has changed.
    public func decide(_ command: DirectoryCommand) throws(DirectoryRefusal) -> [DirectoryEvent] {
        if case .found(let cluster, let file, let name, let address, let startCounter, let process) = command {
            return try found(cluster, Arrival(file, name, address, startCounter, process))
        }
        guard isFounded else {
            throw DirectoryRefusal(.notFounded, "this directory belongs to no cluster yet")
        }
        switch command {
        case .found:
            return []
        case .join(let file, let name, let address, let startCounter, let process):
            return try join(Arrival(file, name, address, startCounter, process))
        case .started(let node, let file, let startCounter, let process, let address):
            return try started(node, Arrival(file, "", address, startCounter, process))
        case .setStatus(let node, let status):
            return try setStatus(node, status)
        case .remove(let node):
            return try remove(node)
        case .registerKind(let name, let shards, let replication):
            return try registerKind(name, shards: shards, replication: replication)
        case .place(let placements):
            return try place(placements)
        case .reportConfigurations(let configurations):
            return try report(configurations)
        case .setDirectoryVoters(let voters):
            return try setDirectoryVoters(voters)
        case .move(let group, let node):
            return try move(group, to: node)
        case .unpin(let group):
            return try unpin(group)
        }
    }
}
