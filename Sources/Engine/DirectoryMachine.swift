internal import Directory
internal import JSON
internal import Primitives
internal import Shards

/// The directory's state machine as every member runs it: the counterpart of `ShardMachine` for group 0.
struct DirectoryMachine {
    /// What is committed and applied here.
    private(set) var committed: DirectoryState
    /// On the leader also what is proposed and not yet committed: commands are decided on it.
    private(set) var newest: DirectoryState
    private(set) var applied: LogIndex
    private(set) var dirtyEntries = 0
    private var proposed: LogIndex = .zero

    /// The one row that the directory keeps in the checkpoint's table of entities.
    static let entity = Array("directory".utf8)

    init(restored state: DirectoryState, applied: LogIndex) {
        committed = state
        newest = state
        self.applied = applied
    }

    /// From a checkpoint as `Engine` writes it; nil if it is none of the directory.
    init?(checkpoint: ShardCheckpoint) {
        guard let row = checkpoint.entities.first, checkpoint.entities.count == 1, row.entity == Self.entity,
            let state = try? JSON.decode(DirectoryState.self, from: row.stored().state)
        else { return nil }
        self.init(restored: state, applied: checkpoint.index)
    }

    /// The payload of the entry that carries out `command`, and the directory as it will be; nil if nothing is left to do.
    func decide(
        _ command: DirectoryCommand, wall: WallTime
    ) throws(DirectoryRefusal) -> (payload: [UInt8], state: DirectoryState)? {
        let events = try newest.decide(command)
        guard !events.isEmpty else { return nil }
        var state = newest
        for event in events { state.apply(event) }
        let record = EntryRecord(
            entity: [], firstRevision: 0, events: Self.encode(events), request: nil, fingerprint: 0, reply: [],
            recordedAt: wall)
        return (record.encoded(), state)
    }

    /// The decision is in the log.
    mutating func proposed(_ state: DirectoryState, at index: LogIndex) {
        newest = state
        proposed = index
    }

    /// Where a reader must wait to for everything that `newest` shows.
    var newestIndex: LogIndex { max(proposed, applied) }

    mutating func apply(_ entry: Entry) throws(MalformedBytes) {
        precondition(entry.index == applied.next, "directory entry \(entry.index) after \(applied)")
        applied = entry.index
        guard entry.type == .record else { return }
        let record = try EntryRecord(encoded: entry.payload)
        let events: [DirectoryEvent]
        do {
            events = try JSON.decode([DirectoryEvent].self, from: record.events)
        } catch {
            throw MalformedBytes("its events are not the directory's: \(error)")
        }
        for event in events { committed.apply(event) }
        dirtyEntries += 1
        if proposed <= applied { newest = committed }
    }

    mutating func lostLeadership() {
        newest = committed
        proposed = .zero
    }

    mutating func checkpointed() { dirtyEntries = 0 }

    func encoded() -> [UInt8] { Self.encode(committed) }

    private static func encode(_ value: some Encodable) -> [UInt8] {
        do { return try JSON.encode(value) } catch {
            // Numbers, text and lists of them: there is nothing in it that JSON cannot hold.
            preconditionFailure("the directory cannot be written as JSON: \(error)")
        }
    }
}
