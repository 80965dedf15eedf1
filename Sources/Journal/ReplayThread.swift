import Engine
import Primitives
import Shards
import Synchronization

/// Replays on a thread of its own what another one reads.
///
/// All calls come from that other thread; they wait when the replay is far behind.
final class ReplayThread {
    private let replay: Shared
    private let thread = WorkThread(name: "verify-states")
    private var commands = CommandBatch()
    private var rows: [EntityRow] = []

    /// Batches that wait to be replayed: some megabytes.
    private static let queueMax = 8
    private static let rowsMax = 1_024

    private final class Shared: Sendable {
        let replay: Mutex<StateReplay>
        init(_ kinds: [KindRuntime]) { replay = Mutex(StateReplay(kinds)) }
    }

    init(_ kinds: [KindRuntime]) { replay = Shared(kinds) }

    deinit { thread.stop() }

    func add(_ replica: Int64, _ group: Replica, base: LogIndex) {
        let (descriptor, first) = (group.descriptor, group.first)
        submit { $0.add(replica, descriptor, first: first, base: base) }
    }

    /// What a row of `journal` up to its replica's base says; `entity` and `events` lie where SQLite has them.
    func take(
        _ replica: Int64, _ index: LogIndex, from firstRevision: UInt64, isOpaque: Bool, entity: UnsafeRawBufferPointer,
        events: UnsafeRawBufferPointer
    ) {
        commands.append(replica, index, from: firstRevision, isOpaque: isOpaque, entity: entity, events: events)
        if commands.isFull { flush() }
    }

    func take(_ row: EntityRow, of replica: Int64) {
        rows.append(row)
        if rows.count == Self.rowsMax { flushRows(of: replica) }
    }

    /// After the last row of a replica's entities.
    func endRows(of replica: Int64) {
        flushRows(of: replica)
        submit { $0.endRows(of: replica) }
    }

    /// Waits for the end of it all.
    func result() -> StateReplay.Result {
        flush()
        thread.stop()
        return replay.replay.withLock { $0.result }
    }

    private func flush() {
        guard !commands.commands.isEmpty else { return }
        let batch = commands
        commands = CommandBatch()
        submit { $0.apply(batch) }
    }

    private func flushRows(of replica: Int64) {
        // What the rows are compared with comes before them.
        flush()
        guard !rows.isEmpty else { return }
        let batch = rows
        rows = []
        submit { $0.compare(batch, of: replica) }
    }

    private func submit(_ body: @escaping @Sendable (StateReplay) -> Void) {
        thread.submit(waitingBehind: Self.queueMax) { [replay] in replay.replay.withLock { body($0) } }
    }
}
