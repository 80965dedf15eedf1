import Consensus
import Engine
import Primitives
import Shards

/// Makes every entity's state anew from its events, and compares it with the row that the view `entity_states` shows.
///
/// Checksums say that a row is as it was written; this says that what was written is right. Works on one read transaction.
final class StateReplay {
    struct Result: Sendable {
        var replayed: Int64 = 0
        var problems: [String] = []
    }

    /// Entities held in memory at once; for more of them the journal is read again.
    private let entitiesMax: Int64
    private let reader: JournalReader
    private let kinds: [String: KindRuntime]
    private var result = Result()
    private var shards: [Int64: Shard] = [:]
    private var order: [Int64] = []

    /// A replica of a shard on the way through its log.
    private final class Shard {
        let name: String
        let kind: KindRuntime?
        let first: LogIndex
        /// What the states are as of.
        let base: LogIndex
        /// By the hash of the entity; those of one hash stand one after the other.
        var entities: [UInt64: Replayed] = [:]
        /// An entry of a format that this program does not know: what it did is not known either.
        var isOpaque = false

        init(_ group: Replica, _ kind: KindRuntime?, base: LogIndex) {
            name = group.descriptor.shardName
            self.kind = kind
            first = group.first
            self.base = base
        }

        /// The entity, if it has been met, and else the place for it.
        func find(_ entity: UnsafeRawBufferPointer) -> (place: UInt64, known: Replayed?) {
            var place = Checksum.xxh64(entity, seed: 0)
            while let known = entities[place] {
                if known.isOf(entity) { return (place, known) }
                place &+= 1
            }
            return (place, nil)
        }
    }

    /// What an entity's events have come to.
    private final class Replayed {
        let entity: [UInt8]
        var revision: UInt64
        /// Nil for a kind that is not known, an entity whose first events were trimmed, and one with events that the kind does not read.
        var state: EntityReplay?
        /// Whether there was a row to compare it with.
        var isCompared = false

        /// - Parameter first: the revision that the first known event makes.
        init(_ entity: [UInt8], from first: UInt64, of kind: KindRuntime?) {
            self.entity = entity
            revision = first &- 1
            if first == 1 { state = kind.map { EntityReplay($0) } }
        }

        /// Asked once an entry: through the iterators of `elementsEqual` it was a fifth of all the work.
        func isOf(_ other: UnsafeRawBufferPointer) -> Bool {
            entity.withUnsafeBytes { own in own.count == other.count && own.indices.allSatisfy { own[$0] == other[$0] } }
        }

        /// Goes on by what one command did: taken all or not at all, as by the node.
        func apply(_ events: [UInt8]) {
            if (try? state?.apply(all: events)) != nil, let state {
                revision = state.revision
            } else {
                state = nil
                revision &+= UInt64(KindRuntime.count(ofEvents: events) ?? 0)
            }
        }
    }

    init(_ reader: JournalReader, _ kinds: [KindRuntime], entitiesMax: Int64 = 1_000_000) {
        self.reader = reader
        self.entitiesMax = entitiesMax
        self.kinds = Dictionary(kinds.map { ($0.name, $0) }) { $1 }
    }

    func run() throws(JournalError) -> Result {
        try reader.reading { () throws(JournalError) in
            try readGroups()
            let entities = try reader.connection.integer("SELECT count(*) FROM entities") ?? 0
            let parts = UInt64(entities / entitiesMax + 1)
            for part in 0..<parts {
                try replay { parts == 1 || JournalRow.entityHash($0) % UInt32(truncatingIfNeeded: parts) == UInt32(part) }
                for replica in order { try compare(replica, parts: parts, part) }
            }
        }
        return result
    }

    /// Rows that cannot be read are others' to tell of.
    private func readGroups() throws(JournalError) {
        let row = reader.statements.groups
        while try row.step() {
            // The directory is no entity: its states are its own affair.
            guard let group = try? GroupRow.read(row, path: reader.path), let replica = group.replica, !group.descriptor.kind.isEmpty,
                let base = try? reader.checkpointRow(replica).point.index
            else { continue }
            shards[replica] = Shard(group, kinds[group.descriptor.kind], base: base)
            order.append(replica)
        }
    }

