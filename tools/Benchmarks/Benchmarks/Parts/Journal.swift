import Benchmark
import Consensus
import Engine
import Foundation
import Journal
import Primitives
import Shards

/// The disk's side: entries in one transaction with one flush, and an entity's state read back.
func journal() {
    for count in [1, 16, 128, 1_024] {
        Benchmark("journal: append \(count) entries", configuration: .init(scalingFactor: .one)) { (benchmark, shelf: Shelf) in
            var batch = WriteBatch()
            batch.append(Shelf.group, shelf.entries(count))
            benchmark.startMeasurement()
            try shelf.file.write(batch)
            benchmark.stopMeasurement()
        } setup: {
            try Shelf()
        } teardown: {
            Shelf.removeAll()
        }
    }

    Benchmark("journal: load an entity's state", configuration: .init(scalingFactor: .one)) { (benchmark, shelf: Shelf) in
        let reader = try JournalReader(directory: shelf.folder)
        let requests = (0..<100).map { number in
            LoadRequest(
                entity: Array("bench-\(number * 97 % 10_000)".utf8), wantsState: true, key: nil, checkpoint: LogIndex(1))
        }
        benchmark.startMeasurement()
        for request in requests { blackHole(try reader.load(Shelf.group, [request])) }
        benchmark.stopMeasurement()
    } setup: { () -> Shelf in
        let shelf = try Shelf()
        try shelf.checkpoint(entities: 10_000)
        return shelf
    } teardown: {
        Shelf.removeAll()
    }
}

/// A journal with one group in it.
private final class Shelf {
    static let group = GroupID(1)
    private static let root = FileManager.default.temporaryDirectory.appendingPathComponent(
        "holdfast-benchmarks-\(ProcessInfo.processInfo.processIdentifier)")

    let folder: String
    let file: JournalFile
    private var log = LogMaker()

    init() throws {
        folder = Self.root.appendingPathComponent(UUID().uuidString).path
        file = try JournalFile.open(directory: folder)
        _ = try file.recover()
        var batch = WriteBatch()
        batch.createGroup(
            GroupDescriptor(
                group: Self.group, kind: "counter", number: 0, configuration: Configuration(voters: [NodeID(1)])))
        batch.hardState(Self.group, term: Term(1), vote: NodeID(1))
        try file.write(batch)
    }

    static func removeAll() { try? FileManager.default.removeItem(at: root) }

    func entries(_ count: Int) -> [Entry] { (0..<count).map { _ in log.next() } }

    func checkpoint(entities count: Int) throws {
        let entry = log.next()
        var state = ShardCheckpoint(
            index: entry.index, term: entry.term, checksum: entry.checksum, forgottenOpened: .min,
            keysForgottenThrough: .zero, meta: [])
        state.entities = (0..<count).map { number in
            EntityRow(
                entity: Array("bench-\(number)".utf8),
                stored: StoredState(revision: 1, state: Array(#"{"balance":1}"#.utf8)))
        }
        var batch = WriteBatch()
        batch.append(Self.group, [entry])
        batch.checkpoint(
            Self.group,
            at: SnapshotPoint(
                index: entry.index, term: entry.term, checksum: entry.checksum,
                configuration: Configuration(voters: [NodeID(1)])),
            state)
        try file.write(batch)
    }
}
