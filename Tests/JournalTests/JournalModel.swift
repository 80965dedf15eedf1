import Consensus
import Engine
import Primitives
import Shards

@testable import Journal

/// What a journal should hold, in memory; makes random batches that it could be given next.
struct JournalModel {
    /// What a group's replica should hold.
    struct Group {
        var term = Term.zero
        var vote: NodeID?
        /// Entries from `first` on.
        var entries: [Entry] = []
        var first = LogIndex(1)
        var before = LogPoint.zero
        var base = SnapshotPoint.origin(voters)
        var commit = LogIndex.zero
        /// Where the logs of earlier replicas ended.
        var promised: LogPosition?
        var states: [String: UInt64] = [:]

        var last: LogPoint { entries.last.map { LogPoint($0) } ?? before }
        func point(_ index: LogIndex) -> LogPoint { index < first ? before : LogPoint(entries[index - first]) }
    }

    private(set) var groups: [GroupID: Group] = [:]
    private(set) var tombstones: [GroupID: Group] = [:]
    private(set) var peers: [NodeID: KnownPeer] = [:]
    /// How often each thing was done.
    private(set) var counts: [String: Int] = [
        "append": 0, "truncate": 0, "commit": 0, "checkpoint": 0, "install": 0, "trim": 0, "retire": 0, "create": 0, "meet": 0,
    ]

    // MARK: Writing

    mutating func nextBatch(_ generator: inout RandomGenerator) -> WriteBatch {
        var batch = WriteBatch()
        for _ in 0..<Int.random(in: 1...6, using: &generator) {
            let id = GroupID(UInt32.random(in: 0...4, using: &generator))
            if groups[id] == nil { create(id, &batch) } else { change(id, &batch, &generator) }
        }
        if Int.random(in: 0..<100, using: &generator) < 5 {
            counts["meet"]! += 1
            let node = NodeID(UInt32.random(in: 1...3, using: &generator))
            let start = (peers[node]?.start ?? 0) + 1
            peers[node] = KnownPeer(node: node, address: "host:\(start)", start: start, process: UniqueID(using: &generator))
            batch.meet(peers[node]!)
        }
        return batch
    }

    private mutating func create(_ id: GroupID, _ batch: inout WriteBatch) {
        counts["create"]! += 1
        var group = Group()
        if let old = tombstones.removeValue(forKey: id) {
            (group.term, group.vote, group.promised) = (old.term, old.vote, old.promised)
        }
        batch.createGroup(GroupDescriptor(group: id, kind: "k", number: Int(id.rawValue), configuration: voters))
        group.term = group.term.next
        group.vote = nil
        batch.hardState(id, term: group.term, vote: nil)
        groups[id] = group
    }

    private mutating func change(_ id: GroupID, _ batch: inout WriteBatch, _ generator: inout RandomGenerator) {
        var group = groups[id]!
        defer { if groups[id] != nil { groups[id] = group } }
        switch Int.random(in: 0..<100, using: &generator) {
        case 0..<50:
            counts["append"]! += 1
            append(Int.random(in: 1...9, using: &generator), to: &group, id, &batch, &generator)
        case 50..<58 where group.last.index > group.commit && group.last.index > group.base.index:
            counts["truncate"]! += 1
            let lowest = max(group.commit, group.base.index).next
            let from = lowest + Int.random(in: 0...(group.last.index - lowest), using: &generator)
            group.entries.removeLast(group.last.index - from + 1)
            group.term = group.term.next
            group.vote = nil
            batch.hardState(id, term: group.term, vote: nil)
            batch.truncate(id, from: from)
            if Int.random(in: 0..<100, using: &generator) < 70 {
                append(Int.random(in: 1...5, using: &generator), to: &group, id, &batch, &generator)
            }
        case 58..<75 where group.last.index > group.commit:
            counts["commit"]! += 1
            group.commit = group.commit + Int.random(in: 1...(group.last.index - group.commit), using: &generator)
            batch.commit(id, group.commit)
        case 75..<83 where group.commit > group.base.index:
            counts["checkpoint"]! += 1
            let index = group.base.index + Int.random(in: 1...(group.commit - group.base.index), using: &generator)
            checkpoint(at: group.point(index), &group, id, &batch, &generator)
        case 83..<87 where group.base.index >= group.first:
            counts["trim"]! += 1
            let before = group.first + Int.random(in: 1...(group.base.index - group.first + 1), using: &generator)
            group.before = group.point(before.previous)
            group.entries.removeFirst(before - group.first)
            group.first = before
            batch.trim(id, before: before)
        case 87..<90:
            counts["install"]! += 1
            install(&group, id, &batch, &generator)
        case 90..<93:
            counts["retire"]! += 1
            batch.retireGroup(id)
            let end = LogPosition(term: group.last.term, index: group.last.index)
            if end.index > .zero { group.promised = max(group.promised ?? end, end) }
            tombstones[id] = group
            groups[id] = nil
        default:
            group.vote = group.vote ?? NodeID(2)
            batch.hardState(id, term: group.term, vote: group.vote)
        }
    }

    private func append(
        _ count: Int, to group: inout Group, _ id: GroupID, _ batch: inout WriteBatch, _ generator: inout RandomGenerator
    ) {
        var log = LogMaker(last: group.last)
        var entries: [Entry] = []
        for _ in 0..<count {
            switch Int.random(in: 0..<10, using: &generator) {
            case 0: entries.append(log.entry(group.term.rawValue, .empty, []))
            case 1: entries.append(log.entry(group.term.rawValue, .configuration, voters.encoded()))
            default:
                let request: RequestID? =
                    Int.random(in: 0..<100, using: &generator) < 50
                    ? .key([UInt8.random(in: 0...255, using: &generator)]) : nil
                var record = EntryRecord.increment("e\(Int.random(in: 0...9, using: &generator))", 1, request: request)
                record.reply = [UInt8](repeating: 48, count: Int.random(in: 0...300, using: &generator))
                entries.append(log.record(record, term: group.term.rawValue))
            }
        }
        group.entries += entries
        batch.append(id, entries)
    }

