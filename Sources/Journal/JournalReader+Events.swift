import Consensus
import Engine
public import Primitives

extension JournalReader {
    /// An entity's events with a revision above `after`, oldest first, at most `limit`; only such as the file knows to be committed.
    ///
    /// - Complexity: four bytes of hash per entry of the group, and the entity's own entries.
    public func events(_ id: GroupID, entity: [UInt8], after: UInt64, limit: Int) throws(JournalError) -> [StoredEvent] {
        try reading(findsEntries: true) { () throws(JournalError) in
            guard limit > 0, let group = try group(id), let replica = group.replica else { return [] }
            let hash = entity.withUnsafeBytes { JournalRow.entityHash($0) }
            var events: [StoredEvent] = []
            // The writer's index first: what it holds may move to a segment at any time, never the other way.
            let run = index.run(replica)
            let segment = try connection.prepare(Segment.select + " WHERE replica = \(replica) ORDER BY first_index")
            while try segment.step() {
                let listed = try Segment(segment, path: path)
                let isDone = try collect(
                    (listed.first, listed.positions, listed.hashes), of: entity, hash, in: group, after: after, limit: limit,
                    into: &events)
                if isDone { return events }
            }
            if let run {
                _ = try collect(
                    (run.first, run.positions, run.hashes), of: entity, hash, in: group, after: after, limit: limit,
                    into: &events)
            }
            return events
        }
    }

    /// Adds the entity's events among these entries; true if there is no need to look further.
    private func collect(
        _ run: (first: LogIndex, positions: [Int64], hashes: [UInt32]), of entity: [UInt8], _ hash: UInt32,
        in group: Replica, after: UInt64, limit: Int, into events: inout [StoredEvent]
    ) throws(JournalError) -> Bool {
        for offset in run.positions.indices where run.hashes[offset] == hash {
            let index = run.first + offset
            // A run and a segment may tell of the same entries while they move from one to the other.
            if index < group.first || events.last.map({ index <= $0.index }) ?? false { continue }
            guard index <= group.commit else { return true }
            guard let entry = try log.entry(group.replica!, index, at: run.positions[offset]) else { return true }
            let record: EntryRecord
            do throws(MalformedBytes) {
                guard entry.type == .record else { continue }
                record = try EntryRecord(encoded: entry.payload)
            } catch {
                continue  // Kept as it came, and no event that anyone could read.
            }
            guard record.entity == entity else { continue }
            var revision = record.firstRevision
            for event in JSONArray.elements(record.events) {
                if revision > after {
                    events.append(
                        StoredEvent(
                            position: run.positions[offset], shard: group.descriptor.shardName, index: index,
                            term: entry.term, entity: entity, revision: revision, event: event, request: record.request,
                            recordedAt: record.recordedAt))
                    if events.count == limit { return true }
                }
                revision &+= 1
            }
        }
        return false
    }
}
