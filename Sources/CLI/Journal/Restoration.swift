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

    private static let node = NodeID(1)
    private static let alone = Configuration(voters: [node])
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

    /// - Parameter folder: must not be there yet.
    mutating func write(to folder: String) throws {
        let file = try JournalFile.open(directory: folder)
        do {
            _ = try file.recover()
            let cluster = UniqueID.random()
            summary = Summary(cluster: cluster.description, missing: missing)
            let new = try writeDirectory(file, cluster)
            for shard in new.shards { try write(shard, to: file) }
            try file.close()
        } catch {
            try? file.close()
            throw error
        }
        let made = try JournalReader(directory: folder)
        defer { made.close() }
        let found = try made.verify()
        guard found.isSound else {
            throw CommandFailure(.journal, "corrupt", "what was written reads back wrong: \(found.problems[0])")
        }
    }

    // MARK: The directory

    /// A directory with one member and the old kinds, as the first node of a cluster would have it.
    private func writeDirectory(_ file: JournalFile, _ cluster: UniqueID) throws -> DirectoryState {
        var state = DirectoryState()
        var commands: [DirectoryCommand] = [
            .found(
                cluster: cluster, file: file.identity.file, name: "", address: try NodeAddress(ClusterOptions.defaultAddress),
                startCounter: file.identity.startCounter, process: .random())
        ]
        for kind in old.kinds.sorted(by: { $0.firstGroup < $1.firstGroup }) {
            commands.append(.registerKind(name: kind.name, shards: kind.shards, replication: kind.replication))
        }
        let term = Term(1)
        var entries: [Entry] = []
        for command in commands {
            let events = try state.decide(command)
            for event in events { state.apply(event) }
            let record = EntryRecord(
                entity: [], firstRevision: 0, events: try JSON.encode(events), request: nil, fingerprint: 0, reply: [],
                recordedAt: WallTime(milliseconds: Int64(Date().timeIntervalSince1970 * 1_000)))
            entries.append(
                Entry(
                    following: entries.last?.checksum ?? 0, term: term, index: LogIndex(UInt64(entries.count + 1)),
                    type: .record, payload: record.encoded()))
        }
        var batch = WriteBatch()
        // The founder is a member: the first command says so.
        batch.adoptCluster(cluster, node: Self.node, name: state.member(Self.node)!.name)
        batch.createGroup(GroupDescriptor(group: .directory, kind: "", number: 0, configuration: Self.alone))
        batch.hardState(.directory, term: term, vote: nil)
        batch.append(.directory, entries)
        batch.commit(.directory, entries.last!.index)
        try file.write(batch)
        return state
    }

    // MARK: A shard

    private mutating func write(_ shard: ShardRecord, to file: JournalFile) throws {
        var batch = WriteBatch()
        batch.createGroup(
            GroupDescriptor(group: shard.group, kind: shard.kind, number: shard.number, configuration: Self.alone))
        summary.shards += 1
        guard let replica = replicas["\(shard.kind)/\(shard.number)"] else { return try file.write(batch) }
        var log = NewLog(configuration: Self.alone)
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

/// A shard's log under its new members: each entry as it was, chained anew.
private struct NewLog {
    let configuration: Configuration
    private(set) var next = LogIndex(1)
    private var checksum: UInt64 = 0

    init(configuration: Configuration) { self.configuration = configuration }

    mutating func append(_ entry: Entry) -> Entry {
        let payload = entry.type == .configuration ? configuration.encoded() : entry.payload
        let new = Entry(following: checksum, term: entry.term, index: entry.index, type: entry.type, payload: payload)
        checksum = new.checksum
        next = entry.index.next
        return new
    }

    /// The checkpoint as of the entry that was appended last.
    func moved(_ checkpoint: WholeCheckpoint) -> WholeCheckpoint {
        var moved = checkpoint
        moved.point.checksum = checksum
        moved.point.configuration = configuration
        moved.state.checksum = checksum
        return moved
    }

    /// Starts after a checkpoint whose entries are not there. Its checksum becomes the new chain's first link.
    mutating func begin(after checkpoint: WholeCheckpoint) -> WholeCheckpoint {
        checksum = checkpoint.point.checksum
        next = checkpoint.point.index.next
        return moved(checkpoint)
    }
}
