import Consensus
import Engine
import Primitives
import Testing

@testable import Journal

/// Random batches against a model in memory, with reopenings, kills and readings at random moments.
@Suite struct JournalModelTests {
    @Test(arguments: 1...10)
    func `the file agrees with the model whatever comes`(seed: UInt64) throws {
        var run = ModelRun(seed: seed)
        try run.start()
        for _ in 0..<300 { try run.step() }
        try run.finish()
        // A run that never did what it is for would prove nothing.
        #expect(run.counts.filter { $0.value == 0 }.isEmpty, "seed \(seed): \(run.counts)")
    }
}

private struct ModelRun {
    private let folder = Folder()
    private var generator: RandomGenerator
    private var options = JournalOptions()
    private var file: JournalFile!
    private var reader: JournalReader!
    private var model = JournalModel()
    private var starts: UInt64 = 0
    private var ownCounts = ["kill": 0, "close": 0, "reclaim": 0]
    var counts: [String: Int] { ownCounts.merging(model.counts) { first, _ in first } }

    init(seed: UInt64) {
        generator = RandomGenerator(seed: seed)
        options.rowsPerFlush = [5, 17, 64].randomElement(using: &generator)!
        options.commitDelayMilliseconds = [0, 3_600_000].randomElement(using: &generator)!
    }

    mutating func start() throws { try open(isKilled: false) }

    private mutating func open(isKilled: Bool) throws {
        file = try JournalFile.open(directory: folder.path, options: options)
        starts += 1
        let recovery = try file.recover()
        #expect(recovery.identity.starts.count == starts)
        #expect(model.difference(from: recovery, isKilled: isKilled) == nil)
        model.takeCommits(recovery)
        reader = try JournalReader(path: file.path, index: file.index)
    }

    mutating func step() throws {
        switch Int.random(in: 0..<100, using: &generator) {
        case 0..<3:
            reader.close()
            file.connection.close()
            file.lock.release()
            ownCounts["kill"]! += 1
            try open(isKilled: true)
        case 3..<6:
            reader.close()
            try file.close()
            ownCounts["close"]! += 1
            try open(isKilled: false)
        case 6..<12:
            ownCounts["reclaim"]! += 1
            _ = try file.reclaim()
        case 12..<16: _ = try file.copyWAL(isIdle: true)
        case 16..<30: try look(reader)
        case 30..<32:
            let alone = try JournalReader(directory: folder.path)
            try look(alone)
            alone.close()
        default: try file.write(model.nextBatch(&generator))
        }
    }

    mutating func finish() throws {
        while try file.reclaim() {}
        for id in model.groups.keys.sorted() { #expect(try model.difference(from: reader, id, &generator) == nil) }
        let found = try reader.verify()
        #expect(found.isSound, "\(found.problems)")
        reader.close()
        try file.close()
        try open(isKilled: false)
        reader.close()
        try file.close()
    }

    private mutating func look(_ reader: JournalReader) throws {
        let id = GroupID(UInt32.random(in: 0...4, using: &generator))
        #expect(try model.difference(from: reader, id, &generator) == nil)
    }
}
