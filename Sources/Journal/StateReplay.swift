import Consensus
import Engine
import Primitives
import Shards

/// Makes every entity's state anew from its events, and compares it with the row that the view `entity_states` shows.
///
/// Checksums say that a row is as it was written; this says that what was written is right. Whoever reads the file gives first the
/// replicas, then for each part of the entities what their commands did, in the log's order, and then their rows.
final class StateReplay {
    struct Result: Sendable {
        var replayed: Int64 = 0
        var problems: [String] = []
    }

    private let kinds: [String: KindRuntime]
    private(set) var result = Result()
    private var shards: [Int64: Shard] = [:]

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

        init(_ descriptor: GroupDescriptor, _ kind: KindRuntime?, first: LogIndex, base: LogIndex) {
            name = descriptor.shardName
            self.kind = kind
            self.first = first
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

    init(_ kinds: [KindRuntime]) { self.kinds = Dictionary(kinds.map { ($0.name, $0) }) { $1 } }

    /// A replica of a shard, whose states are as of `base`.
    func add(_ replica: Int64, _ descriptor: GroupDescriptor, first: LogIndex, base: LogIndex) {
        shards[replica] = Shard(descriptor, kinds[descriptor.kind], first: first, base: base)
    }

    // MARK: Events

    func apply(_ commands: CommandBatch) {
        commands.bytes.withUnsafeBytes { bytes in
            for command in commands.commands {
                guard let shard = shards[command.replica] else { continue }
                guard !command.isOpaque else {
                    shard.isOpaque = true
                    continue
                }
                let entity = UnsafeRawBufferPointer(rebasing: bytes[command.entity])
                apply([UInt8](bytes[command.events]), from: command.firstRevision, of: entity, to: shard, at: command.index)
            }
        }
    }

    private func apply(_ events: [UInt8], from first: UInt64, of entity: UnsafeRawBufferPointer, to shard: Shard, at index: LogIndex) {
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

    func compare(_ rows: [EntityRow], of replica: Int64) {
        guard let shard = shards[replica] else { return }
        for row in rows {
            let replayed = row.entity.withUnsafeBytes { shard.find($0).known }
            replayed?.isCompared = true
            compare(row, with: replayed, in: shard)
        }
    }

    /// After all rows of a part: no entity may be without one.
    func endRows(of replica: Int64) {
        guard let shard = shards[replica] else { return }
        defer { shard.entities = [:] }
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
