import Consensus
import Primitives

/// One node's replica with its shell: disk, state machine and mailbox, all in the test's hands.
struct SimulatedReplica {
    let id: NodeID
    var disk: SimulatedDisk
    /// Nil while the process is down.
    private(set) var raft: RaftGroup?
    private var gathering = SimulatedDisk.Batch()
    private(set) var inFlight: SimulatedDisk.Batch?
    private var outputs = Outputs()

    /// The state machine: the checksum of the entry applied last stands for the whole of it.
    private(set) var applied = LogIndex.zero
    private(set) var appliedEntries: [Entry] = []

    // What came out and waits for the test to take it.
    var sent: [Outputs.Addressed] = []
    var reads: [Outputs.ReadOutcome] = []
    var loads: [Outputs.EntryLoad] = []
    var snapshotsWanted: [NodeID] = []
    var fault: String?

    init(id: NodeID, configuration: Configuration) {
        self.id = id
        disk = SimulatedDisk(configuration)
    }

    var isUp: Bool { raft != nil }
    var hasDiskWork: Bool { inFlight != nil }

    mutating func start(settings: RaftSettings, seed: UInt64, now: Instant) {
        let restored = disk.restored()
        raft = RaftGroup(
            group: GroupID(1), node: id, restored: restored, settings: settings, seed: seed, now: now)
        applied = restored.base.index
        appliedEntries = []
        apply()
    }

    /// The process dies. A batch that was under way is on disk whole or not at all.
    mutating func crash(keepingInFlight: Bool) {
        if keepingInFlight, let inFlight { disk.write(inFlight) }
        raft = nil
        inFlight = nil
        gathering = SimulatedDisk.Batch()
        sent = []
        reads = []
        loads = []
        snapshotsWanted = []
    }

    /// Does something with the group and performs the outputs.
    @discardableResult
    mutating func step<Result>(_ body: (inout RaftGroup, inout Outputs) -> Result) -> Result? {
        guard raft != nil else { return nil }
        let result = body(&raft!, &outputs)
        perform()
        return result
    }

    private mutating func perform() {
        guard let group = raft else { return }
        if let fault = outputs.fault { self.fault = fault }
        if outputs.hardStateChanged { gathering.operations.append(.hardState(group.term, group.vote)) }
        if let point = outputs.installedSnapshot {
            gathering.operations.append(.install(point))
            applied = point.index
            appliedEntries = []
        }
        if let index = outputs.truncateFrom { gathering.operations.append(.truncate(index)) }
        if !outputs.entries.isEmpty { gathering.operations.append(.append(outputs.entries)) }
        sent += outputs.messages
        if !outputs.durableMessages.isEmpty { hold(outputs.durableMessages) }
        reads += outputs.reads
        loads += outputs.loads
        snapshotsWanted += outputs.snapshotsWanted
        if outputs.committed != nil { apply() }
        outputs.reset()
        submit()
    }

    /// Messages that rest on the disk go when all that was handed out before them is there.
    private mutating func hold(_ messages: [Outputs.Addressed]) {
        if gathering.isEmpty, inFlight == nil {
            sent += messages
        } else if gathering.isEmpty {
            inFlight!.messages += messages
        } else {
            gathering.messages += messages
        }
    }

    private mutating func submit() {
        guard inFlight == nil, !gathering.isEmpty, let group = raft else { return }
        gathering.mark = group.persistenceMark
        inFlight = gathering
        gathering = SimulatedDisk.Batch()
    }

    /// The batch under way is durable.
    mutating func finishBatch(now: Instant) {
        guard let batch = inFlight else { return }
        inFlight = nil
        disk.write(batch)
        sent += batch.messages
        step { $0.persisted(batch.mark!, now: now, into: &$1) }
        submit()
    }

    private mutating func apply() {
        guard let commit = raft?.commit, commit > applied else { return }
        appliedEntries += raft!.entries(from: applied.next, through: commit)
        applied = commit
        gathering.operations.append(.commit(commit))
        raft!.applied(through: commit)
    }

    /// Writes a checkpoint of the applied state and, if asked, forgets the history behind it.
    mutating func checkpoint(trimming: Bool) {
        guard let point = raft?.snapshotPoint(at: applied), point.index > disk.base.index,
            disk.lastIndex >= point.index, inFlight == nil, gathering.isEmpty
        else { return }
        disk.write(SimulatedDisk.Batch(operations: [.checkpoint(point)]))
        guard trimming else { return }
        disk.trim(before: point.index.next)
        raft!.trimmed(before: point.index.next)
    }

    mutating func answerLoads(now: Instant, countMax: Int, failing: Bool = false) {
        let asked = loads
        loads = []
        for load in asked {
            let previousTerm = disk.term(at: load.from.previous)
            let entries = disk.read(from: load.from, through: load.through, countMax: countMax)
            step {
                $0.entriesLoaded(
                    failing || previousTerm == nil ? [] : entries, previousTerm: previousTerm ?? .zero,
                    for: load.peer, now: now, into: &$1)
            }
        }
    }

    /// Answers each wish for a checkpoint by the newest one on disk.
    mutating func answerSnapshots(failing: Bool = false) {
        let asked = snapshotsWanted
        snapshotsWanted = []
        for peer in asked {
            guard !failing, let offer = raft?.snapshotOffer(at: disk.base) else {
                raft?.snapshotFailed(to: peer)
                continue
            }
            sent.append(Outputs.Addressed(to: peer, message: offer, isBulk: true))
            raft!.snapshotSent(to: peer, point: disk.base)
        }
    }
}
