import Primitives
import Testing

@testable import Directory

@Suite("EvenAssignment")
struct EvenAssignmentTests {
    @Test("Nothing moves while the loads are within one")
    func withinOne() {
        var even = EvenAssignment(loads: [0, 0])
        for node in [0, 0, 1] { even.add(at: node, candidates: [0, 1]) }
        even.balance(changesMax: .max)
        #expect(even.changes == 0)
        #expect(even.loads == [2, 1])
    }

    @Test("An item that cannot go straight to the emptiest node makes room through another")
    func chain() {
        var even = EvenAssignment(loads: [0, 0, 0])
        // 0 holds three that 1 could take; 2 is empty and could take from 1 only.
        for _ in 0..<3 { even.add(at: 0, candidates: [0, 1]) }
        for _ in 0..<2 { even.add(at: 1, candidates: [1, 2]) }
        even.balance(changesMax: .max)
        #expect(even.loads == [2, 2, 1] || even.loads == [2, 1, 2])
        #expect(even.changes == 2)
    }

    @Test("An item without candidates stays and counts")
    func fixed() {
        var even = EvenAssignment(loads: [1, 0])
        even.add(at: 0)
        even.add(at: 0, candidates: [0, 1])
        even.balance(changesMax: .max)
        #expect(even.node(of: 0) == 0)
        #expect(even.node(of: 1) == 1)
        #expect(even.loads == [2, 1])
    }

    @Test("No more items change than are allowed")
    func bound() {
        var even = EvenAssignment(loads: [0, 0])
        for _ in 0..<20 { even.add(at: 0, candidates: [0, 1]) }
        even.balance(changesMax: 3)
        #expect(even.loads == [17, 3])
        even.balance(changesMax: .max)
        #expect(even.loads == [10, 10] || even.loads == [11, 9])
    }

    @Test("No assignment is more even: none of all that there are has a smaller sum of squares")
    func optimal() {
        for seed in UInt64(1)...300 {
            var generator = RandomGenerator(seed: seed)
            let nodes = Int.random(in: 2...4, using: &generator)
            let loads = (0..<nodes).map { _ in Int.random(in: 0...3, using: &generator) }
            let items = (0..<Int.random(in: 1...6, using: &generator)).map { _ in
                Array((0..<nodes).shuffled(using: &generator).prefix(Int.random(in: 1...nodes, using: &generator)))
            }
            var even = EvenAssignment(loads: loads)
            for candidates in items {
                even.add(at: Bool.random(using: &generator) ? candidates[0] : nil, candidates: candidates)
            }
            even.balance(changesMax: .max)
            func squares(_ loads: [Int]) -> Int { loads.reduce(0) { $0 + $1 * $1 } }
            func best(_ loads: [Int], _ rest: ArraySlice<[Int]>) -> Int {
                guard let candidates = rest.first else { return squares(loads) }
                return candidates.map { node in
                    var loads = loads
                    loads[node] += 1
                    return best(loads, rest.dropFirst())
                }.min() ?? .max
            }
            #expect(squares(even.loads) == best(loads, items[...]), "seed \(seed)")
            for (item, candidates) in items.enumerated() {
                #expect(even.node(of: item).map { candidates.contains($0) } == true, "seed \(seed)")
            }
        }
    }
}
