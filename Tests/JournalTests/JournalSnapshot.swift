import Consensus
import Engine
import Primitives
import Shards

@testable import Journal

/// Everything that a journal says of its groups when it is opened: what is compared before and after a fault.
struct JournalSnapshot: Equatable {
    /// A line per fact.
    private(set) var lines: [String] = []
    /// Where the logs end, for messages.
    private(set) var ends: [String] = []

    /// Reads an open journal.
    init(_ recovery: Recovery, _ file: JournalFile) throws {
        let reader = try JournalReader(path: file.path, index: file.index, options: file.options)
        defer { reader.close() }
        lines = recovery.peers.map { "\($0)" }
        lines += recovery.tombstones.map { "\($0)" }
        for group in recovery.groups {
            let (log, id) = (group.log, group.descriptor.group)
            ends.append("\(id): \(log.base.index)…\(log.entries.last?.index ?? log.base.index)")
            lines += ["\(group.descriptor)", "\(log)", "\(group.shard)"]
            guard let whole = try reader.checkpoint(of: id) else { continue }
            lines += ["\(whole.point)", "\(whole.state.sessions)", "\(whole.state.keys)"]
            lines += whole.state.entities.map { "\($0.entity): \($0.stored())" }
        }
    }

    /// Opens what is on the disk, reads it and closes it as `kill -9` would.
    init(_ folder: Folder, _ disk: FaultyDisk) throws {
        let file = try JournalFile.open(directory: folder.path, options: disk.options)
        defer { file.kill() }
        try self.init(file.recover(), file)
    }
}

extension JournalFile {
    /// Ends a journal as a power cut or `kill -9` would.
    func kill() {
        connection.close()
        lock.release()
    }
}
