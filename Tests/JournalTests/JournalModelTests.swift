import Consensus
import Engine
import Primitives
import Shards
import Testing

@testable import Journal

/// Random batches against a model in memory, with reopenings, kills and readings at random moments.
@Suite struct JournalModelTests {
    @Test(arguments: 1...10)
    func `the file agrees with the model whatever comes`(seed: UInt64) throws {
        var run = ModelRun(seed: seed)
        try run.start()
        for _ in 0..<300 { try run.step() }
        try run.finish()
        // A run that never did what it is for would prove nothing.
        #expect(run.counts.filter { $0.value == 0 }.isEmpty, "seed \(seed): \(run.counts)")
    }
}

/// What a group's replica should hold.
private struct ModelGroup {
    var term = Term.zero
    var vote: NodeID?
    /// Entries from `first` on.
    var entries: [Entry] = []
    var first = LogIndex(1)
    var before = LogPoint.zero
    var base = SnapshotPoint.origin(voters)
    var commit = LogIndex.zero
    var states: [String: UInt64] = [:]

    var last: LogPoint { entries.last.map { LogPoint($0) } ?? before }
    func point(_ index: LogIndex) -> LogPoint { index < first ? before : LogPoint(entries[index - first]) }
}

private struct ModelRun {
    private let folder = Folder()
    private var generator: RandomGenerator
    private var options = JournalOptions()
    private var file: JournalFile!
    private var reader: JournalReader!
    private var groups: [GroupID: ModelGroup] = [:]
    private var tombstones: [GroupID: ModelGroup] = [:]
    private var starts: UInt64 = 0
    private(set) var counts: [String: Int] = [:]

    init(seed: UInt64) {
        generator = RandomGenerator(seed: seed)
        options.rowsPerFlush = [5, 17, 64].randomElement(using: &generator)!
        options.commitDelayMilliseconds = [0, 3_600_000].randomElement(using: &generator)!
        for name in ["append", "truncate", "commit", "checkpoint", "install", "trim", "retire", "create", "kill", "close", "reclaim"] {
            counts[name] = 0
        }
    }

    private mutating func chance(_ percent: Int) -> Bool { Int.random(in: 0..<100, using: &generator) < percent }

    mutating func start() throws {
        file = try JournalFile.open(directory: folder.path, options: options)
        starts += 1
        try compare(try file.recover(), isKilled: false)
        reader = try JournalReader(path: file.path, index: file.index)
    }

    mutating func step() throws {
        switch Int.random(in: 0..<100, using: &generator) {
        case 0..<3:
            reader.close()
            file.connection.close()
            file.lock.release()
            try restart(isKilled: true)
        case 3..<6:
            reader.close()
            try file.close()
            try restart(isKilled: false)
        case 6..<12:
            counts["reclaim"]! += 1
            _ = try file.reclaim()
        case 12..<16: _ = try file.copyWAL(isIdle: true)
        case 16..<30: try look(reader)
        case 30..<32:
            let alone = try JournalReader(directory: folder.path)
            try look(alone)
            alone.close()
        default: try write()
        }
    }

    private mutating func restart(isKilled: Bool) throws {
        counts[isKilled ? "kill" : "close"]! += 1
        file = try JournalFile.open(directory: folder.path, options: options)
        starts += 1
        try compare(try file.recover(), isKilled: isKilled)
        reader = try JournalReader(path: file.path, index: file.index)
    }

    mutating func finish() throws {
        while try file.reclaim() {}
        for id in groups.keys.sorted() { try look(reader, id) }
        let found = try reader.verify()
        #expect(found.isSound, "\(found.problems)")
        reader.close()
        try file.close()
        try restart(isKilled: false)
        reader.close()
        try file.close()
    }

    // MARK: Writing

    private mutating func write() throws {
        var batch = WriteBatch()
        for _ in 0..<Int.random(in: 1...6, using: &generator) {
            let id = GroupID(UInt32.random(in: 0...4, using: &generator))
            if groups[id] == nil { create(id, &batch) } else { change(id, &batch) }
        }
        try file.write(batch)
    }

    private mutating func create(_ id: GroupID, _ batch: inout WriteBatch) {
        counts["create"]! += 1
        var group = ModelGroup()
        if let old = tombstones.removeValue(forKey: id) { (group.term, group.vote) = (old.term, old.vote) }
        batch.createGroup(GroupDescriptor(group: id, kind: "k", number: Int(id.rawValue), configuration: voters))
        group.term = group.term.next
        group.vote = nil
        batch.hardState(id, term: group.term, vote: nil)
        groups[id] = group
    }

