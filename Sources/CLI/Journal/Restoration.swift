import Consensus
import Directory
import Engine
import Foundation
import JSON
import Journal
import Primitives
import Shards

/// Writes a new journal from another one: the same shards and entries, the same indexes, terms and times, under one node alone.
///
/// Entries that changed a shard's members are replaced by such as name the new node, so that every checksum after them is taken
/// anew. The old directory is not kept but for its kinds: its nodes are not this cluster's.
struct Restoration {
    struct Summary: Encodable {
        var cluster: String
        var shards = 0
        var entries = 0
        /// Shards that start empty.
        var missing: [String] = []
    }

    private let source: JournalReader
    private let until: WallTime?
    private let old: DirectoryState
    private let replicas: [String: ShardStatus]
    /// Shards of which the source has nothing.
    let missing: [String]
    private(set) var summary = Summary(cluster: "")
    private var progress: (Int64) -> Void = { _ in }

    /// Payload bytes read and written at once.
    private static let batchBytes = 4 << 20

    init(_ source: JournalReader, until: WallTime?) throws {
        self.source = source
        self.until = until
        old = try OldDirectory(source).state
        var replicas: [String: ShardStatus] = [:]
        for shard in try source.shards() where shard.group != .directory { replicas[shard.shard] = shard }
        self.replicas = replicas
        missing = old.shards.map { "\($0.kind)/\($0.number)" }.filter { replicas[$0] == nil }
    }

    /// - Parameters:
    ///   - folder: must not be there yet.
    ///   - progress: called now and then with the number of entries written.
    mutating func write(to folder: String, progress: @escaping (Int64) -> Void = { _ in }) throws {
        self.progress = progress
        try NewCluster.make(in: folder) { file, cluster in
            summary = Summary(cluster: cluster.description, missing: missing)
            let new = try NewCluster.write(to: file, cluster, kinds: old.kinds)
            for shard in new.shards { try write(shard, to: file) }
        }
    }

    // MARK: A shard

    private mutating func write(_ shard: ShardRecord, to file: JournalFile) throws {
        var batch = WriteBatch()
        batch.createGroup(
            GroupDescriptor(group: shard.group, kind: shard.kind, number: shard.number, configuration: NewCluster.alone))
        summary.shards += 1
        guard let replica = replicas["\(shard.kind)/\(shard.number)"] else { return try file.write(batch) }
        var log = NewLog(configuration: NewCluster.alone)
        // A log that does not begin with entry 1 rests on its checkpoint.
        var checkpoint = try source.checkpoint(of: replica.group)
        if replica.firstIndex > LogIndex(1) {
            guard let start = checkpoint, isWanted(start) else {
                throw CommandFailure(
                    .refused, "too-early", "\(replica.shard) begins after that time: its journal was trimmed. Choose a later time.")
            }
            let moved = log.begin(after: start)
            batch.hardState(shard.group, term: start.point.term, vote: nil)
            batch.installSnapshot(shard.group, at: moved.point, moved.state)
            checkpoint = nil
        }
        try file.write(batch)
        try copy(replica, to: shard.group, &log, checkpoint, file)
    }

    private mutating func copy(
        _ replica: ShardStatus, to group: GroupID, _ log: inout NewLog, _ checkpoint: WholeCheckpoint?, _ file: JournalFile
    ) throws {
        var isDone = false
        while !isDone, log.next <= replica.lastIndex {
            let read = try source.entries(
                replica.group, from: log.next, through: replica.lastIndex, bytesMax: Self.batchBytes).entries
            guard !read.isEmpty else { break }
            var entries: [Entry] = []
            var batch = WriteBatch()
            var due: WholeCheckpoint?
            for entry in read {
                guard try isWanted(entry) else {
                    isDone = true
                    break
                }
                entries.append(log.append(entry))
                if let checkpoint, checkpoint.point.index == entry.index { due = log.moved(checkpoint) }
            }
            guard let last = entries.last else { break }
            batch.hardState(group, term: last.term, vote: nil)
            batch.append(group, entries)
            batch.commit(group, last.index)
            if let due { batch.checkpoint(group, at: due.point, due.state) }
            try file.write(batch)
            summary.entries += entries.count
            progress(Int64(summary.entries))
        }
    }

    private func isWanted(_ entry: Entry) throws -> Bool {
        guard let until, entry.type == .record else { return true }
        return try EntryRecord(encoded: entry.payload).recordedAt <= until
    }

    /// Whether everything in a checkpoint was recorded in time.
    private func isWanted(_ checkpoint: WholeCheckpoint) -> Bool {
        // Its own entry is gone, so its time is not known.
        until == nil
    }
}