    // MARK: Events

    private func replay(_ isWanted: (UnsafeRawBufferPointer) -> Bool) throws(JournalError) {
        let row = try reader.connection.prepare(
            "SELECT replica, log_index, entity, first_revision, events FROM journal WHERE type = 2 ORDER BY position")
        while try row.step() {
            guard let shard = shards[row.integer(0)] else { continue }
            let index = LogIndex(row.unsigned(1))
            guard index >= shard.first, index <= shard.base else { continue }
            if row.isBlob(4) {
                shard.isOpaque = true
            } else if isWanted(row.borrowed(2)) {
                apply(row, to: shard, at: index)
            }
        }
    }

    private func apply(_ row: Statement, to shard: Shard, at index: LogIndex) {
        let (entity, events) = (row.borrowed(2), row.bytes(4))
        let first = row.unsigned(3)
        let (place, known) = shard.find(entity)
        if let known {
            if first == known.revision &+ 1 { return known.apply(events) }
            note("entry \(index) of \(shard.name) begins at revision \(first) of \(text(known.entity)), which stands at \(known.revision)")
        } else if first != 1, shard.first == LogIndex(1) {
            note("entry \(index) of \(shard.name), the first of \(text([UInt8](entity))), begins at revision \(first)")
        }
        let replayed = Replayed([UInt8](entity), from: first, of: shard.kind)
        replayed.apply(events)
        // Of an entity that only refused there is no row.
        if replayed.revision > 0 { shard.entities[place] = replayed }
    }

    // MARK: States

    private func compare(_ replica: Int64, parts: UInt64, _ part: UInt64) throws(JournalError) {
        guard let shard = shards[replica] else { return }
        defer { shard.entities = [:] }
        let row = try reader.connection.prepare("SELECT \(StateRows.entityColumns) FROM entities WHERE replica = \(replica)")
        while try row.step() {
            let hash = JournalRow.entityHash(row.borrowed(0))
            guard parts == 1 || hash % UInt32(truncatingIfNeeded: parts) == UInt32(part),
                let stored = try? StateRows.entity(row, replica, path: reader.path)
            else { continue }
            let replayed = shard.find(row.borrowed(0)).known
            replayed?.isCompared = true
            compare(stored, with: replayed, in: shard)
        }
        guard !shard.isOpaque else { return }
        let missing = shard.entities.values.filter { !$0.isCompared }
        for replayed in missing.sorted(by: { $0.entity.lexicographicallyPrecedes($1.entity) }) {
            note(
                "\(shard.name): \(text(replayed.entity)) has no state as of entry \(shard.base), and its events make revision "
                    + "\(replayed.revision)")
        }
    }

    private func compare(_ row: EntityRow, with replayed: Replayed?, in shard: Shard) {
        let stored = row.stored()
        let pending = stored.unapplied.flatMap { KindRuntime.count(ofEvents: $0) } ?? 0
        let revision = stored.revision &+ UInt64(pending)
        guard let replayed else {
            if shard.first == LogIndex(1), !shard.isOpaque {
                note("\(shard.name): \(text(row.entity)) has a state of revision \(revision), and no events up to entry \(shard.base)")
            }
            return
        }
        guard revision == replayed.revision else {
            if !shard.isOpaque {
                note(
                    "\(shard.name): the state of \(text(row.entity)) as of entry \(shard.base) is of revision \(revision), and its events make "
                        + "revision \(replayed.revision)")
            }
            return
        }
        guard let kind = shard.kind, let state = replayed.state, !stored.isQuarantined else { return }
        guard state.isSame(as: stored.state, of: kind) else {
            return note(
                "\(shard.name): the state of \(text(row.entity)) at revision \(revision) is \(text(stored.state)), and its events make "
                    + text((try? state.state()) ?? []))
        }
        result.replayed += 1
    }

    // MARK: Words

    private func note(_ problem: String) {
        if result.problems.count <= Verification.problemsMax { result.problems.append(problem) }
    }

    private func text(_ bytes: [UInt8]) -> String {
        let limit = 160
        return bytes.count <= limit ? String(decoding: bytes, as: UTF8.self) : String(decoding: bytes[..<limit], as: UTF8.self) + "…"
    }
}