    private mutating func change(_ id: GroupID, _ batch: inout WriteBatch) {
        var group = groups[id]!
        defer { if groups[id] != nil { groups[id] = group } }
        switch Int.random(in: 0..<100, using: &generator) {
        case 0..<50:
            counts["append"]! += 1
            append(Int.random(in: 1...9, using: &generator), to: &group, id, &batch)
        case 50..<58 where group.last.index > group.commit && group.last.index > group.base.index:
            counts["truncate"]! += 1
            let lowest = max(group.commit, group.base.index).next
            let from = lowest + Int.random(in: 0...(group.last.index - lowest), using: &generator)
            group.entries.removeLast(group.last.index - from + 1)
            group.term = group.term.next
            group.vote = nil
            batch.hardState(id, term: group.term, vote: nil)
            batch.truncate(id, from: from)
            if chance(70) { append(Int.random(in: 1...5, using: &generator), to: &group, id, &batch) }
        case 58..<75 where group.last.index > group.commit:
            counts["commit"]! += 1
            group.commit = group.commit + Int.random(in: 1...(group.last.index - group.commit), using: &generator)
            batch.commit(id, group.commit)
        case 75..<83 where group.commit > group.base.index:
            counts["checkpoint"]! += 1
            let index = group.base.index + Int.random(in: 1...(group.commit - group.base.index), using: &generator)
            checkpoint(at: group.point(index), &group, id, &batch)
        case 83..<87 where group.base.index >= group.first:
            counts["trim"]! += 1
            let before = group.first + Int.random(in: 1...(group.base.index - group.first + 1), using: &generator)
            group.before = group.point(before.previous)
            group.entries.removeFirst(before - group.first)
            group.first = before
            batch.trim(id, before: before)
        case 87..<90:
            counts["install"]! += 1
            install(&group, id, &batch)
        case 90..<93:
            counts["retire"]! += 1
            batch.retireGroup(id)
            tombstones[id] = group
            groups[id] = nil
        default:
            group.vote = group.vote ?? NodeID(2)
            batch.hardState(id, term: group.term, vote: group.vote)
        }
    }

    private mutating func append(_ count: Int, to group: inout ModelGroup, _ id: GroupID, _ batch: inout WriteBatch) {
        var log = LogMaker(last: group.last)
        let entries = (0..<count).map { _ in
            switch Int.random(in: 0..<10, using: &generator) {
            case 0: return log.entry(group.term.rawValue, .empty, [])
            case 1: return log.entry(group.term.rawValue, .configuration, voters.encoded())
            default:
                let request: RequestID? = chance(50) ? .key([UInt8.random(in: 0...255, using: &generator)]) : nil
                var record = EntryRecord.increment("e\(Int.random(in: 0...9, using: &generator))", 1, request: request)
                record.reply = [UInt8](repeating: 48, count: Int.random(in: 0...300, using: &generator))
                return log.record(record, term: group.term.rawValue)
            }
        }
        group.entries += entries
        batch.append(id, entries)
    }

    private mutating func checkpoint(at point: LogPoint, _ group: inout ModelGroup, _ id: GroupID, _ batch: inout WriteBatch) {
        group.base = SnapshotPoint(index: point.index, term: point.term, checksum: point.checksum, configuration: voters)
        for _ in 0..<Int.random(in: 0...5, using: &generator) {
            group.states["e\(Int.random(in: 0...9, using: &generator))"] = point.index.rawValue
        }
        batch.checkpoint(id, at: group.base, state(group))
    }

    private func state(_ group: ModelGroup) -> ShardCheckpoint {
        var state = ShardCheckpoint(
            index: group.base.index, term: group.base.term, checksum: group.base.checksum, forgottenOpened: 7,
            keysForgottenThrough: .zero, meta: [UInt8(truncatingIfNeeded: group.base.index.rawValue)])
        for (name, revision) in group.states.sorted(by: { $0.key < $1.key }) {
            state.entities.append(
                EntityRow(entity: Array(name.utf8), stored: StoredState(revision: revision, state: Array("{}".utf8))))
        }
        return state
    }

    private mutating func install(_ group: inout ModelGroup, _ id: GroupID, _ batch: inout WriteBatch) {
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

    private mutating func compare(_ recovery: Recovery, isKilled: Bool) throws {
        #expect(recovery.identity.startCounter == starts)
        #expect(recovery.groups.map(\.descriptor.group) == groups.keys.sorted())
        #expect(recovery.tombstones.map(\.group) == tombstones.keys.sorted())
        for tombstone in recovery.tombstones {
            #expect(tombstone.term == tombstones[tombstone.group]!.term)
            #expect(tombstone.vote == tombstones[tombstone.group]!.vote)
        }
        for found in recovery.groups {
            let group = groups[found.descriptor.group]!
            #expect((found.log.term, found.log.vote) == (group.term, group.vote))
            #expect(found.log.base == group.base)
            #expect(found.log.firstAvailable == group.first)
            #expect(found.log.entries == group.entries.filter { $0.index > group.base.index })
            #expect(found.log.commit >= group.base.index && found.log.commit <= group.commit)
            if !isKilled { #expect(found.log.commit == group.commit) }
            #expect(found.shard.index == group.base.index)
            // What was forgotten by the kill comes again from the leader.
            groups[found.descriptor.group]!.commit = found.log.commit
        }
    }

    private mutating func look(_ reader: JournalReader) throws {
        let id = GroupID(UInt32.random(in: 0...4, using: &generator))
        try look(reader, id)
    }

    private mutating func look(_ reader: JournalReader, _ id: GroupID) throws {
        guard let group = groups[id] else {
            #expect(try reader.entries(id, from: LogIndex(1), through: LogIndex(5), bytesMax: 99).entries == [])
            return
        }
        let from = LogIndex(UInt64.random(in: 1...(group.last.index.rawValue + 3), using: &generator))
        let through = from + Int.random(in: 0...40, using: &generator)
        let found = try reader.entries(id, from: from, through: through, bytesMax: 1 << 20)
        #expect(found.entries == group.entries.filter { $0.index >= from && $0.index <= through && from >= group.first })
        if from >= group.first, from <= group.last.index.next { #expect(found.previousTerm == group.point(from.previous).term) }
        let name = "e\(Int.random(in: 0...9, using: &generator))"
        let request = LoadRequest(entity: Array(name.utf8), wantsState: true, key: nil, checkpoint: .zero)
        #expect(try reader.load(id, [request])[0].state?.revision == group.states[name])
    }
}
