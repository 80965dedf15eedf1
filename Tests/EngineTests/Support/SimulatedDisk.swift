import Consensus
import Engine
import Primitives
import Shards

/// A node's disk as the journal would keep it: what is durable, and nothing else. Batches take effect as one unit.
struct SimulatedDisk {
    struct Group {
        var descriptor: GroupDescriptor
        var term: Term = .zero
        var vote: NodeID?
        var base: SnapshotPoint
        /// Every entry from 1 on.
        var entries: [Entry] = []
        var commit: LogIndex = .zero
        var states: [[UInt8]: StoredState] = [:]
        var sessions: [UInt64: SessionRow] = [:]
        var keys: [KeyName: KeyRow] = [:]
        var forgottenOpened: Int64 = .min
        var keysForgottenThrough: LogIndex = .zero
        var meta: [UInt8] = []
        var checkpointTerm: Term = .zero
        var checkpointChecksum: UInt64 = 0

        init(_ descriptor: GroupDescriptor) {
            self.descriptor = descriptor
            base = .origin(descriptor.configuration)
        }
    }

    struct KeyName: Hashable {
        var entity: [UInt8]
        var key: [UInt8]
    }

    var identity: FileIdentity
    var groups: [GroupID: Group] = [:]
    var tombstones: [GroupID: Tombstone] = [:]

    init(file: UniqueID) {
        identity = FileIdentity(file: file, cluster: nil, node: nil, name: nil, startCounter: 0)
    }

    mutating func perform(_ batch: WriteBatch) {
        for operation in batch.operations { perform(operation) }
    }

    private mutating func perform(_ operation: WriteBatch.Operation) {
        switch operation {
        case .adoptCluster(let cluster, let node, let name):
            identity.cluster = cluster
            identity.node = node
            identity.name = name
        case .createGroup(let descriptor):
            precondition(groups[descriptor.group] == nil, "group \(descriptor.group) is there already")
            var group = Group(descriptor)
            if let tombstone = tombstones.removeValue(forKey: descriptor.group) {
                (group.term, group.vote) = (tombstone.term, tombstone.vote)
            }
            groups[descriptor.group] = group
        case .retireGroup(let id):
            let group = groups.removeValue(forKey: id)!
            tombstones[id] = Tombstone(group: id, term: group.term, vote: group.vote)
        case .hardState(let id, let term, let vote):
            precondition(term >= groups[id]!.term, "the term of group \(id) goes back")
            groups[id]!.term = term
            groups[id]!.vote = vote
        case .truncate(let id, let from):
            precondition(from > groups[id]!.commit, "group \(id) loses the committed entry \(from)")
            groups[id]!.entries.removeLast(groups[id]!.entries.count - Int(from.rawValue) + 1)
        case .append(let id, let entries):
            for entry in entries {
                let last = groups[id]!.entries.last
                precondition(entry.index == (last?.index ?? .zero).next, "entry \(entry.index) leaves a gap in group \(id)")
                precondition(entry.follows(last?.checksum ?? 0), "entry \(entry.index) breaks the chain of group \(id)")
                groups[id]!.entries.append(entry)
            }
        case .commit(let id, let index): groups[id]!.commit = max(groups[id]!.commit, index)
        case .checkpoint(let id, let point, let state): checkpoint(id, point, state)
        case .installSnapshot, .trim: preconditionFailure("nothing trims logs here")
        }
    }

    private mutating func checkpoint(_ id: GroupID, _ point: SnapshotPoint, _ state: ShardCheckpoint) {
        groups[id]!.base = point
        groups[id]!.commit = max(groups[id]!.commit, point.index)
        for row in state.entities { groups[id]!.states[row.entity] = row.stored() }
        for session in state.sessions { groups[id]!.sessions[session.client] = session }
        for client in state.sessionsRemoved { groups[id]!.sessions[client] = nil }
        for key in state.keys { groups[id]!.keys[KeyName(entity: key.entity, key: key.key)] = key }
        groups[id]!.keys = groups[id]!.keys.filter { $0.value.reply.index > state.keysForgottenThrough }
        groups[id]!.forgottenOpened = state.forgottenOpened
        groups[id]!.keysForgottenThrough = state.keysForgottenThrough
        groups[id]!.meta = state.meta
        groups[id]!.checkpointTerm = state.term
        groups[id]!.checkpointChecksum = state.checksum
    }

    func load(_ id: GroupID, _ requests: [LoadRequest]) -> [LoadResult] {
        requests.map { request in
            LoadResult(
                state: request.wantsState ? groups[id]?.states[request.entity] : nil,
                key: request.key.flatMap { groups[id]?.keys[KeyName(entity: request.entity, key: $0)]?.reply })
        }
    }

    func recovered() -> [RecoveredGroup] {
        groups.keys.sorted().map { id in
            let group = groups[id]!
            let log = RestoredLog(
                term: group.term, vote: group.vote, base: group.base,
                entries: Array(group.entries.dropFirst(Int(group.base.index.rawValue))), commit: group.commit,
                firstAvailable: LogIndex(1))
            let shard = RestoredShard(
                index: group.base.index, term: group.checkpointTerm, checksum: group.checkpointChecksum,
                sessions: group.sessions.keys.sorted().map { group.sessions[$0]! },
                forgottenOpened: group.forgottenOpened, keysForgottenThrough: group.keysForgottenThrough,
                meta: group.meta)
            return RecoveredGroup(
                descriptor: group.descriptor, log: log, shard: shard,
                directoryState: id == .directory ? group.states[Array("directory".utf8)]?.state : nil)
        }
    }
}
