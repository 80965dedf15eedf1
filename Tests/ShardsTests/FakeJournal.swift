import Primitives
import Shards

/// What a journal keeps of one shard's checkpoints, in memory.
struct FakeJournal: Equatable {
    var index = LogIndex.zero
    var term = Term.zero
    var checksum: UInt64 = 0
    var entities: [[UInt8]: StoredState] = [:]
    var sessions: [UInt64: SessionRow] = [:]
    var keys: [[[UInt8]]: KeyRow] = [:]
    var forgottenOpened = Int64.min
    var keysForgottenThrough = LogIndex.zero
    var meta: [UInt8] = []
    /// Loads answered.
    var loads = 0

    mutating func write(_ checkpoint: ShardCheckpoint) {
        precondition(checkpoint.index > index)
        index = checkpoint.index
        term = checkpoint.term
        checksum = checkpoint.checksum
        for row in checkpoint.entities { entities[row.entity] = row.stored() }
        for client in checkpoint.sessionsRemoved { sessions[client] = nil }
        for row in checkpoint.sessions {
            precondition(!checkpoint.sessionsRemoved.contains(row.client))
            sessions[row.client] = row
        }
        for row in checkpoint.keys { keys[[row.entity, row.key]] = row }
        keys = keys.filter { $0.value.reply.index > checkpoint.keysForgottenThrough }
        forgottenOpened = checkpoint.forgottenOpened
        keysForgottenThrough = checkpoint.keysForgottenThrough
        meta = checkpoint.meta
    }

    mutating func answer(_ request: LoadRequest) -> LoadResult {
        loads += 1
        return LoadResult(
            state: request.wantsState ? entities[request.entity] : nil,
            key: request.key.flatMap { keys[[request.entity, $0]]?.reply })
    }

    var restored: RestoredShard {
        RestoredShard(
            index: index, term: term, checksum: checksum,
            sessions: sessions.values.sorted { $0.client < $1.client }, forgottenOpened: forgottenOpened,
            keysForgottenThrough: keysForgottenThrough, meta: meta)
    }

    static func == (left: FakeJournal, right: FakeJournal) -> Bool {
        left.index == right.index && left.term == right.term && left.checksum == right.checksum
            && left.entities == right.entities && left.sessions == right.sessions && left.keys == right.keys
            && left.forgottenOpened == right.forgottenOpened
            && left.keysForgottenThrough == right.keysForgottenThrough && left.meta == right.meta
    }
}
