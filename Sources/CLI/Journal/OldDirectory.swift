import Consensus
import Directory
import Engine
import JSON
import Journal
import Primitives
import Shards

/// What a journal's directory knew: its checkpoint and the entries after it.
struct OldDirectory {
    private(set) var state = DirectoryState()

    init(_ reader: JournalReader) throws {
        guard let replica = try reader.shards().first(where: { $0.group == .directory }) else {
            throw CommandFailure(
                .noSuchThing, "not-found",
                "\(reader.path) has no directory: its node had not joined a cluster yet. There is nothing to restore.")
        }
        var next = LogIndex(1)
        if let checkpoint = try reader.checkpoint(of: .directory) {
            next = checkpoint.point.index.next
            if let row = checkpoint.state.entities.first {
                state = try JSON.decode(DirectoryState.self, from: row.stored().state)
            }
        }
        while next <= replica.lastIndex {
            let entries = try reader.entries(.directory, from: next, through: replica.lastIndex, bytesMax: 1 << 20).entries
            guard let last = entries.last else { break }
            for entry in entries where entry.type == .record {
                let record = try EntryRecord(encoded: entry.payload)
                for event in try JSON.decode([DirectoryEvent].self, from: record.events) { state.apply(event) }
            }
            next = last.index.next
        }
        guard state.isFounded else {
            throw CommandFailure(
                .noSuchThing, "not-found", "\(reader.path) belongs to no cluster yet. There is nothing to restore.")
        }
    }
}
