import Consensus
import Engine
public import Primitives

extension JournalReader {
    /// An entity's events with a revision above `after`, oldest first, at most `limit`; only such as are known to be committed.
    ///
    /// - Parameters:
    ///   - from: entries below this index are passed over.
    ///   - committed: the caller knows that entries through this index are committed; the file's own word may be half a second old.
    ///   - bytesMax: no more events are added once there are that many bytes of them.
    /// - Throws: `.corrupt` if an entry is not as it was written: nobody is shown what a disk has made of it (HAZARDS 20).
    /// - Complexity: four bytes of hash per entry of the group from `from` on, and the entity's own entries.
    public func events(
        _ id: GroupID, entity: [UInt8], after: UInt64, limit: Int, from: LogIndex = .zero, committed: LogIndex = .zero,
        bytesMax: Int = .max
    ) throws(JournalError) -> [StoredEvent] {
        let page = EventScan(
            entity: entity, hash: entity.withUnsafeBytes { JournalRow.entityHash($0) }, after: after, limit: limit, from: from,
            committed: committed, bytesMax: bytesMax)
        return try reading(findsEntries: true) { () throws(JournalError) in
            var scan = page
            guard limit > 0, let group = try group(id), let replica = group.replica else { return [] }
            // The writer's index first: what it holds may move to a segment at any time, never the other way.
            let run = index.run(replica)
            let segment = try connection.prepare(
                Segment.select + " WHERE replica = \(replica) AND first_index + count > ?1 ORDER BY first_index")
            segment.bind(1, scan.from.rawValue)
            while try segment.step() {
                let listed = try Segment(segment, path: path)
                if try collect((listed.first, listed.positions, listed.hashes), in: group, &scan) { return scan.events }
            }
            if let run { _ = try collect((run.first, run.positions, run.hashes), in: group, &scan) }
            return scan.events
        }
    }

    /// Adds the entity's events among these entries; true if there is no need to look further.
    private func collect(
        _ run: (first: LogIndex, positions: [Int64], hashes: [UInt32]), in group: Replica, _ scan: inout EventScan
    ) throws(JournalError) -> Bool {
        let start = scan.from > run.first ? scan.from - run.first : 0
        guard start < run.positions.count else { return false }
        for offset in start..<run.positions.count where run.hashes[offset] == scan.hash {
            let index = run.first + offset
            // A run and a segment may tell of the same entries while they move from one to the other.
            if index < group.first || scan.events.last.map({ index <= $0.index }) ?? false { continue }
            guard index <= max(group.commit, scan.committed) else { return true }
            guard let entry = try log.entry(group.replica!, index, at: run.positions[offset]),
                let before = try point(before: index, in: group, group.replica!)
            else { return true }
            guard entry.follows(before.checksum) else {
                throw .corrupt(path, "the checksum of entry \(index) of \(group.descriptor.shardName) is wrong")
            }
            let record: EntryRecord
            do throws(MalformedBytes) {
                guard entry.type == .record else { continue }
                record = try EntryRecord(encoded: entry.payload)
            } catch {
                continue  // Kept as it came, and no event that anyone could read.
            }
            guard record.entity == scan.entity else { continue }
            var revision = record.firstRevision
            for event in JSONArray.elements(record.events) {
                if revision > scan.after {
                    scan.add(
                        StoredEvent(
                            position: run.positions[offset], shard: group.descriptor.shardName, index: index,
                            term: entry.term, entity: scan.entity, revision: revision, event: event,
                            request: record.request, recordedAt: record.recordedAt))
                    if scan.isFull { return true }
                }
                revision &+= 1
            }
        }
        return false
    }
}

/// A walk over one entity's events: what is looked for, and what was found.
private struct EventScan {
    let entity: [UInt8]
    let hash: UInt32
    let after: UInt64
    let limit: Int
    let from: LogIndex
    let committed: LogIndex
    let bytesMax: Int
    private(set) var events: [StoredEvent] = []
    private var bytes = 0

    init(
        entity: [UInt8], hash: UInt32, after: UInt64, limit: Int, from: LogIndex, committed: LogIndex, bytesMax: Int
    ) {
        self.entity = entity
        self.hash = hash
        self.after = after
        self.limit = limit
        // No log is that long; what is beyond it would not fit in SQLite's numbers.
        self.from = min(from, LogIndex(1 << 62))
        self.committed = committed
        self.bytesMax = bytesMax
    }

    var isFull: Bool { events.count >= limit || bytes >= bytesMax }

    mutating func add(_ event: StoredEvent) {
        events.append(event)
        bytes += event.event.count
    }
}
