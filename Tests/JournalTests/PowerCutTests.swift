import Engine
import Foundation
import Primitives
import Testing

@testable import Journal

/// The power goes at any call, in any work: unsynced writes are lost, torn and reordered (HAZARDS 1, 10, 17, 18, 33).
@Suite struct PowerCutTests {
    /// Power cuts in one go; `HOLDFAST_POWER_CUTS=10000` in the environment makes the long run.
    static let cuts = ProcessInfo.processInfo.environment["HOLDFAST_POWER_CUTS"].flatMap { Int($0) } ?? 1_200
    static let runs = 8

    @Test(arguments: 1...runs)
    func `what was acknowledged survives power cuts, kills and failed syncs, one after the other`(run: Int) throws {
        var life = Lives(seed: UInt64(run) &* 7_919)
        while life.cuts < Self.cuts / Self.runs { try life.next() }
        #expect(life.counts.filter { $0.value == 0 }.isEmpty, "seed \(life.seed): \(life.counts)")
    }
}

/// The lives of one journal, each ended by a fault.
private struct Lives {
    let seed: UInt64
    private var generator: RandomGenerator
    private var folder = Folder()
    private var disk = FaultyDisk()
    /// What the journal may hold: what it has acknowledged, and behind it what was under way when the last life ended.
    private var candidates = [JournalModel()]
    private var file: UniqueID?
    private var startCounter: UInt64 = 0
    private var lives = 0
    private(set) var counts = [
        "lost": 0, "cut while opening": 0, "cut in work": 0, "cut after work": 0, "kill": 0, "failed call": 0, "close": 0,
        "attempt kept": 0, "attempt lost": 0,
    ]
    private(set) var cuts = 0

    init(seed: UInt64) {
        self.seed = seed
        generator = RandomGenerator(seed: seed)
    }

    private enum Ending { case cut, kill, failure, close }

    mutating func next() throws {
        lives += 1
        if lives % 30 == 0 { startAnew() }
        let ending: Ending =
            switch Int.random(in: 0..<10, using: &generator) {
            case 0: .kill
            case 1, 2: .failure
            case 3: .close
            default: .cut
            }
        switch ending {
        case .cut, .failure:
            let calls = FaultyDisk.Calls.allCases.randomElement(using: &generator)!
            disk.fail(
                at: Int.random(in: 1...(calls == .syncs ? 15 : 100), using: &generator), of: calls,
                isLasting: ending == .cut || Bool.random(using: &generator),
                ending == .cut ? .dead : [.error, .full].randomElement(using: &generator)!)
        case .kill, .close: disk.fail(at: nil)
        }
        var isOpen = false
        do {
            try live(ending, &isOpen)
        } catch {
            try #require(disk.hasFailed, "seed \(seed), life \(lives): \(error)")
        }
        note(ending, isOpen)
        disk.fail(at: nil)
        guard ending == .cut else { return }
        cuts += 1
        let how = FaultyDisk.Cut.allCases[[0, 0, 0, 1, 2, 2, 3, 3].randomElement(using: &generator)!]
        if disk.cutPower(how, seed: generator.next()) > 0 { counts["lost"]! += 1 }
    }

    private mutating func note(_ ending: Ending, _ isOpen: Bool) {
        switch ending {
        case .cut where !disk.hasFailed: counts["cut after work"]! += 1
        case .cut: counts[isOpen ? "cut in work" : "cut while opening"]! += 1
        case .kill: counts["kill"]! += 1
        case .failure: counts["failed call"]! += 1
        case .close: counts["close"]! += 1
        }
    }

    /// Another journal now and then: births have their own moments.
    private mutating func startAnew() {
        (folder, disk, candidates) = (Folder(), FaultyDisk(), [JournalModel()])
        (file, startCounter) = (nil, 0)
    }

    private mutating func live(_ ending: Ending, _ isOpen: inout Bool) throws {
        let journal = try JournalFile.open(directory: folder.path, options: disk.options)
        defer { journal.kill() }
        #expect(file == nil || journal.identity.file == file, "seed \(seed), life \(lives): another file")
        file = journal.identity.file
        #expect(journal.identity.starts.count > startCounter, "seed \(seed), life \(lives): an older start counter")
        try settle(journal.recover())
        startCounter = journal.identity.starts.count
        isOpen = true
        for _ in 0..<Int.random(in: 1...12, using: &generator) { try work(journal) }
        if ending == .close { try journal.close() }
    }

    /// What was found is one of what may be there; from now on it is acknowledged.
    private mutating func settle(_ recovery: Recovery) throws {
        let differences = candidates.map { $0.difference(from: recovery, isKilled: true) }
        guard let found = differences.firstIndex(of: nil) else {
            Issue.record("seed \(seed), life \(lives): \(differences.compactMap { $0 })")
            throw JournalError(.failed, "lost")
        }
        if candidates.count > 1 { counts[found == 0 ? "attempt lost" : "attempt kept"]! += 1 }
        candidates = [candidates[found]]
        candidates[0].takeCommits(recovery)
    }

    private mutating func work(_ journal: JournalFile) throws {
        switch Int.random(in: 0..<10, using: &generator) {
        case 0: _ = try journal.reclaim()
        case 1: _ = try journal.copyWAL(isIdle: true)
        default:
            var next = candidates[0]
            let batch = next.nextBatch(&generator)
            candidates = [candidates[0], next]
            try journal.write(batch)
            candidates = [next]
        }
    }
}
