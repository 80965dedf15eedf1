import Primitives

/// What a shard keeps in memory about one entity.
struct EntitySlot: Sendable {
    var id: [UInt8]
    /// The committed state, except for the events in `unapplied`.
    var base: Base
    /// Committed events after `base`, oldest first: of an entity that is not loaded, or that is quarantined. Each a JSON array.
    var unapplied: [[UInt8]] = []
    /// The committed revision, `unapplied` included.
    var revision: UInt64
    /// The state with everything proposed; nil if nothing with events is proposed.
    var newest: (any EntityValue)?
    var newestRevision: UInt64
    /// Proposals not yet committed, and the index of the last.
    var proposals = 0
    var lastProposal = LogIndex.zero
    /// Whether it changed since the last checkpoint was begun: it then stands in the table's list of changes.
    var isChanged = false
    /// Where it stands in the checkpoint under way; -1 if it does not.
    var checkpointPosition = -1
    /// Approximate bytes of its state.
    var bytes: Int

    enum Base: Sendable {
        /// In the journal, at `revision` less the events in `unapplied`.
        case notLoaded(revision: UInt64)
        case value(any EntityValue, revision: UInt64)
        /// The journal's state is not readable by this program.
        case unreadable([UInt8], revision: UInt64, reason: String)

        var revision: UInt64 {
            switch self {
            case .notLoaded(let revision), .value(_, let revision), .unreadable(_, let revision, _): revision
            }
        }
    }

    init(id: [UInt8], base: Base, bytes: Int) {
        self.id = id
        self.base = base
        revision = base.revision
        newestRevision = base.revision
        self.bytes = bytes
    }

    /// What can be asked of the entity now.
    enum Standing {
        case ready(any EntityValue, revision: UInt64)
        case notLoaded
        case quarantined
    }

    func standing(on view: StateView) -> Standing {
        if view == .newest, let newest { return .ready(newest, revision: newestRevision) }
        switch base {
        case .notLoaded: return .notLoaded
        case .unreadable: return .quarantined
        case .value(let value, let revision):
            return unapplied.isEmpty ? .ready(value, revision: revision) : .quarantined
        }
    }

    /// Whether the journal's newest checkpoint has all there is to know, and nobody needs the memory.
    var isEvictable: Bool { !isChanged && checkpointPosition < 0 && proposals == 0 }

    /// Adds committed events. They are applied if the state is there and can take them.
    /// - Parameter count: how many they are, if that is known.
    /// - Throws: `events` are not a JSON array.
    mutating func append(_ events: [UInt8], count: Int? = nil) throws(MalformedBytes) {
        bytes += events.count
        if case .value(let value, let baseRevision) = base, unapplied.isEmpty {
            do throws(Unreadable) {
                let (next, count) = try value.applying(events)
                base = .value(next, revision: baseRevision + UInt64(count))
                revision = base.revision
                return
            } catch {
                // Quarantine: the events are kept as they came.
            }
        }
        guard let count = count ?? EventArray.count(events) else {
            throw MalformedBytes("the events of \(String(decoding: id, as: UTF8.self)) are not a JSON array")
        }
        unapplied.append(events)
        revision += UInt64(count)
    }
}
