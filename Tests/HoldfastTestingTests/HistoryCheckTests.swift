import Entities
import Primitives
import Simulator
import Testing

@testable import HoldfastTesting

/// Plants in the records and in what callers were told each thing that the check must find.
@Suite struct HistoryCheckTests {
    private let check = HistoryCheck<Counter> { $0.balance < 100 }

    /// What a caller asked from one second to another.
    private func increment(
        _ key: String, by amount: Int64, _ seconds: ClosedRange<Int64>, _ outcome: Observation.Outcome
    ) -> Observation {
        Observation(
            entity: Array("a".utf8), message: EncodedMessage(name: "increment", payload: Array("{\"by\":\(amount)}".utf8)), isCommand: true,
            request: .key(Array(key.utf8)), invoked: Instant(nanoseconds: seconds.lowerBound), responded: Instant(nanoseconds: seconds.upperBound),
            outcome: outcome)
    }

    private func balance(_ seconds: ClosedRange<Int64>, _ revision: UInt64, _ value: Int64) -> Observation {
        Observation(
            entity: Array("a".utf8), message: EncodedMessage(name: "balance", payload: Array("{}".utf8)), isCommand: false, request: nil,
            invoked: Instant(nanoseconds: seconds.lowerBound), responded: Instant(nanoseconds: seconds.upperBound), outcome: reply(revision, value))
    }

    private func reply(_ revision: UInt64, _ value: Int64) -> Observation.Outcome {
        .replied(revision: revision, json: Array("\(value)".utf8))
    }

    private func record(_ key: String, _ revision: UInt64, by amount: Int64, reply: Int64) -> EntryRecord {
        EntryRecord(
            entity: Array("a".utf8), firstRevision: revision, events: Array("[{\"incremented\":{\"by\":\(amount)}}]".utf8),
            request: .key(Array(key.utf8)), fingerprint: 0, reply: Array("\(reply)".utf8), recordedAt: WallTime(milliseconds: 0))
    }

    private func finding(_ records: [EntryRecord], _ seen: [Observation]) -> String { check.findings(records, seen).first ?? "" }

    @Test func `what happened as it was told passes`() {
        let records = [record("k1", 1, by: 3, reply: 3), record("k2", 2, by: 4, reply: 7), record("k3", 3, by: 1, reply: 8)]
        let seen = [
            increment("k1", by: 3, 1...2, reply(1, 3)), balance(1...2, 0, 0), balance(3...4, 1, 3), increment("k2", by: 4, 3...6, reply(2, 7)),
            balance(5...5, 2, 7), increment("k3", by: 1, 5...9, .unknown), increment("k4", by: 1, 5...9, .unknown), balance(10...11, 3, 8),
        ]
        #expect(check.findings(records, seen) == [])
    }

    @Test func `an answered command that is not there is noticed`() {
        #expect(finding([], [increment("k1", by: 3, 1...2, reply(1, 3))]).contains("never had"))
        let seen = [increment("k1", by: 3, 1...2, reply(1, 3)), increment("k2", by: 3, 1...2, .unknown)]
        #expect(finding([record("k2", 1, by: 3, reply: 3)], seen).contains("is lost"))
    }

    @Test func `a command that took effect twice is noticed`() {
        let records = [record("k1", 1, by: 3, reply: 3), record("k1", 2, by: 3, reply: 6)]
        #expect(finding(records, [increment("k1", by: 3, 1...2, reply(1, 3))]).contains("took effect twice"))
    }

    @Test func `what nobody asked for is noticed`() {
        #expect(finding([record("k1", 1, by: 3, reply: 3)], []).contains("nobody asked"))
    }

    @Test func `an answer that is not the recorded one is noticed`() {
        #expect(finding([record("k1", 1, by: 3, reply: 3)], [increment("k1", by: 3, 1...2, reply(1, 4))]).contains("was answered 4"))
        #expect(finding([record("k1", 1, by: 3, reply: 3)], [increment("k1", by: 3, 1...2, reply(2, 3))]).contains("at revision 2"))
        #expect(finding([record("k1", 1, by: 3, reply: 3)], [increment("k1", by: 3, 1...2, .notCommitted)]).contains("not to have happened"))
        #expect(finding([record("k1", 1, by: 3, reply: 3)], [increment("k1", by: 3, 1...2, .refused(json: []))]).contains("was refused"))
    }

    @Test func `a record that the entity does not decide is noticed`() {
        #expect(finding([record("k1", 1, by: 4, reply: 4)], [increment("k1", by: 3, 1...2, .unknown)]).contains("it decides"))
    }

    @Test func `a gap between revisions is noticed`() {
        #expect(finding([record("k1", 2, by: 3, reply: 3)], [increment("k1", by: 3, 1...2, .unknown)]).contains("comes after revision 0"))
    }

    @Test func `a question that sees less than was answered before it is noticed`() {
        let seen = [increment("k1", by: 3, 1...2, reply(1, 3)), balance(3...4, 0, 0)]
        #expect(finding([record("k1", 1, by: 3, reply: 3)], seen).contains("saw revision 0"))
    }

    @Test func `a command that comes before one that was answered earlier is noticed`() {
        let records = [record("k2", 1, by: 4, reply: 4), record("k1", 2, by: 3, reply: 7)]
        let seen = [increment("k1", by: 3, 1...2, reply(2, 7)), increment("k2", by: 4, 3...4, reply(1, 4))]
        #expect(finding(records, seen).contains("was asked after"))
    }

    @Test func `an answer that the entity does not give is noticed`() {
        #expect(finding([], [balance(1...2, 0, 5)]).contains("it is 0"))
    }

    @Test func `a state that breaks the invariant is noticed, wherever it is in the history`() {
        let records = [record("k1", 1, by: 100, reply: 100), record("k2", 2, by: -50, reply: 50)]
        let seen = [increment("k1", by: 100, 1...2, reply(1, 100)), increment("k2", by: -50, 3...4, reply(2, 50))]
        #expect(finding(records, seen).contains("invariant does not hold at revision 1: {\"balance\":100}"))
    }

    @Test func `a refusal must be one that the entity gives at the time`() {
        let overflow = Observation.Outcome.refused(json: Array("{\"balance\":3,\"by\":9223372036854775807}".utf8))
        let records = [record("k1", 1, by: 3, reply: 3), record("k3", 2, by: 1, reply: 4)]
        let first = increment("k1", by: 3, 1...2, reply(1, 3))
        let last = increment("k3", by: 1, 7...8, reply(2, 4))
        #expect(check.findings(records, [first, increment("k2", by: .max, 3...4, overflow), last]) == [])
        // After the balance had become 4.
        #expect(finding(records, [first, last, increment("k2", by: .max, 9...10, overflow)]).contains("which the entity does not say"))
        // A caller that was told so before the balance was 3.
        let later = increment("k1", by: 3, 2...3, reply(1, 3))
        #expect(finding(records, [increment("k2", by: .max, 0...1, overflow), later, last]).contains("which the entity does not say"))
    }

    @Test func `a refusal that was recorded must be the one that was told`() {
        var refused = record("k1", 1, by: 0, reply: 0)
        refused.events = Array("[]".utf8)
        let json = "{\"balance\":0,\"by\":3}"
        refused.reply = Array("{\"message\":\"no\",\"refusal\":\(json)}".utf8)
        #expect(finding([refused], [increment("k1", by: 3, 1...2, .refused(json: Array(json.utf8)))]).contains("it decides reply 3"))
    }
}
