import Consensus
import Primitives

/// What one replica has on its disk, and the batches on the way there.
struct SimulatedDisk {
    enum Operation {
        case hardState(Term, NodeID?)
        case truncate(LogIndex)
        case append([Entry])
        case install(SnapshotPoint)
        case commit(LogIndex)
        case checkpoint(SnapshotPoint)
    }

    struct Batch {
        var operations: [Operation] = []
        var messages: [Outputs.Addressed] = []
        var mark: PersistenceMark?
        var isEmpty: Bool { operations.isEmpty && messages.isEmpty }
    }

    private(set) var term = Term.zero
    private(set) var vote: NodeID?
    private(set) var base: SnapshotPoint
    private(set) var entries: [Entry] = []
    private(set) var commit = LogIndex.zero
    private(set) var firstAvailable = LogIndex(1)
    private(set) var promised: LogPosition?
    /// The entry before `entries`: index, term, checksum.
    private var floor: (index: LogIndex, term: Term, checksum: UInt64) = (.zero, .zero, 0)

    init(_ configuration: Configuration) { base = .origin(configuration) }

    /// A replica that was retired and made anew keeps term and vote, and knows how far it was.
    mutating func wipe() {
        let (term, vote) = (self.term, self.vote)
        let end = LogPosition(term: entries.last?.term ?? floor.term, index: lastIndex)
        let promised = max(end, self.promised ?? end)
        self = SimulatedDisk(.none)
        self.term = term
        self.vote = vote
        self.promised = promised
    }

    /// For tests that go wrong on purpose.
    mutating func loseEntries(from index: LogIndex) {
        entries.removeAll { $0.index >= index }
        commit = min(commit, lastIndex)
    }

    var lastIndex: LogIndex { entries.last?.index ?? floor.index }

    func checksum(at index: LogIndex) -> UInt64? {
        if index == floor.index { return floor.checksum }
        guard index > floor.index, index <= lastIndex else { return nil }
        return entries[index - floor.index - 1].checksum
    }

    func term(at index: LogIndex) -> Term? {
        if index == floor.index { return floor.term }
        guard index > floor.index, index <= lastIndex else { return nil }
        return entries[index - floor.index - 1].term
    }

    func read(from: LogIndex, through: LogIndex, countMax: Int) -> [Entry] {
        guard from > floor.index, from <= lastIndex else { return [] }
        let start = from - floor.index - 1
        let end = min(entries.count, through - floor.index, start + countMax)
        return start < end ? Array(entries[start..<end]) : []
    }

    mutating func write(_ batch: Batch) {
        for operation in batch.operations { perform(operation) }
    }

    private mutating func perform(_ operation: Operation) {
        switch operation {
        case .hardState(let term, let vote):
            self.term = term
            self.vote = vote
        case .truncate(let index): entries.removeAll { $0.index >= index }
        case .append(let news):
            precondition(news.first.map { $0.index == lastIndex.next } ?? true, "gap after \(lastIndex): \(news)")
            entries += news
        case .install(let point):
            base = point
            entries = []
            floor = (point.index, point.term, point.checksum)
            firstAvailable = point.index.next
            commit = point.index
        case .commit(let index): commit = max(commit, min(index, lastIndex))
        case .checkpoint(let point):
            base = point
            commit = max(commit, point.index)
        }
    }

    /// Forgets history behind the checkpoint.
    mutating func trim(before index: LogIndex) {
        precondition(index <= base.index.next, "trim at \(index) past the checkpoint at \(base.index)")
        guard index > floor.index.next else { return }
        let last = entries[index - floor.index - 2]
        entries.removeFirst(index - floor.index - 1)
        floor = (last.index, last.term, last.checksum)
        firstAvailable = index
    }

    func restored() -> RestoredLog {
        RestoredLog(
            term: term, vote: vote, base: base, entries: entries.filter { $0.index > base.index },
            commit: max(commit, base.index), firstAvailable: firstAvailable, promised: promised)
    }
}
