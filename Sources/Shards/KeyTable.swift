import DequeModule
import Primitives

/// The free-form request keys that a shard remembers.
///
/// In memory are those that no written checkpoint has, and a bounded cache of looked-up ones; the rest is in the journal.
/// What is remembered is a function of the log alone: keys are forgotten in buckets, oldest first, once at least
/// `keysRememberedMin` newer ones are there and the bucket's newest is `keysRememberedFor` older than the newest of all.
struct KeyTable: Sendable {
    /// Keys recorded at or before this index are forgotten.
    private(set) var forgottenThrough: LogIndex
    /// Keys remembered.
    private(set) var count = 0
    private(set) var buckets: Deque<Bucket> = []
    /// The newest recorded time of all keys; never goes back.
    private(set) var newest: WallTime

    private let settings: ShardSettings
    private var known: [Key: Known] = [:]
    /// Known keys that may be dropped, oldest first; may hold keys that are no longer known or no longer droppable.
    private var droppable: Deque<Key> = []
    private var unsaved: [KeyRow] = []
    private var saving: [KeyRow] = []

    struct Key: Hashable, Sendable {
        var entity: [UInt8]
        var key: [UInt8]

        func hash(into hasher: inout Hasher) {
            entity.withUnsafeBytes { hasher.combine(bytes: $0) }
            key.withUnsafeBytes { hasher.combine(bytes: $0) }
        }
    }

    /// Some keys that were recorded one after the other.
    struct Bucket: Hashable, Sendable {
        var through: LogIndex
        var count: Int
        var newest: WallTime
    }

    private struct Known {
        /// nil: the journal was asked and has no such key.
        var reply: StoredReply?
        var isSaved: Bool
    }

    /// Keys in memory, those among them that the journal was asked for and does not have.
    var residentCount: Int { known.count }

    enum Lookup {
        case recorded(StoredReply)
        case absent
        /// Only the journal can tell.
        case unknown
    }

    init(settings: ShardSettings, forgottenThrough: LogIndex, buckets: [Bucket], newest: WallTime) {
        self.settings = settings
        self.forgottenThrough = forgottenThrough
        self.buckets = Deque(buckets)
        self.newest = newest
        count = buckets.reduce(0) { $0 + $1.count }
    }

    func lookup(_ key: Key) -> Lookup {
        if let known = known[key] {
            guard let reply = known.reply, reply.index > forgottenThrough else { return .absent }
            return .recorded(reply)
        }
        // The oldest are forgotten first, so those not yet saved are the last: no more remembered than those, none in the
        // journal.
        return count <= unsaved.count + saving.count ? .absent : .unknown
    }

    /// Records the reply to the command under `key`, committed at `reply.index`.
    mutating func record(_ key: Key, _ reply: StoredReply, recordedAt: WallTime) {
        newest = max(newest, recordedAt)
        known[key] = Known(reply: reply, isSaved: false)
        unsaved.append(KeyRow(entity: key.entity, key: key.key, recordedAt: recordedAt, reply: reply))
        if let last = buckets.last, last.count < settings.keysPerBucket {
            buckets[buckets.count - 1] = Bucket(through: reply.index, count: last.count + 1, newest: newest)
        } else {
            buckets.append(Bucket(through: reply.index, count: 1, newest: newest))
        }
        count += 1
        while let first = buckets.first, isForgettable(first) {
            buckets.removeFirst()
            count -= first.count
            forgottenThrough = first.through
        }
    }

    private func isForgettable(_ bucket: Bucket) -> Bool {
        guard buckets.count > 1, count - bucket.count >= settings.keysRememberedMin else { return false }
        // Times come from other nodes' clocks: their difference may not fit.
        let (age, isOverflow) = newest.milliseconds.subtractingReportingOverflow(bucket.newest.milliseconds)
        return isOverflow || age >= settings.keysRememberedFor.milliseconds
    }

    /// The journal's answer: its row for `key`, or that it has none.
    mutating func loaded(_ key: Key, _ reply: StoredReply?) {
        guard known[key] == nil else { return }
        cache(key, reply)
    }

    private mutating func cache(_ key: Key, _ reply: StoredReply?) {
        while droppable.count >= max(1, settings.cachedKeysMax), let oldest = droppable.popFirst() {
            if known[oldest]?.isSaved == true { known[oldest] = nil }
        }
        known[key] = Known(reply: reply, isSaved: true)
        droppable.append(key)
    }
}

extension KeyTable {
    /// The keys recorded since this was last asked, for a checkpoint. They stay in memory until `changesWritten`.
    mutating func takeChanges() -> [KeyRow] {
        precondition(saving.isEmpty, "a checkpoint was begun before the one under way was written")
        swap(&saving, &unsaved)
        return saving
    }

    /// The rows last taken are in the journal.
    mutating func changesWritten() {
        for row in saving {
            let key = Key(entity: row.entity, key: row.key)
            // Recorded once more since: the newer row is not saved yet.
            if let known = known[key], known.reply?.index == row.reply.index { cache(key, known.reply) }
        }
        saving.removeAll()
    }
}
