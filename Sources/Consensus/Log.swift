internal import DequeModule
internal import Primitives

/// The newest part of one group's log, in memory: everything that is not yet durable and applied, and some entries before it for
/// peers that are a little behind. What lies before `base` is in the journal alone.
struct Log: Sendable {
    /// One place in the log, with all that its successor needs to know.
    struct Position: Hashable, Sendable {
        var index: LogIndex
        var term: Term
        var checksum: UInt64
    }

    /// Directly before the first entry in memory.
    private(set) var base: Position
    private(set) var last: Position
    private var entries: Deque<Entry> = []
    /// What the window costs, by `Log.cost`.
    private(set) var bytes = 0

    /// An entry's own size in memory beside its payload, so that empty payloads are bounded as well.
    private static let entryOverhead = 64

    init(base: Position) {
        self.base = base
        last = base
    }

    static func cost(_ entry: Entry) -> Int { entry.payload.count + entryOverhead }

    var isEmpty: Bool { entries.isEmpty }

    func contains(_ index: LogIndex) -> Bool { index > base.index && index <= last.index }

    /// The entry at `index`, which must be in the window.
    subscript(index: LogIndex) -> Entry {
        precondition(contains(index), "entry \(index) is outside of the window \(base.index)..\(last.index)")
        return entries[offset(index)]
    }

    /// Nil before the base and after the last entry.
    func term(at index: LogIndex) -> Term? {
        if index == last.index { return last.term }
        if index == base.index { return base.term }
        return contains(index) ? entries[offset(index)].term : nil
    }

    /// Nil before the base and after the last entry.
    func checksum(at index: LogIndex) -> UInt64? {
        if index == last.index { return last.checksum }
        if index == base.index { return base.checksum }
        return contains(index) ? entries[offset(index)].checksum : nil
    }

    func slice(from: LogIndex, through: LogIndex) -> [Entry] {
        guard from <= through else { return [] }
        precondition(
            from > base.index && through <= last.index,
            "entries \(from)...\(through) are outside of the window \(base.index)..\(last.index)")
        return Array(entries[offset(from)...offset(through)])
    }

    /// The entries from `from` on that fit one message: at least one if there is one.
    func batch(from: LogIndex, entriesMax: Int, bytesMax: Int) -> (entries: [Entry], bytes: Int) {
        precondition(from > base.index, "entry \(from) is before the window's base \(base.index)")
        guard from <= last.index else { return ([], 0) }
        let start = offset(from)
        let limit = min(entries.count, start + max(1, entriesMax))
        var end = start
        var total = 0
        while end < limit {
            let cost = Self.cost(entries[end])
            if end > start, total + cost > bytesMax { break }
            total += cost
            end += 1
        }
        return (Array(entries[start..<end]), total)
    }

    /// The newest place at or before `index` whose term is at most `term`; the base if the window has none.
    ///
    /// Terms ascend along a log, so this is a binary search.
    func newest(atOrBefore index: LogIndex, termAtMost term: Term) -> Position {
        guard index > base.index else { return base }
        var low = 0
        var high = min(offset(index) + 1, entries.count)
        while low < high {
            let middle = (low + high) / 2
            if entries[middle].term <= term { low = middle + 1 } else { high = middle }
        }
        return low == 0 ? base : position(entries[low - 1])
    }

    // MARK: Changing

    mutating func append(_ entry: Entry) {
        entries.append(entry)
        bytes += Self.cost(entry)
        last = position(entry)
    }

    /// Removes every entry from `index` on, which must be in the window.
    mutating func truncate(from index: LogIndex) {
        precondition(contains(index), "truncation from \(index) is outside of the window \(base.index)..\(last.index)")
        let count = entries.count - offset(index)
        for entry in entries.suffix(count) { bytes -= Self.cost(entry) }
        entries.removeLast(count)
        last = entries.last.map(position) ?? base
    }

    /// Forgets entries from the front: those up to `unneeded`, and those up to `limit` as long as the window costs more than
    /// `bytesMax`.
    mutating func trim(through limit: LogIndex, unneeded: LogIndex, bytesMax: Int) {
        while let first = entries.first, first.index <= limit, first.index <= unneeded || bytes > bytesMax {
            base = position(first)
            bytes -= Self.cost(first)
            entries.removeFirst()
        }
    }

    /// Gives a burst's storage back, if nothing is in it.
    mutating func release() {
        if entries.isEmpty { entries = [] }
    }

    /// Forgets everything; the log goes on after `position`.
    mutating func reset(to position: Position) {
        base = position
        last = position
        entries = []
        bytes = 0
    }

    private func offset(_ index: LogIndex) -> Int { index - base.index - 1 }
    private func position(_ entry: Entry) -> Position {
        Position(index: entry.index, term: entry.term, checksum: entry.checksum)
    }
}
