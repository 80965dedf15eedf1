import Directory
import Primitives
import Testing

@Suite("GroupOrder")
struct GroupOrderTests {
    /// Voters 1, 2, 3 and learner 4, led by 1, all caught up.
    let report = GroupReport(
        group: GroupID(7), leader: NodeID(1), term: Term(3), configurationIndex: LogIndex(20), isSettled: true,
        voters: nodes(1, 2, 3), learners: nodes(4), caughtUp: nodes(1, 2, 3, 4))

    func order(_ action: GroupOrder.Action) -> GroupOrder {
        GroupOrder(
            group: GroupID(7), leader: NodeID(1), term: Term(3), configurationIndex: LogIndex(20), action: action)
    }

    func verdict(
        _ action: GroupOrder.Action, dead: [NodeID] = [], _ change: (inout GroupReport) -> Void = { _ in }
    ) -> GroupOrder.Verdict {
        var report = report
        change(&report)
        return order(action).verdict(at: report, isAlive: { !dead.contains($0) })
    }

    @Test("An order of another term, configuration, leader or group, or amid a change, does nothing")
    func stale() {
        let action = GroupOrder.Action.remove(node: NodeID(3), keeping: 2)
        #expect(verdict(action) == .obey)
        #expect(verdict(action) { $0.term = Term(4) } == .stale)
        #expect(verdict(action) { $0.configurationIndex = LogIndex(21) } == .stale)
        #expect(verdict(action) { $0.leader = NodeID(2) } == .stale)
        #expect(verdict(action) { $0.group = GroupID(8) } == .stale)
        #expect(verdict(action) { $0.isSettled = false } == .stale)
    }

    @Test("What is done already is stale")
    func done() {
        #expect(verdict(.addLearner(node: NodeID(4))) == .stale)
        #expect(verdict(.addLearner(node: NodeID(2))) == .stale)
        #expect(verdict(.addLearner(node: NodeID(5))) == .obey)
        #expect(verdict(.promote(node: NodeID(2))) == .stale)
        #expect(verdict(.promote(node: NodeID(5))) == .stale)
        #expect(verdict(.remove(node: NodeID(5), keeping: 2)) == .stale)
        #expect(verdict(.transfer(to: NodeID(1))) == .stale)
        #expect(verdict(.transfer(to: NodeID(4))) == .stale)
    }

    @Test("A learner votes only when it is alive and caught up")
    func promote() {
        #expect(verdict(.promote(node: NodeID(4))) == .obey)
        #expect(verdict(.promote(node: NodeID(4)), dead: nodes(4)) == .unsafe)
        #expect(verdict(.promote(node: NodeID(4))) { $0.caughtUp = nodes(1, 2, 3) } == .unsafe)
        // Two of four would be left to vote for two more: with one voter dead it still goes, with two it does not.
        #expect(verdict(.promote(node: NodeID(4)), dead: nodes(2)) == .obey)
        #expect(verdict(.promote(node: NodeID(4)), dead: nodes(2, 3)) == .unsafe)
    }

    @Test("A voter goes only if enough others are alive and caught up, and a majority of those that remain")
    func remove() {
        #expect(verdict(.remove(node: NodeID(3), keeping: 3)) == .unsafe)
        #expect(verdict(.remove(node: NodeID(3), keeping: 2), dead: nodes(3)) == .obey)
        #expect(verdict(.remove(node: NodeID(3), keeping: 2), dead: nodes(2)) == .unsafe)
        #expect(verdict(.remove(node: NodeID(3), keeping: 2)) { $0.caughtUp = nodes(1, 3, 4) } == .unsafe)
        // Whatever the order says, one of two is no majority.
        #expect(verdict(.remove(node: NodeID(3), keeping: 0), dead: nodes(2)) == .unsafe)
        #expect(verdict(.remove(node: NodeID(1), keeping: 2)) == .unsafe, "the leader hands over first")
        #expect(verdict(.remove(node: NodeID(4), keeping: 0), dead: nodes(2, 3, 4)) == .obey, "a learner votes for nothing")
    }

    @Test("Leadership goes to a voter that is alive and caught up")
    func transfer() {
        #expect(verdict(.transfer(to: NodeID(2))) == .obey)
        #expect(verdict(.transfer(to: NodeID(2)), dead: nodes(2)) == .unsafe)
        #expect(verdict(.transfer(to: NodeID(2))) { $0.caughtUp = nodes(1, 3) } == .unsafe)
    }
}
