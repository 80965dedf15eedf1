import DequeModule
import Primitives

/// The sessions that a shard remembers: for each, the replies that its client has not acknowledged.
///
/// A function of the log alone, equal on every replica at the same index. Bounded: past `ShardSettings.sessionsMax` or
/// `sessionBytesMax` the session unused longest is forgotten. A session that was forgotten, or may have been, is never
/// taken for a new one: `forgottenOpened` tells.
struct SessionTable: Sendable {
    private(set) var forgottenOpened: Int64
    private(set) var bytes = 0
    private let countMax: Int
    private let bytesMax: Int
    private let broken: BrokenRules

    private var sessions: [Session] = []
    private var free: [Int] = []
    private var positions: [UInt64: Int] = [:]
    private var recency = RecencyList()
    /// Positions changed since the last `takeChanges`, each once, in order.
    private var changed: [Int] = []
    private var removed: [UInt64] = []

    struct Session: Sendable {
        var client: UInt64
        var opened: Int64
        var acknowledgedBelow: UInt64
        var lastIndex: LogIndex
        var replies: Deque<NumberedReply>
        var bytes = 0
        var isChanged = false
    }

    /// What one reply and one session count for besides their bytes of JSON. Fixed: it decides what is forgotten.
    static let replyOverhead = 64
    static let sessionOverhead = 128

    init(settings: ShardSettings, restored: [SessionRow], forgottenOpened: Int64) {
        self.forgottenOpened = forgottenOpened
        countMax = settings.sessionsMax
        bytesMax = settings.sessionBytesMax
        broken = settings.broken
        for row in restored.sorted(by: { $0.lastIndex < $1.lastIndex }) {
            let position = add(
                Session(
                    client: row.client, opened: row.opened, acknowledgedBelow: row.acknowledgedBelow,
                    lastIndex: row.lastIndex, replies: Deque(row.replies)))
            let size = row.replies.reduce(Self.sessionOverhead) { $0 + Self.size(of: $1.reply) }
            sessions[position].bytes = size
            bytes += size
            recency.use(position)
        }
    }

    var count: Int { recency.count }

    func session(of client: UInt64) -> Session? { positions[client].map { sessions[$0] } }

    /// Records the reply to `request`, committed at `reply.index`.
    mutating func record(_ request: SessionRequest, _ reply: StoredReply) {
        guard let position = position(for: request) else { return }
        recency.use(position)
        markChanged(position)
        sessions[position].lastIndex = reply.index
        acknowledge(below: broken.contains(.forgetReplyAtOnce) ? request.number + 1 : request.acknowledgedBelow, at: position)
        if request.number >= sessions[position].acknowledgedBelow {
            insert(NumberedReply(number: request.number, reply: reply), at: position)
        }
        while recency.count > countMax || (bytes > bytesMax && recency.count > 1) { forgetOldest() }
    }

    /// The place of the request's session, made if it is new; nil if the session was forgotten, or may have been: to begin
    /// it anew would forget which of its requests took effect.
    private mutating func position(for request: SessionRequest) -> Int? {
        if let position = positions[request.client] {
            let opened = sessions[position].opened
            if request.opened < opened { return nil }
            if request.opened > opened { restart(position, with: request) }
            return position
        }
        guard request.opened > forgottenOpened || broken.contains(.executeExpiredSession) else { return nil }
        bytes += Self.sessionOverhead
        return add(
            Session(
                client: request.client, opened: request.opened, acknowledgedBelow: 0, lastIndex: .zero, replies: [],
                bytes: Self.sessionOverhead))
    }

    private mutating func restart(_ position: Int, with request: SessionRequest) {
        bytes += Self.sessionOverhead - sessions[position].bytes
        sessions[position].bytes = Self.sessionOverhead
        sessions[position].opened = request.opened
        sessions[position].acknowledgedBelow = 0
        sessions[position].replies.removeAll()
    }

    private mutating func add(_ session: Session) -> Int {
        let position: Int
        if let reused = free.popLast() {
            position = reused
            sessions[position] = session
        } else {
            position = sessions.count
            sessions.append(session)
        }
        positions[session.client] = position
        return position
    }

    private mutating func acknowledge(below number: UInt64, at position: Int) {
        guard number > sessions[position].acknowledgedBelow else { return }
        sessions[position].acknowledgedBelow = number
        while let first = sessions[position].replies.first, first.number < number {
            sessions[position].replies.removeFirst()
            let size = Self.size(of: first.reply)
            sessions[position].bytes -= size
            bytes -= size
        }
    }

    private mutating func insert(_ reply: NumberedReply, at position: Int) {
        let place = sessions[position].replies.place(of: reply.number)
        // The first answer stands.
        guard !place.isTaken else { return }
        sessions[position].replies.insert(reply, at: place.offset)
        let size = Self.size(of: reply.reply)
        sessions[position].bytes += size
        bytes += size
    }

    private mutating func forgetOldest() {
        let position = recency.oldest
        let session = sessions[position]
        recency.remove(position)
        positions[session.client] = nil
        bytes -= session.bytes
        forgottenOpened = max(forgottenOpened, session.opened)
        removed.append(session.client)
        // Frees the replies and takes the session out of `changed`.
        sessions[position].replies = []
        sessions[position].isChanged = false
        free.append(position)
    }

    static func size(of reply: StoredReply) -> Int {
        replyOverhead + reply.outcome.json.count + (reply.outcome.refusalMessage?.utf8.count ?? 0)
    }

    private mutating func markChanged(_ position: Int) {
        guard !sessions[position].isChanged else { return }
        sessions[position].isChanged = true
        changed.append(position)
    }
}

extension SessionTable {
    /// What changed since this was last asked, for a checkpoint.
    mutating func takeChanges() -> (rows: [SessionRow], removed: [UInt64]) {
        var rows: [SessionRow] = []
        rows.reserveCapacity(changed.count)
        // A place that was freed and taken again may stand in the list twice; its flag is up once.
        for position in changed where sessions[position].isChanged {
            sessions[position].isChanged = false
            rows.append(row(at: position))
        }
        changed.removeAll(keepingCapacity: true)
        let gone = removed.filter { positions[$0] == nil }
        removed.removeAll(keepingCapacity: true)
        return (rows, gone)
    }

    private func row(at position: Int) -> SessionRow {
        let session = sessions[position]
        return SessionRow(
            client: session.client, opened: session.opened, acknowledgedBelow: session.acknowledgedBelow,
            lastIndex: session.lastIndex, replies: Array(session.replies))
    }
}

extension SessionTable.Session {
    /// The recorded reply to request `number`.
    func reply(to number: UInt64) -> StoredReply? {
        let place = replies.place(of: number)
        return place.isTaken ? replies[place.offset].reply : nil
    }
}

extension Deque<NumberedReply> {
    /// Where the reply to request `number` is or would be.
    fileprivate func place(of number: UInt64) -> (offset: Int, isTaken: Bool) {
        // Nearly always after the last: clients count upwards.
        guard let last, last.number >= number else { return (count, false) }
        var low = 0
        var high = count
        while low < high {
            let middle = (low + high) / 2
            if self[middle].number < number { low = middle + 1 } else { high = middle }
        }
        return (low, self[low].number == number)
    }
}
