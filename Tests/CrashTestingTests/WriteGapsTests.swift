import Testing

@testable import CrashTesting

@Suite struct WriteGapsTests {
    private func act(_ group: UInt32, term: UInt64, _ from: Int64, _ to: Int64) -> Act {
        var act = Act(entity: 0, caller: 0, number: 1, by: 1, from: from, to: to)
        (act.group, act.term, act.ending) = (group, term, .answered)
        return act
    }

    private func gaps(_ acts: [Act], _ record: FaultRecord) -> [WriteGaps.Gap] {
        WriteGaps([acts]).gaps([record], of: record.fault)
    }

    private var kill: FaultRecord { FaultRecord(fault: .kill, victims: [0], at: 100, groups: [1]) }

    @Test func `a gap ends with the first acknowledgement under a later term`() {
        let acts = [act(1, term: 2, 10, 90), act(1, term: 2, 95, 101), act(1, term: 2, 99, 300), act(1, term: 4, 120, 310)]
        #expect(gaps(acts, kill) == [WriteGaps.Gap(fault: 0, group: 1, nanoseconds: 210)])
    }

    @Test func `an owner that went on was not struck`() {
        #expect(gaps([act(1, term: 2, 10, 90), act(1, term: 2, 110, 120)], kill) == [])
    }

    @Test func `a shard that nobody writes to any more has none`() {
        #expect(gaps([act(1, term: 2, 10, 90)], kill) == [])
        #expect(gaps([], kill) == [])
    }

    @Test func `shards of other owners have none`() {
        #expect(gaps([act(2, term: 2, 10, 90), act(2, term: 3, 110, 400)], kill) == [])
    }

    @Test func `when all are killed every shard counts, from the restart on`() {
        var record = FaultRecord(fault: .killall, victims: [0, 1, 2], at: 100)
        record.restartedAt = 250
        let acts = [act(1, term: 2, 10, 90), act(2, term: 2, 10, 90), act(1, term: 3, 110, 400), act(2, term: 5, 110, 300)]
        #expect(gaps(acts, record).map(\.nanoseconds) == [150, 50])
    }

    @Test func `the spread has the median and the worst`() {
        let spread = Spread(nanoseconds: [5_000_000, 1_000_000, 900_040_000])
        #expect(spread?.median == 5)
        #expect(spread?.worst == 900)
        #expect(spread?.count == 3)
        #expect(Spread(nanoseconds: []) == nil)
    }
}
