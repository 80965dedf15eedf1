internal import Consensus
internal import Engine
internal import Primitives
internal import Shards

/// A node's disk as the journal would keep it: what is durable, and nothing else. A batch takes effect as one unit.
struct SimulatedDisk {
    struct Group {
        var descriptor: GroupDescriptor
        var term: Term = .zero
        var vote: NodeID?
        var base: SnapshotPoint
        /// Every entry from 1 on.
        var entries: [Entry] = []
        var commit: LogIndex = .zero
        var tables = Tables()

        /// The members by the newest configuration in the log.
        var configuration: Configuration {
            for entry in entries.reversed() where entry.type == .configuration {
                if let configuration = try? Configuration(decoding: entry.payload) { return configuration }
            }
            return descriptor.configuration
        }

        init(_ descriptor: GroupDescriptor) {
            self.descriptor = descriptor
            base = .origin(descriptor.configuration)
        }
    }

    /// The tables that checkpoints write.
    struct Tables: Equatable {
        var states: [[UInt8]: StoredState] = [:]
        var sessions: [UInt64: SessionRow] = [:]
        var keys: [KeyName: KeyRow] = [:]
        var forgottenOpened: Int64 = .min
        var keysForgottenThrough: LogIndex = .zero
        var meta: [UInt8] = []
        var term: Term = .zero
        var checksum: UInt64 = 0
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

    /// The entry at `index`; nil if the disk has none.
    func entry(_ group: GroupID, _ index: LogIndex) -> Entry? {
        guard let entries = groups[group]?.entries, index > .zero, index.rawValue <= entries.count else { return nil }
        return entries[Int(index.rawValue) - 1]
    }

    // MARK: Reading

    func load(_ id: GroupID, _ requests: [LoadRequest]) -> [LoadResult] {
        requests.map { request in
            LoadResult(
                state: request.wantsState ? groups[id]?.tables.states[request.entity] : nil,
                key: request.key.flatMap { key in
                    guard let tables = groups[id]?.tables,
                        let row = tables.keys[KeyName(entity: request.entity, key: key)],
                        row.reply.index > tables.keysForgottenThrough
                    else { return nil }
                    return row.reply
                })
        }
    }

    /// Entries for a follower far behind; nil if one of them is damaged.
    func entries(
        _ id: GroupID, from: LogIndex, through: LogIndex, countMax: Int, isVerified: Bool
    ) -> (entries: [Entry], previousTerm: Term)? {
        guard let entries = groups[id]?.entries, from > .zero, from.rawValue <= entries.count else { return ([], .zero) }
        let first = Int(from.rawValue) - 1
        let end = min(entries.count, Int(through.rawValue), first + countMax)
        guard end > first else { return ([], .zero) }
        if isVerified, !Self.isSound(entries, first..<end) { return nil }
        return (Array(entries[first..<end]), first == 0 ? .zero : entries[first - 1].term)
    }

    private static func isSound(_ entries: [Entry], _ range: Range<Int>) -> Bool {
        range.allSatisfy { entries[$0].follows($0 == 0 ? 0 : entries[$0 - 1].checksum) }
    }

    // MARK: Opening

    /// Whether the checksums of everything are right: what `journal verify` says.
    var isSound: Bool {
        groups.values.allSatisfy { Self.isSound($0.entries, 0..<$0.entries.count) }
    }

    /// What the journal finds at a start; nil if it is damaged and the start is refused.
    func recovered(isVerified: Bool) -> [RecoveredGroup]? {
        var recovered: [RecoveredGroup] = []
        for id in groups.keys.sorted() {
            let group = groups[id]!
            let base = Int(group.base.index.rawValue)
            if isVerified, !Self.isSound(group.entries, base..<group.entries.count) { return nil }
            let log = RestoredLog(
                term: group.term, vote: group.vote, base: group.base, entries: Array(group.entries.dropFirst(base)),
                commit: group.commit, firstAvailable: LogIndex(1))
            let tables = group.tables
            let shard = RestoredShard(
                index: group.base.index, term: tables.term, checksum: tables.checksum,
                sessions: tables.sessions.keys.sorted().map { tables.sessions[$0]! },
                forgottenOpened: tables.forgottenOpened, keysForgottenThrough: tables.keysForgottenThrough,
                meta: tables.meta)
            recovered.append(
                RecoveredGroup(
                    descriptor: group.descriptor, log: log, shard: shard,
                    directoryState: id == .directory ? tables.states[Array("directory".utf8)]?.state : nil))
        }
        return recovered
    }
}
