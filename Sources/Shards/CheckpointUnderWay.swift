import Primitives

/// A checkpoint from the moment that fixes its index to the moment that it is written.
///
/// States are references to values that never change, so entries go on being applied meanwhile.
struct CheckpointUnderWay: Sendable {
    var checkpoint: ShardCheckpoint
    var entities: [Captured]
    /// Of `entities`, those whose content is not there yet.
    var missing: Int
    /// The first of `entities` whose load has not been asked for.
    var nextLoad = 0
    var isMade = false

    struct Captured: Sendable {
        /// Its place in the entity table.
        var position: Int
        /// nil: it waits to be loaded.
        var content: EntityRow.Content?
        /// While it waits: how many of the slot's unapplied events are before the checkpoint's index.
        var unapplied: Int
    }
}

extension EntitySlot {
    /// The committed state for a checkpoint; nil if it is not loaded.
    var checkpointContent: EntityRow.Content? {
        switch base {
        case .notLoaded: nil
        case .value(let value, let revision):
            unapplied.isEmpty
                ? .value(value, revision: revision)
                : .halted(value, revision: revision, unapplied: unapplied)
        case .unreadable(let state, let revision, _):
            .stored(StoredState(revision: revision, state: state, unapplied: EventArray.joined(unapplied)))
        }
    }
}
