import Primitives
import Linearizability
import Testing

@Suite struct CounterCheckTests {
    let check = CounterCheck()

    /// `increment by` or, for nil, a read; from, to, answer (nil: unknown).
    private func operation(_ by: Int64?, _ from: Int64, _ to: Int64, _ answer: Int64?) -> Operation {
        Operation(
            entity: "c", action: by.map { .increment(by: $0) } ?? .read, invoked: Instant(nanoseconds: from),
            responded: Instant(nanoseconds: to), outcome: answer.map { .ok($0) } ?? .unknown)
    }

    private func kind(_ history: [Operation]) -> Violation.Kind? {
        guard case .violated(let violation) = check.judge(history) else { return nil }
        return violation.kind
    }

    // MARK: What is right

    @Test func `concurrent increments may be answered in any order`() {
        #expect(check.judge([operation(1, 0, 10, 2), operation(1, 0, 10, 1), operation(nil, 0, 10, 1)]) == .linearizable)
    }

    @Test func `an empty history is linearizable`() {
        #expect(check.judge([]) == .linearizable)
    }

    @Test func `an increment of unknown outcome may have happened, late or never`() {
        let unknown = operation(5, 0, 3, nil)
        #expect(check.judge([unknown, operation(nil, 10, 11, 0), operation(nil, 20, 21, 5)]) == .linearizable)
        #expect(check.judge([unknown, operation(nil, 10, 11, 0)]) == .linearizable)
        #expect(check.judge([operation(1, 1, 2, 6), unknown]) == .linearizable)
    }

    @Test func `an increment by nothing is a read`() {
        #expect(check.judge([operation(2, 0, 1, 2), operation(0, 2, 3, 2), operation(1, 4, 5, 3)]) == .linearizable)
        #expect(kind([operation(2, 0, 1, 2), operation(0, 2, 3, 0)]) == .order)
    }

    @Test func `reads of one value stand between its increment and the next`() {
        let history = [
            operation(1, 0, 4, 1), operation(nil, 3, 9, 1), operation(nil, 2, 2, 0), operation(1, 8, 12, 2),
            operation(nil, 7, 10, 1), operation(nil, 9, 30, 2),
        ]
        #expect(check.judge(history) == .linearizable)
    }

    // MARK: Planted violations

    @Test func `two increments answered alike are a lost update`() {
        #expect(kind([operation(1, 0, 5, 1), operation(1, 0, 5, 1)]) == .lostUpdate)
        #expect(kind([operation(3, 0, 5, 3), operation(2, 0, 5, 4)]) == .lostUpdate)
    }

    @Test func `a retry applied twice is an unexplained change`() {
        #expect(kind([operation(1, 0, 1, 1), operation(nil, 2, 3, 2)]) == .unexplainedChange)
        #expect(kind([operation(1, 0, 1, 1), operation(1, 2, 3, 3)]) == .unexplainedChange)
    }

    @Test func `what was said not to have happened must not have`() {
        var liar = operation(1, 0, 1, 1)
        liar.outcome = .notCommitted
        #expect(kind([liar, operation(nil, 2, 3, 1)]) == .unexplainedChange)
        #expect(check.judge([liar, operation(nil, 2, 3, 0)]) == .linearizable)
    }

    @Test func `an unknown increment explains no more than its amount, and only once`() {
        let unknown = operation(1, 0, 1, nil)
        #expect(kind([unknown, operation(nil, 5, 6, 2)]) == .unexplainedChange)
        #expect(kind([unknown, operation(nil, 5, 6, 1), operation(1, 7, 8, 3)]) == .unexplainedChange)
    }

    @Test func `nothing explains a change before it began`() {
        #expect(kind([operation(nil, 0, 3, 1), operation(1, 5, 6, nil)]) == .unexplainedChange)
    }

    @Test func `a read of an older value than one already answered is stale`() {
        #expect(kind([operation(1, 0, 1, 1), operation(1, 2, 3, 2), operation(nil, 4, 5, 1)]) == .order)
    }

    @Test func `an increment answered before another began comes before it`() {
        #expect(kind([operation(1, 0, 1, 2), operation(1, 5, 6, 1)]) == .order)
    }

    @Test func `a value that the counter never had is impossible`() {
        #expect(kind([operation(5, 0, 9, 5), operation(nil, 0, 9, 3)]) == .impossibleValue)
        #expect(kind([operation(nil, 0, 9, -1)]) == .impossibleValue)
        #expect(kind([operation(.max, 0, 9, -2)]) == .impossibleValue)
    }

    @Test func `a violation names the operations that contradict each other`() throws {
        let history = [operation(1, 0, 1, 1), operation(1, 2, 3, 2), operation(nil, 4_000, 5_000, 1)]
        guard case .violated(let violation) = check.judge(history) else { return #expect(Bool(false), "not found") }
        #expect(Set(violation.operations) == [history[1], history[2]])
        #expect(violation.description.contains("read of c by caller 0 from 0.004 to 0.005 ms: answered 1"))
    }

    @Test(arguments: [UInt64(1), 2, 3])
    func `each violation is found in a long history`(seed: UInt64) {
        var maker = HistoryMaker(seed: seed)
        maker.callers = 16
        maker.amounts = [1, 2, 5]
        maker.unknownPercent = 0
        let history = maker.make(20_000)
        #expect(check.judge(history) == .linearizable)
        let position = history.count / 2
        let increment = history[position...].firstIndex { if case .increment = $0.action { true } else { false } }!
        guard case .ok(let value) = history[increment].outcome else { return }

        var lost = history
        lost.append(history[increment])
        #expect(kind(lost) == .lostUpdate)

        var doubled = history
        doubled.remove(at: increment)
        #expect(kind(doubled) == .unexplainedChange)

        var stale = history
        let late = history.map(\.responded).max()!
        stale.append(operation(nil, late.nanoseconds + 1, late.nanoseconds + 2, value))
        #expect(kind(stale) == .order)

        var early = history
        early.append(operation(nil, -2, -1, value))
        #expect(kind(early) == .order)
    }

    // MARK: Entities

    @Test func `entities are judged one by one`() {
        var other = operation(1, 0, 1, 1)
        other.entity = "d"
        #expect(check.judgeAll([operation(1, 0, 1, 1), other]) == [.linearizable, .linearizable])
    }
}
