import Engine
import Entities
import Primitives
import Shards

/// Increments as `holdfast bench` makes them.
enum Samples {
    static let increment = Array(#"{"by":1}"#.utf8)

    static func entity(_ number: UInt64) -> [UInt8] { Array("bench-\(number % 1_000)".utf8) }

    static func session(_ number: UInt64) -> RequestID {
        .session(SessionRequest(client: 7, opened: 1_700_000_000_000, number: number, acknowledgedBelow: number))
    }

    static func request(number: UInt64) -> Request {
        .command(
            EntityCommand(
                kind: Counter.kind, entity: entity(number), name: "increment", payload: increment, request: session(number)))
    }

    static func command(number: UInt64) -> CommandRequest {
        CommandRequest(entity: entity(number), name: "increment", payload: increment, request: session(number))
    }

    static func record(number: UInt64, firstRevision: UInt64 = 1) -> EntryRecord {
        EntryRecord(
            entity: entity(number), firstRevision: firstRevision, events: Array(#"[{"incremented":{"by":1}}]"#.utf8),
            request: session(number), fingerprint: 0x1234_5678_9ABC_DEF0, reply: Array("\(number)".utf8),
            recordedAt: WallTime(milliseconds: 1_700_000_000_000))
    }
}

/// A log that grows.
struct LogMaker {
    private(set) var last = LogIndex.zero
    private var checksum: UInt64 = 0

    mutating func next() -> Entry {
        last = last.next
        let entry = Entry(
            following: checksum, term: Term(1), index: last, type: .record,
            payload: Samples.record(number: last.rawValue).encoded())
        checksum = entry.checksum
        return entry
    }
}
