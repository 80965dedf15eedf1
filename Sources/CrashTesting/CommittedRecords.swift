package import Primitives
package import Processes

/// What the nodes' journals hold of one kind, with the replicas held against each other.
package struct CommittedRecords: Sendable {
    /// Every committed record, group by group in the order of the logs.
    package private(set) var records: [EntryRecord] = []
    package private(set) var findings = Findings()
    /// Entries that were found equal on another replica.
    package private(set) var entriesCompared = 0

    private struct Node {
        var name: String
        var logs: [UInt32: ReplicaLog] = [:]
        var records: [UInt32: [EntryRecord]] = [:]
    }

    /// Reads the files of nodes that run or have ended.
    package init(folders: [String], kind: String) throws(ChildError) {
        var nodes: [Node] = []
        for (position, folder) in folders.enumerated() { nodes.append(try read(folder, "node\(position + 1)", kind)) }
        var comparison = ReplicaComparison()
        comparison.compare(nodes.map { ($0.name, $0.logs) })
        findings.add(comparison.findings)
        entriesCompared = comparison.entriesCompared
        for group in Set(nodes.flatMap { $0.records.keys }).sorted() {
            let whole = nodes.filter { $0.logs[group]?.group.first == 1 }
            guard let newest = whole.max(by: { $0.logs[group]!.group.commit < $1.logs[group]!.group.commit }) else {
                findings.add("group \(group) is in no journal from its first entry on")
                continue
            }
            records += newest.records[group] ?? []
        }
    }

    private mutating func read(_ folder: String, _ name: String, _ kind: String) throws(ChildError) -> Node {
        var node = Node(name: name)
        let scan = try JournalScan(folder: folder)
        if let damage = try scan.quickCheck() { findings.add("\(name): SQLite finds the file damaged: \(damage)") }
        var groupOfReplica: [Int64: UInt32] = [:]
        for group in try scan.groups() {
            groupOfReplica[group.replica] = group.group
            node.logs[group.group] = ReplicaLog(group: group)
        }
        var found = Findings()
        try scan.entries { row in
            // Rows of a replica that was given up are no part of any log.
            guard let number = groupOfReplica[row.replica], let group = node.logs[number]?.group else { return }
            let expected = group.first + Int64(node.logs[number]!.digests.count)
            guard row.index == expected else {
                return found.add("\(name): \(group.shard) has entry \(row.index) where \(expected) should be")
            }
            node.logs[number]!.digests.append(row.digest)
            guard group.kind == kind, row.type == 2, row.index <= group.commit else { return }
            node.records[number, default: []].append(EntryRecord(row))
        }
        findings.add(found)
        return node
    }
}

extension EntryRecord {
    /// Of a request that its caller named with a key.
    fileprivate init(_ row: JournalScan.Row) {
        self.init(
            entity: row.entity, firstRevision: UInt64(row.firstRevision), events: row.events, request: row.key.map(RequestID.key),
            fingerprint: 0, reply: row.reply, recordedAt: WallTime(milliseconds: 0))
    }
}
