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
        /// Where the logs of earlier replicas ended.
        var promised: LogPosition?
        var base: SnapshotPoint
        /// What the oldest entry follows: all zero unless the log was trimmed or began with a checkpoint.
        var before = Position()
        var entries: [Entry] = []
        var commit: LogIndex = .zero
        var tables = Tables()

        /// The members by the newest configuration in the log.
        var configuration: Configuration {
            for entry in entries.reversed() where entry.type == .configuration {
                if let configuration = try? Configuration(decoding: entry.payload) { return configuration }
            }
            // Entries that are trimmed are in the checkpoint.
            return base.configuration
        }

        /// How far the log of any replica of the group on this disk has come.
        var farthest: LogPosition? {
            let end = LogPosition(term: last.term, index: last.index)
            return end.index > .zero ? max(promised ?? end, end) : promised
        }

        /// Where the log ends.
        var last: Position { entries.last.map(Position.init) ?? before }

        func entry(_ index: LogIndex) -> Entry? {
            guard index > before.index, index <= last.index else { return nil }
            return entries[index - before.index - 1]
        }

        /// The first entry of the window that a process takes up.
        var windowStart: Int { base.index - before.index }

        init(_ descriptor: GroupDescriptor) {
            self.descriptor = descriptor
            base = .origin(descriptor.configuration)
        }
    }

    struct Position {
        var index = LogIndex.zero
        var term = Term.zero
        var checksum: UInt64 = 0

        init() {}
        init(_ entry: Entry) { (index, term, checksum) = (entry.index, entry.term, entry.checksum) }
        init(_ point: SnapshotPoint) { (index, term, checksum) = (point.index, point.term, point.checksum) }
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
    var peers: [NodeID: KnownPeer] = [:]
    var groups: [GroupID: Group] = [:]
    var tombstones: [GroupID: Tombstone] = [:]

    init(file: UniqueID) {
        identity = FileIdentity(file: file, cluster: nil, node: nil, name: nil, starts: StartHistory())
    }

    /// The entry at `index`; nil if the disk has none.
    func entry(_ group: GroupID, _ index: LogIndex) -> Entry? { groups[group]?.entry(index) }

    /// Whether the disk holds the entry with this checksum, or a checkpoint that stands for it.
    func holds(_ group: GroupID, _ index: LogIndex, _ checksum: UInt64) -> Bool {
        guard let group = groups[group] else { return false }
        return index <= group.before.index || group.entry(index)?.checksum == checksum
    }

    /// Whether the disk says that its node voted for `candidate` in this term, or has gone on to a later one.
    func holdsVote(_ group: GroupID, _ term: Term, _ candidate: NodeID?) -> Bool {
        let (known, vote) = groups[group].map { ($0.term, $0.vote) } ?? tombstones[group].map { ($0.term, $0.vote) } ?? (.zero, nil)
        return known > term || (known == term && vote == candidate)
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
        guard let group = groups[id], from > group.before.index, from <= group.last.index else { return ([], .zero) }
        let first = from - group.before.index - 1
        let end = min(group.entries.count, through - group.before.index, first + countMax)
        guard end > first else { return ([], .zero) }
        if isVerified, !group.isSound(first..<end) { return nil }
        return (Array(group.entries[first..<end]), first == 0 ? group.before.term : group.entries[first - 1].term)
    }

    /// The newest checkpoint with everything in it, as it travels; nil if there is none.
    func checkpoint(_ id: GroupID) -> (point: SnapshotPoint, bytes: [UInt8])? {
        guard let group = groups[id], group.base.index > .zero else { return nil }
        return (group.base, group.tables.checkpoint(at: group.base.index).encoded())
    }

    // MARK: Opening

    /// Whether the checksums of everything are right: what `journal verify` says.
    var isSound: Bool {
        groups.values.allSatisfy { $0.isSound(0..<$0.entries.count) }
    }

    /// What the journal finds at a start; nil if it is damaged and the start is refused.
    func recovered(isVerified: Bool) -> [RecoveredGroup]? {
        var recovered: [RecoveredGroup] = []
        for id in groups.keys.sorted() {
            let group = groups[id]!
            let start = group.windowStart
            if isVerified, !group.isSound(start..<group.entries.count) { return nil }
            let log = RestoredLog(
                term: group.term, vote: group.vote, base: group.base, entries: Array(group.entries.dropFirst(start)),
                commit: group.commit, firstAvailable: group.before.index.next, promised: group.promised)
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

extension SimulatedDisk.Group {
    /// Whether the checksums of these entries are right.
    func isSound(_ range: Range<Int>) -> Bool {
        range.allSatisfy { entries[$0].follows($0 == 0 ? before.checksum : entries[$0 - 1].checksum) }
    }
}
