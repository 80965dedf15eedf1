import Node
import Primitives

/// Faults of the network between the nodes.
extension Nemesis {
    /// Cuts the victims off: whole, in one direction, or from a part of the others; clients with them or not.
    func cut(_ step: NemesisPlan.Step, _ record: inout FaultRecord) async throws {
        guard let relay = fleet.relay else { return }
        let flows = cutFlows(step)
        record.at = clock.now
        relay.change { $0.cut = flows }
        try await Task.sleep(for: .milliseconds(step.down))
        relay.heal()
        record.restartedAt = clock.now
        record.readyAt = record.restartedAt
    }

    /// The same cuts without a relay; some of those that are whole by pulling the cable.
    func losePackets(_ step: NemesisPlan.Step, _ record: inout FaultRecord) async throws {
        guard let network = fleet.network else { return }
        record.at = clock.now
        if step.manner % 4 == 0 {
            for victim in step.victims { try await network.plug(victim, isIn: false) }
            try await Task.sleep(for: .milliseconds(step.down))
            for victim in step.victims { try await network.plug(victim, isIn: true) }
        } else {
            let flows = cutFlows(step)
            try await network.lose(flows)
            try await Task.sleep(for: .milliseconds(step.down))
            try await network.restore(flows)
        }
        record.restartedAt = clock.now
        record.readyAt = record.restartedAt
    }

    func cutFlows(_ step: NemesisPlan.Step) -> Set<Relay.Flow> {
        var generator = RandomGenerator(seed: step.manner)
        let others = (0..<settings.nodes).filter { !step.victims.contains($0) }
        let part = Array(others.shuffled(using: &generator).prefix(max(1, others.count / 2)))
        let isPartial = Int.random(in: 0..<3, using: &generator) == 0
        let direction = Int.random(in: 0..<3, using: &generator)
        let withClients = Bool.random(using: &generator)
        var flows: Set<Relay.Flow> = []
        for victim in step.victims {
            for other in isPartial ? part : others {
                if direction != 1 { flows.insert(Relay.Flow(from: victim, to: other)) }
                if direction != 2 { flows.insert(Relay.Flow(from: other, to: victim)) }
            }
            if withClients, !isPartial {
                flows.insert(Relay.Flow(from: nil, to: victim))
                flows.insert(Relay.Flow(from: victim, to: nil))
            }
        }
        return flows
    }

    /// Makes every piece of every connection late by a time of its own, and breaks the victim's connections in mid-frame.
    func delay(_ step: NemesisPlan.Step, _ record: inout FaultRecord) async throws {
        guard let relay = fleet.relay else { return }
        var generator = RandomGenerator(seed: step.manner)
        let longest = Int64.random(in: 2...150, using: &generator)
        record.at = clock.now
        relay.change { $0.delay = 0...longest }
        try await Task.sleep(for: .milliseconds(step.down / 2))
        relay.change { rules in
            for other in 0..<settings.nodes {
                rules.breaking.insert(Relay.Flow(from: step.victims[0], to: other))
                rules.breaking.insert(Relay.Flow(from: other, to: step.victims[0]))
            }
        }
        try await Task.sleep(for: .milliseconds(step.down / 2))
        relay.heal()
        record.restartedAt = clock.now
        record.readyAt = record.restartedAt
    }
}
