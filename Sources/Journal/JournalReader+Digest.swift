public import Engine
public import Primitives

extension JournalReader {
    /// Reads entries `from...through` from the disk and takes their checksums again, at most `bytesMax` payload bytes but one entry at
    /// least.
    ///
    /// - Returns: where that has led; damage is told in it, not thrown.
    public func digest(
        _ id: GroupID, from: LogIndex, through: LogIndex, bytesMax: Int
    ) throws(JournalError) -> ReplicaDigest {
        precondition(from > .zero, "entries from index 0 of group \(id)")
        return try reading(findsEntries: true) { () throws(JournalError) in
            guard let group = try group(id), let replica = group.replica, from >= group.first,
                let before = try point(before: from, in: group, replica)
            else {
                return ReplicaDigest(
                    index: from.previous, checksum: 0, bytes: 0, damage: "entry \(from) or the one before it is not in the journal")
            }
            var digest = ReplicaDigest(index: before.index, checksum: before.checksum, bytes: 0)
            while digest.index < through, digest.bytes < bytesMax {
                let positions = try log.positions(replica, from: digest.index.next, limit: min(through - digest.index, 4_096))
                for position in positions where digest.bytes < bytesMax && digest.damage == nil {
                    take(position, of: replica, in: group, into: &digest)
                }
                if digest.damage != nil { break }
                if positions.isEmpty {
                    digest.damage = "entry \(digest.index.next) of \(group.descriptor.shardName) is not in the journal"
                    break
                }
            }
            return digest
        }
    }

    private func take(_ position: Int64, of replica: Int64, in group: Replica, into digest: inout ReplicaDigest) {
        let next = digest.index.next
        do throws(JournalError) {
            guard let entry = try log.entry(replica, next, at: position) else {
                digest.damage = "row \(position) does not hold entry \(next) of \(group.descriptor.shardName)"
                return
            }
            guard entry.follows(digest.checksum) else {
                digest.damage = "the checksum of entry \(next) of \(group.descriptor.shardName) is wrong"
                return
            }
            digest.index = next
            digest.checksum = entry.checksum
            digest.bytes += entry.payload.count
        } catch {
            digest.damage = error.message
        }
    }
}