    private func checkpoint(
        at point: LogPoint, _ group: inout Group, _ id: GroupID, _ batch: inout WriteBatch,
        _ generator: inout RandomGenerator
    ) {
        group.base = SnapshotPoint(index: point.index, term: point.term, checksum: point.checksum, configuration: voters)
        for _ in 0..<Int.random(in: 0...5, using: &generator) {
            group.states["e\(Int.random(in: 0...9, using: &generator))"] = point.index.rawValue
        }
        batch.checkpoint(id, at: group.base, state(group))
    }

    private func state(_ group: Group) -> ShardCheckpoint {
        var state = ShardCheckpoint(
            index: group.base.index, term: group.base.term, checksum: group.base.checksum, forgottenOpened: 7,
            keysForgottenThrough: .zero, meta: [UInt8(truncatingIfNeeded: group.base.index.rawValue)])
        for (name, revision) in group.states.sorted(by: { $0.key < $1.key }) {
            state.entities.append(
                EntityRow(entity: Array(name.utf8), stored: StoredState(revision: revision, state: Array("{}".utf8))))
        }
        return state
    }

    private func install(
        _ group: inout Group, _ id: GroupID, _ batch: inout WriteBatch, _ generator: inout RandomGenerator
    ) {
        let point = LogPoint(
            index: group.last.index + Int.random(in: 1...20, using: &generator), term: group.term,
            checksum: generator.next())
        group.entries = []
        group.first = point.index.next
        group.before = point
        group.commit = point.index
        group.base = SnapshotPoint(index: point.index, term: point.term, checksum: point.checksum, configuration: voters)
        group.states = ["installed": point.index.rawValue]
        batch.installSnapshot(id, at: group.base, state(group))
    }

    // MARK: Comparing

    /// What of a recovery is not as it should be; nil if nothing. A commit index may lag after a kill.
    func difference(from recovery: Recovery, isKilled: Bool) -> String? {
        guard recovery.groups.map(\.descriptor.group) == groups.keys.sorted() else {
            return "groups \(recovery.groups.map(\.descriptor.group)) and not \(groups.keys.sorted())"
        }
        guard recovery.peers == peers.keys.sorted().map({ peers[$0]! }) else { return "peers \(recovery.peers)" }
        guard recovery.tombstones.map(\.group) == tombstones.keys.sorted() else { return "tombstones \(recovery.tombstones)" }
        for tombstone in recovery.tombstones {
            let expected = tombstones[tombstone.group]!
            guard (tombstone.term, tombstone.vote) == (expected.term, expected.vote), tombstone.promised == expected.promised
            else { return "\(tombstone)" }
        }
        for found in recovery.groups {
            let group = groups[found.descriptor.group]!
            let log = found.log
            let name = "group \(found.descriptor.group)"
            guard (log.term, log.vote) == (group.term, group.vote) else { return "\(name): term \(log.term)" }
            guard log.base == group.base, found.shard.index == group.base.index else { return "\(name): base \(log.base)" }
            guard log.promised == group.promised else { return "\(name): promised \(log.promised.map { "\($0)" } ?? "nothing")" }
            guard log.firstAvailable == group.first else { return "\(name): first \(log.firstAvailable)" }
            guard log.entries == group.entries.filter({ $0.index > group.base.index }) else {
                return "\(name): it ends at \(log.entries.last?.index ?? log.base.index) and not at \(group.last.index)"
            }
            guard log.commit >= group.base.index, log.commit <= group.commit, isKilled || log.commit == group.commit
            else { return "\(name): commit \(log.commit) and not \(group.commit)" }
        }
        return nil
    }

    /// What was forgotten of commit indexes by a kill comes again from the leader.
    mutating func takeCommits(_ recovery: Recovery) {
        for found in recovery.groups { groups[found.descriptor.group]?.commit = found.log.commit }
    }

    /// What a reader says of a group that is not as it should be; nil if nothing.
    func difference(
        from reader: JournalReader, _ id: GroupID, _ generator: inout RandomGenerator
    ) throws -> String? {
        guard let group = groups[id] else {
            let found = try reader.entries(id, from: LogIndex(1), through: LogIndex(5), bytesMax: 99).entries
            return found == [] ? nil : "group \(id) is retired and has entries"
        }
        let from = LogIndex(UInt64.random(in: 1...(group.last.index.rawValue + 3), using: &generator))
        let through = from + Int.random(in: 0...40, using: &generator)
        let found = try reader.entries(id, from: from, through: through, bytesMax: 1 << 20)
        guard found.entries == group.entries.filter({ $0.index >= from && $0.index <= through && from >= group.first })
        else { return "group \(id): other entries from \(from) through \(through)" }
        if from >= group.first, from <= group.last.index.next, found.previousTerm != group.point(from.previous).term {
            return "group \(id): another term before \(from)"
        }
        let name = "e\(Int.random(in: 0...9, using: &generator))"
        let request = LoadRequest(entity: Array(name.utf8), wantsState: true, key: nil, checkpoint: .zero)
        guard try reader.load(id, [request])[0].state?.revision == group.states[name] else {
            return "group \(id): another state of \(name)"
        }
        return nil
    }
}
