internal import Consensus
internal import Directory
internal import Engine
internal import Entities
internal import JSON
internal import Primitives

/// What every node must agree on, gathered as the run goes on.
struct CommitWatch {
    private let kind: String
    /// Each group's committed entries, from the first on.
    private(set) var logs: [[Entry]] = []
    /// Who led in which term: (machine, process).
    private var leaders: [[Term: Leader]] = []
    /// The newest term in which a group was led.
    private(set) var newestTerm: [Term] = []
    /// Each entity's value by the newest committed entry that changed it.
    private(set) var values: [[UInt8]: Int64] = [:]
    /// The directory as far as it is committed.
    private(set) var directory = DirectoryState()

    struct Leader: Hashable {
        var host: Int
        var start: UInt64
    }

    init(kind: String) { self.kind = kind }

    private mutating func make(_ group: GroupID) -> Int {
        let slot = Int(group.rawValue)
        while logs.count <= slot {
            logs.append([])
            leaders.append([:])
            newestTerm.append(.zero)
        }
        return slot
    }

    func log(_ group: GroupID) -> [Entry] {
        let slot = Int(group.rawValue)
        return slot < logs.count ? logs[slot] : []
    }

    func count(_ group: GroupID) -> Int {
        let slot = Int(group.rawValue)
        return slot < logs.count ? logs[slot].count : 0
    }

    /// The group of an entity of the one kind that there is.
    func group(of entity: [UInt8]) -> GroupID? { directory.kind(kind)?.group(of: entity) }

    func isRemoved(_ node: NodeID?) -> Bool {
        guard let node, let status = directory.member(node)?.status else { return false }
        return status == .removed
    }

    /// A node leads. Returns what is wrong with that.
    mutating func lead(_ group: GroupID, _ term: Term, _ leader: Leader) -> String? {
        let slot = make(group)
        newestTerm[slot] = max(newestTerm[slot], term)
        guard let known = leaders[slot].updateValue(leader, forKey: term), known != leader else { return nil }
        return "two leaders of group \(group) in term \(term): machines \(known.host) and \(leader.host)"
    }

    func newestTerm(of group: GroupID) -> Term {
        let slot = Int(group.rawValue)
        return slot < newestTerm.count ? newestTerm[slot] : .zero
    }

    /// The checksum at a committed index; nil if nothing is known to be committed there.
    func checksum(_ group: GroupID, at index: LogIndex) -> UInt64? {
        let slot = Int(group.rawValue)
        guard logs.indices.contains(slot), index > .zero, index.rawValue <= logs[slot].count else { return nil }
        return logs[slot][Int(index.rawValue) - 1].checksum
    }

    /// Takes over what has been committed anew. Returns what is wrong with it.
    mutating func extend(_ group: GroupID, with entries: ArraySlice<Entry>) -> String? {
        let slot = make(group)
        for entry in entries {
            guard entry.index.rawValue == logs[slot].count + 1, entry.follows(logs[slot].last?.checksum ?? 0) else {
                return "the committed log of group \(group) does not go on with entry \(entry.index) of term \(entry.term)"
            }
            logs[slot].append(entry)
            guard entry.type == .record else { continue }
            guard let record = try? EntryRecord(encoded: entry.payload) else {
                return "entry \(entry.index) of group \(group) cannot be read"
            }
            if group == .directory {
                if let problem = apply(record, at: entry.index) { return problem }
            } else if let value = Int64(String(decoding: record.reply, as: UTF8.self)) {
                values[record.entity] = value
            }
        }
        return nil
    }

    private mutating func apply(_ record: EntryRecord, at index: LogIndex) -> String? {
        guard let events = try? JSON.decode([DirectoryEvent].self, from: record.events) else {
            return "directory entry \(index) cannot be read"
        }
        for event in events { directory.apply(event) }
        return nil
    }
}
