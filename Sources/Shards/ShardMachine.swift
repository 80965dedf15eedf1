import DequeModule
public import Primitives

/// One shard's state machine, as every replica runs it.
///
/// Its replicated state — entities, sessions, keys — is a function of the log alone: two machines that have applied the
/// same entries are equal, whether by applying them all, by deciding them as leader, or from a checkpoint. Beside it a
/// leader has the newest state: what is proposed and not yet committed. Commands are decided on that; nothing of it is
/// shown before it commits.
///
/// In memory are the entities that changed since the last checkpoint, and a bounded number of others; `needs` asks for the
/// rest.
public struct ShardMachine: Sendable {
    public let runtime: KindRuntime
    public let settings: ShardSettings
    /// The newest entry applied.
    public internal(set) var applied: LogIndex
    /// Records applied since the last checkpoint was begun.
    public internal(set) var dirtyEntries = 0
    /// Encoded bytes of those.
    public internal(set) var dirtyBytes = 0
    /// The newest checkpoint that is in the journal.
    public internal(set) var writtenCheckpoint: LogIndex

    var appliedTerm: Term
    var appliedChecksum: UInt64
    var entities: EntityTable
    var sessions: SessionTable
    var keys: KeyTable
    var proposals = Proposals()
    /// What `submit` last said to propose.
    var staged: Proposal?
    var checkpoint: CheckpointUnderWay?

    /// - Throws: `restored.meta` is not what a checkpoint wrote.
    public init(runtime: KindRuntime, settings: ShardSettings, restored: RestoredShard) throws(MalformedBytes) {
        self.runtime = runtime
        self.settings = settings
        applied = restored.index
        appliedTerm = restored.term
        appliedChecksum = restored.checksum
        writtenCheckpoint = restored.index
        entities = EntityTable(settings: settings)
        sessions = SessionTable(
            settings: settings, restored: restored.sessions, forgottenOpened: restored.forgottenOpened)
        let meta = try ShardMeta(json: restored.meta)
        keys = KeyTable(
            settings: settings, forgottenThrough: restored.keysForgottenThrough, buckets: meta.buckets,
            newest: meta.newestKey)
    }

    /// What is proposed and not yet committed, in records.
    public var proposed: Int { proposals.queue.count }
    /// Entities that the next checkpoint will write.
    public var dirtyEntities: Int { entities.changed.count }

    /// Drops everything proposed and not committed. Callers that wait for it get *outcome unknown*: it may commit under
    /// another leader.
    public mutating func lostLeadership() {
        if settings.broken.contains(.keepLostProposals) { return staged = nil }
        staged = nil
        // Each slot once, however many proposals it has: to settle one may evict another that was settled before it.
        var positions: [Int] = []
        for proposal in proposals.queue where entities.slots[proposal.position].proposals > 0 {
            entities.slots[proposal.position].proposals = 0
            entities.slots[proposal.position].newest = nil
            positions.append(proposal.position)
        }
        proposals.removeAll()
        for position in positions { entities.settle(position) }
    }

    /// A slot for an entity that is not in memory, if nothing is known of it anywhere; nil if the journal must be asked.
    mutating func newSlot(of entity: [UInt8]) -> Int? {
        // No checkpoint was ever written: what is not in memory is nowhere.
        guard writtenCheckpoint == .zero else { return nil }
        return entities.add(EntitySlot(id: entity, base: .value(runtime.initial, revision: 0), bytes: entity.count))
    }
}
