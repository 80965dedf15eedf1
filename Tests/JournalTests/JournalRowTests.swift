import Consensus
import Engine
import Primitives
import Testing

@testable import Journal

@Suite struct JournalRowTests {
    static let requests: [RequestID?] = [
        nil, .key(Array("order-7".utf8)), .key([]),
        .session(SessionRequest(client: .max, opened: -5, number: 1 << 63, acknowledgedBelow: 3)),
    ]

    @Test(arguments: requests)
    func `a borrowed record gives the canonical encoding back`(request: RequestID?) throws {
        var record = EntryRecord.increment("alice", 7, request: request)
        for (entity, reply) in [("alice", "15"), ("", ""), ("ünïcode\0", #"{"a":[1]}"#)] {
            record.entity = Array(entity.utf8)
            record.reply = Array(reply.utf8)
            let payload = record.encoded()
            let again = payload.withUnsafeBytes { BorrowedRecord($0)?.encoded() }
            #expect(again == payload)
        }
    }

    @Test(arguments: requests)
    func `a payload cut at any byte or with a byte too many is no record`(request: RequestID?) {
        let payload = EntryRecord.increment("alice", 7, request: request).encoded()
        for count in 0..<payload.count {
            #expect(payload[..<count].withUnsafeBytes { BorrowedRecord($0) } == nil, "cut to \(count) bytes")
        }
        #expect((payload + [0]).withUnsafeBytes { BorrowedRecord($0) } == nil)
    }

    @Test func `whatever bytes come are either refused or given back as they are`() {
        var generator = RandomGenerator(seed: 5)
        let valid = Self.requests.map { EntryRecord.increment("a", 1, request: $0).encoded() }
        for _ in 0..<20_000 {
            var payload = valid.randomElement(using: &generator)!
            for _ in 0..<Int.random(in: 0...4, using: &generator) {
                payload[Int.random(in: payload.indices, using: &generator)] = UInt8.random(in: 0...255, using: &generator)
            }
            let again = payload.withUnsafeBytes { BorrowedRecord($0)?.encoded() }
            #expect(again == nil || again == payload)
            if (try? EntryRecord(encoded: payload)) != nil { #expect(again == payload) }
        }
    }

    @Test func `every kind of payload comes back from the file with its checksum`() throws {
        let folder = Folder()
        let file = try JournalFile.withGroup(folder)
        var log = LogMaker()
        var entries = [
            log.entry(1, .empty, []), log.entry(1, .configuration, voters.encoded()), log.entry(1, .record, [9, 9, 9]),
            log.entry(1, .record, []), log.entry(1, .empty, [0]), log.entry(1, .configuration, []),
        ]
        for request in Self.requests { entries.append(log.record(.increment("", 1, request: request))) }
        var strange = EntryRecord.increment("a\0b", 1)
        strange.events = [0xff, 0, 0xfe]
        strange.reply = []
        entries.append(log.record(strange))
        try file.write(batch { $0.append(group1, entries) })
        try file.close()
        let (again, recovery) = try JournalFile.opened(folder)
        #expect(recovery.groups[0].log.entries == entries)
        try again.close()
    }
}
