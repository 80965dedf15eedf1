import Primitives
import Testing

@Suite struct StartHistoryTests {
    private func process(_ number: UInt64) -> UniqueID { UniqueID(high: 1, low: number) }

    /// Starts 1 to `count` of a folder; from `parting` on, of a copy of it.
    private func history(_ count: UInt64, parting: UInt64 = .max) -> StartHistory {
        var starts = StartHistory()
        for start in 1...count { starts.begin(process(start < parting ? start : start + 1_000)) }
        return starts
    }

    @Test func `a history has its own starts and those that a later process will have forgotten`() {
        let starts = history(20)
        #expect(starts.count == 20)
        #expect(starts.process == process(20))
        #expect(starts.processes == (5...20).reversed().map { process($0) })
        for start in 1...20 as ClosedRange<UInt64> { #expect(!starts.lacks(start: start, of: process(start)), "\(start)") }
        // Too far back to be told.
        #expect(!starts.lacks(start: 4, of: process(99)))
    }

    @Test func `nothing is lacking for whom nobody has met`() {
        #expect(!StartHistory().lacks(start: 0, of: .zero))
        #expect(!history(3).lacks(start: 0, of: .zero))
        #expect(StartHistory().lacks(start: 1, of: process(1)))
    }

    @Test func `an old copy is known by what it lacks, however often it is started`() {
        let (start, process) = (UInt64(10), process(10))
        for count in 1...9 as ClosedRange<UInt64> { #expect(history(count).lacks(start: start, of: process), "\(count)") }
        // The copy was taken after start 8, so its start 9 is its own.
        for count in 10...25 as ClosedRange<UInt64> { #expect(history(count, parting: 9).lacks(start: start, of: process), "\(count)") }
        // A copy taken while that process ran descends from it.
        for count in 11...25 as ClosedRange<UInt64> { #expect(!history(count, parting: 11).lacks(start: start, of: process), "\(count)") }
    }

    @Test func `counts from outside never trap`() {
        for count in [0, 1, 2, .max - 1, .max] as [UInt64] {
            let starts = StartHistory(count: count, processes: (0..<300).map { process($0) })
            for start in [0, 1, 2, .max - 1, .max] as [UInt64] { _ = starts.lacks(start: start, of: process(3)) }
        }
    }
}
