@testable import Consensus
import Primitives
import Testing

@Suite struct LogTests {
    /// Entries 1… of these terms.
    private func window(_ terms: [UInt64]) -> Log {
        var window = Log(base: Log.Position(index: .zero, term: .zero, checksum: 0))
        for entry in log(terms) { window.append(entry) }
        return window
    }

    @Test("A trimmed window knows the term and checksum directly before it") func trim() {
        var window = window([1, 1, 2, 3])
        let checksum = window.checksum(at: LogIndex(2))
        window.trim(through: LogIndex(2), unneeded: LogIndex(9), bytesMax: 1 << 20)
        #expect(window.base.index == LogIndex(2))
        #expect(window.term(at: LogIndex(2)) == Term(1))
        #expect(window.checksum(at: LogIndex(2)) == checksum)
        #expect(window.term(at: LogIndex(1)) == nil)
        #expect(window.term(at: LogIndex(5)) == nil)
        #expect(window[LogIndex(3)].term == Term(2))
        #expect(window.last.index == LogIndex(4))
    }

    @Test("Trimming stops at the limit, and spares what is still of use within its bytes") func trimLimits() {
        var window = window([1, 1, 1, 1])
        let each = Log.cost(window[LogIndex(1)])
        window.trim(through: LogIndex(3), unneeded: .zero, bytesMax: 2 * each)
        #expect(window.base.index == LogIndex(2) && window.bytes == 2 * each)
        window.trim(through: LogIndex(3), unneeded: .zero, bytesMax: 0)
        #expect(window.base.index == LogIndex(3))
        window.trim(through: LogIndex(4), unneeded: LogIndex(4), bytesMax: 1 << 20)
        #expect(window.isEmpty && window.bytes == 0 && window.last == window.base)
    }

    @Test("After a cut the log ends before it, also if that empties the window") func truncate() {
        var window = window([1, 1, 2])
        let end = window.checksum(at: LogIndex(1))
        window.truncate(from: LogIndex(2))
        #expect(window.last == Log.Position(index: LogIndex(1), term: Term(1), checksum: end!))
        window.trim(through: LogIndex(1), unneeded: LogIndex(1), bytesMax: 0)
        window.append(log([1, 3])[1])
        window.truncate(from: LogIndex(2))
        #expect(window.last.index == LogIndex(1) && window.last.checksum == end && window.bytes == 0)
    }

    @Test("A batch is bounded by entries and bytes, and is never empty if there is an entry") func batch() {
        let window = window([1, 1, 1, 1])
        let each = Log.cost(window[LogIndex(1)])
        #expect(window.batch(from: LogIndex(1), entriesMax: 3, bytesMax: .max / 2).entries.count == 3)
        #expect(window.batch(from: LogIndex(2), entriesMax: 9, bytesMax: 2 * each).entries.map(\.index.rawValue) == [2, 3])
        #expect(window.batch(from: LogIndex(4), entriesMax: 9, bytesMax: 1).entries.count == 1)
        #expect(window.batch(from: LogIndex(5), entriesMax: 9, bytesMax: 1).entries.isEmpty)
    }

    @Test("The newest entry of a term at most so great is found from any place") func newest() {
        let terms: [UInt64] = [1, 1, 3, 3, 3, 6, 6]
        for trimmed in 0...terms.count {
            var window = window(terms)
            window.trim(through: LogIndex(UInt64(trimmed)), unneeded: LogIndex(UInt64(trimmed)), bytesMax: 1 << 20)
            for index in 0...terms.count {
                for term in 0...7 {
                    let found = window.newest(atOrBefore: LogIndex(UInt64(index)), termAtMost: Term(UInt64(term)))
                    let expected = (0..<index).last { $0 >= trimmed && terms[$0] <= term }.map { $0 + 1 } ?? trimmed
                    #expect(found.index == LogIndex(UInt64(expected)), "\(trimmed) \(index) \(term)")
                }
            }
        }
    }
}

@Suite struct DurabilityTests {
    @Test("A batch counts as far as the log went when it was submitted") func marks() {
        var durability = Durability(index: LogIndex(3), incarnation: 1)
        durability.handOut()
        let settled1 = durability.settle(PersistenceMark(sequence: 1, lastIndex: LogIndex(5), incarnation: 1))
        #expect(settled1)
        #expect(durability.index == LogIndex(5))
        let settled2 = durability.settle(PersistenceMark(sequence: 1, lastIndex: LogIndex(9), incarnation: 1))
        #expect(!settled2)
        #expect(durability.index == LogIndex(5))
    }

    @Test("An entry that was cut off and came back is not durable by its first life") func secondLife() {
        var durability = Durability(index: LogIndex(3), incarnation: 1)
        durability.handOut()  // 4 and 5
        let first = PersistenceMark(sequence: durability.sequence, lastIndex: LogIndex(5), incarnation: 1)
        durability.handOutTruncation(from: LogIndex(5))
        durability.handOut()  // another 5
        durability.handOutTruncation(from: LogIndex(5))
        durability.handOut()  // the first 5 again
        let second = PersistenceMark(sequence: durability.sequence, lastIndex: LogIndex(5), incarnation: 1)
        let settled3 = durability.settle(first)
        #expect(settled3)
        #expect(durability.index == LogIndex(4))
        let settled4 = durability.settle(second)
        #expect(settled4)
        #expect(durability.index == LogIndex(5))
    }

    @Test("A mark of another replica proves nothing, whatever its number") func otherReplica() {
        var durability = Durability(index: LogIndex(3), incarnation: 1)
        durability.handOut()
        for sequence: UInt64 in [1, 900] {
            let isNews = durability.settle(PersistenceMark(sequence: sequence, lastIndex: LogIndex(9), incarnation: 2))
            #expect(!isNews && durability.index == LogIndex(3))
        }
    }

    @Test("A cut takes durability back at once") func cut() {
        var durability = Durability(index: LogIndex(9), incarnation: 1)
        durability.handOutTruncation(from: LogIndex(7))
        #expect(durability.index == LogIndex(6))
        let settled5 = durability.settle(PersistenceMark(sequence: 1, lastIndex: LogIndex(6), incarnation: 1))
        #expect(settled5)
        #expect(durability.index == LogIndex(6))
    }
}
