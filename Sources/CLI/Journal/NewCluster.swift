import Consensus
import Directory
import Engine
import Foundation
import JSON
import Journal
import Primitives
import Shards

/// What a restore and an import make: the journal of a cluster of one node, which others can join.
enum NewCluster {
    static let node = NodeID(1)
    static let alone = Configuration(voters: [node])

    /// Makes a journal, has it filled and closed, and reads it back.
    ///
    /// - Parameter folder: must not be there yet.
    static func make(in folder: String, _ fill: (JournalFile, UniqueID) throws -> Void) throws {
        let file = try JournalFile.open(directory: folder)
        do {
            _ = try file.recover()
            try fill(file, UniqueID.random())
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

    /// Writes a directory with one member and these kinds, as the first node of a cluster would have it.
    static func write(to file: JournalFile, _ cluster: UniqueID, kinds: [KindRecord]) throws -> DirectoryState {
        var state = DirectoryState()
        var commands: [DirectoryCommand] = [
            .found(
                cluster: cluster, file: file.identity.file, name: "", address: try NodeAddress(ClusterOptions.defaultAddress),
                startCounter: file.identity.starts.count, process: file.identity.starts.process)
        ]
        for kind in kinds.sorted(by: { $0.firstGroup < $1.firstGroup }) {
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
        batch.adoptCluster(cluster, node: node, name: state.member(node)!.name)
        batch.createGroup(GroupDescriptor(group: .directory, kind: "", number: 0, configuration: alone))
        batch.hardState(.directory, term: term, vote: nil)
        batch.append(.directory, entries)
        batch.commit(.directory, entries.last!.index)
        try file.write(batch)
        return state
    }
}

/// A shard's log under its new members: each entry as it was, chained anew.
struct NewLog {
    let configuration: Configuration
    private(set) var next = LogIndex(1)
    private var checksum: UInt64 = 0

    init(configuration: Configuration) { self.configuration = configuration }

    mutating func append(_ entry: Entry) -> Entry {
        append(term: entry.term, entry.type, entry.payload)
    }

    /// Adds the next entry. What a configuration held is not kept: its members are not this cluster's.
    mutating func append(term: Term, _ type: EntryType, _ payload: [UInt8]) -> Entry {
        let new = Entry(
            following: checksum, term: term, index: next, type: type, payload: type == .configuration ? configuration.encoded() : payload)
        checksum = new.checksum
        next = next.next
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
