import Testing

@testable import CrashTesting

@Suite struct NemesisPlanTests {
    private func steps(_ nodes: Int, _ faults: [Fault], seed: UInt64 = 1, count: Int = 500) -> [NemesisPlan.Step] {
        var settings = CrashTestSettings(seed: seed, folder: "")
        settings.nodes = nodes
        settings.faults = faults
        var plan = NemesisPlan(settings)
        return (0..<count).map { _ in plan.next() }
    }

    @Test func `a seed gives the same faults each time, another one others`() {
        #expect(steps(3, Fault.allCases, seed: 4) == steps(3, Fault.allCases, seed: 4))
        #expect(steps(3, Fault.allCases, seed: 4) != steps(3, Fault.allCases, seed: 5))
    }

    @Test(arguments: [3, 4, 5, 7])
    func `never more than a minority is down, but all now and then`(nodes: Int) {
        let steps = steps(nodes, Fault.allCases)
        for step in steps {
            #expect(Set(step.victims).count == step.victims.count)
            #expect(step.victims.allSatisfy((0..<nodes).contains))
            switch step.fault {
            case .killall, .delay: #expect(step.victims.count == nodes)
            case .full: #expect(step.victims.count == nodes || step.victims.count == 1)
            default: #expect(step.victims.count <= (nodes - 1) / 2)
            }
        }
        for fault in Fault.allCases { #expect(steps.count { $0.fault == fault } > 15) }
        #expect(steps.contains { $0.killAgainAfter != nil })
    }

    @Test func `every node is struck`() {
        let struck = steps(5, [.kill]).flatMap(\.victims)
        for node in 0..<5 { #expect(struck.count { $0 == node } > 100) }
    }

    @Test func `a short run has a kill of all as well`() {
        #expect(steps(3, [.kill, .killall], count: 3).contains { $0.fault == .killall })
    }

    @Test func `a single node is not spared`() {
        #expect(steps(1, [.kill], count: 20).allSatisfy { $0.victims == [0] })
    }
}
