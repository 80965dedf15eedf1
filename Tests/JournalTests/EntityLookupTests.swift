import Consensus
import Engine
import Primitives
import Testing

@testable import Journal

/// One entity's events out of many, without reading the others'.
@Suite struct EntityLookupTests {
    /// A journal with entries of 50 entities, partly listed in segments, partly behind the last flush.
    private func filled(_ folder: Folder) throws -> JournalFile {
        var options = JournalOptions()
        options.rowsPerFlush = 64
        let file = try JournalFile.withGroup(folder, options)
        var log = LogMaker()
        for round in 0..<20 {
            let entries = (0..<17).map { number in
                log.record(.increment("e\((round * 17 + number) % 50)", UInt64((round * 17 + number) / 50 + 1)))
            }
            try file.write(
                batch {
                    $0.append(group1, entries)
                    $0.commit(group1, entries.last!.index)
                })
        }
        try file.writeCommits()
        return file
    }

    @Test func `the events of one entity are those that a scan finds`() throws {
        let folder = Folder()
        let file = try filled(folder)
        let reader = try JournalReader(directory: folder.path)
        defer { reader.close() }
        var all: [ListedEvent] = []
        try reader.forEachEvent { all.append($0); return true }
        #expect(all.count == 340)
        for number in [0, 7, 49] {
            var found: [ListedEvent] = []
            try reader.forEachEvent(entity: "e\(number)") { found.append($0); return true }
            #expect(found == all.filter { $0.entity == "e\(number)" })
            #expect(try reader.positionsOfEvents(entity: "e\(number)") == found.map(\.position))
        }
        var none = 0
        try reader.forEachEvent(entity: "nobody") { _ in none += 1; return true }
        #expect(none == 0)
        try file.close()
    }

    /// On a journal of 10 GB the difference between seconds and minutes.
    @Test func `a row is found by its position, through the view as well`() throws {
        let folder = Folder()
        let file = try filled(folder)
        let reader = try JournalReader(directory: folder.path)
        defer { reader.close() }
        func plan(_ sql: String) throws -> [String] {
            let row = try reader.connection.prepare("EXPLAIN QUERY PLAN " + sql)
            var lines: [String] = []
            while try row.step() { lines.append(row.text(3)) }
            return lines
        }
        for sql in [
            JournalReader.listing + " WHERE position = 7 AND entity = 'e7'", "SELECT * FROM events WHERE position IN (7, 57, 107)",
        ] {
            let lines = try plan(sql)
            #expect(lines.contains { $0.contains("SEARCH j USING INTEGER PRIMARY KEY (rowid=?)") }, "\(lines)")
            #expect(!lines.contains { $0.hasPrefix("SCAN j") && !$0.contains("VIRTUAL") }, "\(lines)")
        }
        // The newest state of one entity.
        let state = try plan("SELECT * FROM entity_states WHERE kind = 'counter' AND entity = 'e7'")
        #expect(state.contains { $0.contains("SEARCH e USING PRIMARY KEY (replica=? AND entity=?)") }, "\(state)")
        try file.close()
    }
}
