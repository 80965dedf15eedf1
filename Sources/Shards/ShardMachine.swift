public import Primitives

/// One shard's state machine, as every replica runs it.
public struct ShardMachine: Sendable {
    public let runtime: KindRuntime
    public let settings: ShardSettings
    /// The newest entry applied.
    public private(set) var applied: LogIndex

    public init(runtime: KindRuntime, settings: ShardSettings, restored: RestoredShard) {
        self.runtime = runtime
        self.settings = settings
        applied = restored.index
    }

    /// Decides a command on the newest state. Only on a leader that has applied an entry of its own term.
    public mutating func submit(_ command: CommandRequest, wall: WallTime) -> Submission { fatalError() }
    /// The record of the last `.propose` is in the log.
    public mutating func proposed(at index: LogIndex, term: Term) { fatalError() }
    /// The record of the last `.propose` is not in the log and will not be.
    public mutating func abandonProposal() { fatalError() }
    /// Drops everything proposed and not committed.
    public mutating func lostLeadership() { fatalError() }

    public mutating func ask(entity: [UInt8], query: String, payload: [UInt8], on view: StateView) -> Reading {
        fatalError()
    }
    /// Like `ask`; the answer is the entity's whole state.
    public mutating func askState(entity: [UInt8], on view: StateView) -> Reading { fatalError() }

    /// Applies the next committed entry of any type; nil for those that are no records.
    /// - Throws: the entry cannot follow on this state: damage or a bug; the node must stop.
    public mutating func apply(_ entry: Entry) throws(MalformedBytes) -> Applied? { fatalError() }

    /// The answer to a `LoadRequest`.
    /// - Throws: what was loaded cannot be the state that the log goes on from; the node must stop.
    public mutating func loaded(_ request: LoadRequest, _ result: LoadResult) throws(MalformedBytes) { fatalError() }

    /// Records applied since the last checkpoint was begun.
    public var dirtyEntries: Int { fatalError() }
    /// Bytes of those.
    public var dirtyBytes: Int { fatalError() }
    /// Begins a checkpoint as of `applied` and returns that index; nil while one is under way. Entries may be applied meanwhile.
    public mutating func beginCheckpoint() -> LogIndex? { fatalError() }
    /// Up to `limit` loads that the checkpoint waits for and that were not returned before.
    public mutating func loadsForCheckpoint(limit: Int) -> [LoadRequest] { fatalError() }
    /// The checkpoint, once all its loads are in; nil before.
    public mutating func makeCheckpoint() -> ShardCheckpoint? { fatalError() }
    /// That checkpoint is durable.
    public mutating func checkpointWritten(_ index: LogIndex) { fatalError() }
}
