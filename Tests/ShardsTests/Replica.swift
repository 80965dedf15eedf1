import Entities
import Primitives
import Shards

/// One group's log, as all replicas see it.
struct SharedLog {
    var entries: [Entry] = []
    var commit = LogIndex.zero
    var term = Term(1)

    var last: LogIndex { LogIndex(UInt64(entries.count)) }

    @discardableResult
    mutating func append(_ type: EntryType, _ payload: [UInt8] = []) -> Entry {
        let entry = Entry(
            following: entries.last?.checksum ?? 0, term: term, index: last.next, type: type, payload: payload)
        entries.append(entry)
        return entry
    }

    mutating func truncate(after index: LogIndex) {
        precondition(index >= commit)
        entries.removeLast(last - index)
    }

    subscript(_ index: LogIndex) -> Entry { entries[Int(index.rawValue) - 1] }
}

/// A machine over a fake journal.
struct Replica {
    var machine: ShardMachine
    var journal = FakeJournal()
    let runtime: KindRuntime
    let settings: ShardSettings

    init(_ runtime: KindRuntime = KindRuntime(Counter.self), settings: ShardSettings = ShardSettings()) throws {
        self.runtime = runtime
        self.settings = settings
        machine = try ShardMachine(runtime: runtime, settings: settings, restored: .newborn)
    }

    /// Submits, loading what is needed.
    mutating func submit(
        _ command: CommandRequest, wall: WallTime = WallTime(milliseconds: 1), trial: Trial = .none
    ) throws -> Submission {
        for _ in 0..<3 {
            let submission = machine.submit(command, wall: wall, trial: trial)
            guard case .needs(let request) = submission else { return submission }
            try machine.loaded(request, journal.answer(request))
        }
        return machine.submit(command, wall: wall, trial: trial)
    }

    mutating func ask(_ entity: String, _ query: String = "balance", on view: StateView = .newest) throws -> Reading {
        try resolving { $0.ask(entity: Array(entity.utf8), query: query, payload: [], on: view) }
    }

    mutating func state(_ entity: String, on view: StateView = .committed) throws -> Reading {
        try resolving { $0.askState(entity: Array(entity.utf8), on: view) }
    }

    private mutating func resolving(_ read: (inout ShardMachine) -> Reading) throws -> Reading {
        let reading = read(&machine)
        guard case .needs(let request) = reading else { return reading }
        try machine.loaded(request, journal.answer(request))
        return read(&machine)
    }

    /// Applies what is committed and not yet applied.
    @discardableResult
    mutating func follow(_ log: SharedLog, through limit: LogIndex? = nil) throws -> [Applied] {
        var result: [Applied] = []
        while machine.applied < min(limit ?? log.commit, log.commit) {
            if let applied = try machine.apply(log[machine.applied.next]) { result.append(applied) }
        }
        return result
    }

    /// A whole checkpoint, without anything between its steps.
    @discardableResult
    mutating func checkpoint() throws -> ShardCheckpoint? {
        guard machine.beginCheckpoint() != nil else { return nil }
        return try finishCheckpoint()
    }

    mutating func finishCheckpoint() throws -> ShardCheckpoint? {
        while true {
            let requests = machine.loadsForCheckpoint(limit: 3)
            if requests.isEmpty { break }
            for request in requests { try machine.loaded(request, journal.answer(request)) }
        }
        guard let checkpoint = machine.makeCheckpoint() else { return nil }
        journal.write(checkpoint)
        machine.checkpointWritten(checkpoint.index)
        return checkpoint
    }

    /// The checkpoint under way, which must be ready.
    mutating func made() throws -> ShardCheckpoint {
        guard let checkpoint = machine.makeCheckpoint() else { throw Unexpected("the checkpoint is not ready") }
        return checkpoint
    }

    /// The process ends and comes back with what its journal has.
    mutating func restart(_ runtime: KindRuntime? = nil) throws {
        machine = try ShardMachine(
            runtime: runtime ?? self.runtime, settings: settings, restored: journal.restored)
    }

    /// What the journal would hold if a checkpoint were written now.
    func image() throws -> FakeJournal {
        var copy = self
        try copy.checkpoint()
        return copy.journal
    }
}

/// A leader with its log: commits when told.
struct Leader {
    var replica: Replica
    var log = SharedLog()

    init(_ runtime: KindRuntime = KindRuntime(Counter.self), settings: ShardSettings = ShardSettings()) throws {
        replica = try Replica(runtime, settings: settings)
        log.append(.empty)
        try commit()
    }

    /// Submits; what is to be proposed goes into the log.
    @discardableResult
    mutating func send(
        _ command: CommandRequest, wall: WallTime = WallTime(milliseconds: 1), trial: Trial = .none
    ) throws -> Submission {
        let submission = try replica.submit(command, wall: wall, trial: trial)
        if case .propose(let payload) = submission {
            let entry = log.append(.record, payload)
            replica.machine.proposed(at: entry.index, term: entry.term)
        }
        return submission
    }

    @discardableResult
    mutating func commit(through index: LogIndex? = nil) throws -> [Applied] {
        log.commit = index ?? log.last
        return try replica.follow(log)
    }

    /// Sends, commits and gives the recorded reply.
    mutating func run(
        _ command: CommandRequest, wall: WallTime = WallTime(milliseconds: 1), trial: Trial = .none
    ) throws -> StoredReply? {
        switch try send(command, wall: wall, trial: trial) {
        case .propose: try commit().last?.reply
        case .done(let reply): reply
        default: nil
        }
    }
}
