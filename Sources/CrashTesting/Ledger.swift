import Primitives
import Processes

/// What callers were told, for looking up by request id.
struct Book: Sendable {
    let names: RequestNames
    /// A caller's increments in the order of their numbers, from 1 on.
    let increments: [[Act]]
    let entities: Int
    private let callerOfClient: [UInt64: Int]

    init(_ acts: [[Act]], names: RequestNames, entities: Int) {
        self.names = names
        self.entities = entities
        increments = acts.map { $0.filter(\.isIncrement) }
        var callers: [UInt64: Int] = [:]
        for (caller, session) in names.sessions.enumerated() {
            if let session { callers[session.client] = caller }
        }
        callerOfClient = callers
        for acts in increments {
            for (position, act) in acts.enumerated() {
                precondition(Int(act.number) == position + 1, "caller \(act.caller) skipped a number before \(act.number)")
            }
        }
    }

    /// Whose increment an entry is. Nil if no caller made it.
    func find(_ row: JournalScan.Row) -> (caller: Int, position: Int)? {
        let caller: Int
        let number: Int64
        if let key = row.key {
            guard let parsed = names.parse(key: key) else { return nil }
            (caller, number) = (parsed.caller, Int64(parsed.number))
        } else if let client = row.sessionClient, let found = callerOfClient[client] {
            (caller, number) = (found, row.requestNumber)
        } else {
            return nil
        }
        guard number >= 1, number <= increments[caller].count else { return nil }
        return (caller, Int(number) - 1)
    }
}

/// One node's journal, checked against the book entry by entry.
struct Ledger {
    let node: String
    private(set) var logs: [UInt32: ReplicaLog] = [:]
    /// How often each increment is among the committed events, by caller and position.
    private(set) var counts: [[UInt8]]
    /// What the committed events of each entity add up to; nil for entities whose shard is not here from its first entry on.
    private(set) var sums: [Int64?]
    private(set) var committedEvents: Int64 = 0
    private(set) var findings = Findings()
    private var revisions: [Int64]

    /// Reads a node's whole file.
    init(folder: String, node: String, book: Book) throws(ChildError) {
        self.node = node
        counts = book.increments.map { Array(repeating: 0, count: $0.count) }
        sums = Array(repeating: nil, count: book.entities)
        revisions = Array(repeating: 0, count: book.entities)
        let scan = try JournalScan(folder: folder)
        if let damage = try scan.quickCheck() { findings.add("\(node): SQLite finds the file damaged: \(damage)") }
        var groupOfReplica: [Int64: UInt32] = [:]
        for group in try scan.groups() {
            groupOfReplica[group.replica] = group.group
            logs[group.group] = ReplicaLog(group: group)
        }
        try scan.entries { row in
            // Rows of a replica that was given up are no part of any log.
            guard let group = groupOfReplica[row.replica] else { return }
            self.take(row, group, book)
        }
        let shown = try scan.eventsInView()
        if shown != committedEvents {
            findings.add("\(node): the events view shows \(shown) events of counters, \(committedEvents) are committed")
        }
        checkCounts(book)
    }

    private mutating func take(_ row: JournalScan.Row, _ number: UInt32, _ book: Book) {
        let group = logs[number]!.group
        let expected = group.first + Int64(logs[number]!.digests.count)
        guard row.index == expected else {
            return findings.add("\(node): \(group.shard) has entry \(row.index) where \(expected) should be")
        }
        logs[number]!.digests.append(row.digest)
        guard group.kind == "counter", row.type == 2, row.index <= group.commit else { return }
        committedEvents += 1
        guard let entity = book.names.number(ofEntity: row.entity), entity < book.entities, let found = book.find(row) else {
            return findings.add("\(node): \(group.shard) has an entry \(row.index) that no caller asked for")
        }
        let act = book.increments[found.caller][found.position]
        counts[found.caller][found.position] &+= counts[found.caller][found.position] < 255 ? 1 : 0
        if group.first == 1 { sums[entity] = (sums[entity] ?? 0) + Int64(act.by) }
        check(row, act, entity, group, book)
    }

    /// The entry must be what its caller asked for and, if answered, was told.
    private mutating func check(
        _ row: JournalScan.Row, _ act: Act, _ entity: Int, _ group: JournalScan.Group, _ book: Book
    ) {
        var wrong: [String] = []
        if Int(act.entity) != entity { wrong.append("entity \(book.names.entity(entity))") }
        if row.events != Array("[{\"incremented\":{\"by\":\(act.by)}}]".utf8) {
            wrong.append("events \(String(decoding: row.events, as: UTF8.self))")
        }
        if group.first == 1, row.firstRevision != revisions[entity] + 1 {
            wrong.append("revision \(row.firstRevision) after \(revisions[entity])")
        }
        revisions[entity] = row.firstRevision
        if act.ending == .answered {
            if act.group != group.group || act.index != UInt64(row.index) { wrong.append("place \(group.group):\(row.index)") }
            if act.term != UInt64(row.term) { wrong.append("term \(row.term)") }
            if act.revision != UInt64(row.firstRevision) { wrong.append("revision \(row.firstRevision)") }
            if row.reply != Array("\(act.value)".utf8) {
                wrong.append("reply \(String(decoding: row.reply, as: UTF8.self))")
            }
        }
        guard !wrong.isEmpty else { return }
        findings.add(
            "\(node): \(group.shard):\(row.index) has \(wrong.joined(separator: ", ")) for: \(act.operation(book.names)), "
                + "receipt \(act.group):\(act.index) term \(act.term) revision \(act.revision)")
    }

    /// Each answered increment exactly once; each of unknown outcome once at most.
    private mutating func checkCounts(_ book: Book) {
        for (caller, acts) in book.increments.enumerated() {
            for (position, act) in acts.enumerated() {
                let count = counts[caller][position]
                if act.ending == .answered {
                    guard let log = logs[act.group], log.group.first <= act.index else { continue }
                    if count != 1 { findings.add("\(node) has \(count) times: \(act.operation(book.names))") }
                } else if count > 1 {
                    findings.add("\(node) has \(count) times: \(act.operation(book.names))")
                }
            }
        }
    }
}

/// What was found wrong; the first ones in words, all of them counted.
package struct Findings: Sendable {
    package private(set) var texts: [String] = []
    package private(set) var count = 0
    private static let textsMax = 20

    package init() {}

    package mutating func add(_ text: String) {
        count += 1
        if texts.count < Self.textsMax { texts.append(text) }
    }

    mutating func add(_ other: Findings) {
        for text in other.texts { add(text) }
        count += other.count - other.texts.count
    }
}
