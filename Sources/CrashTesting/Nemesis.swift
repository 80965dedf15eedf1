import Directory
import Engine
import Foundation
package import Node
import Primitives
import Processes

/// Does the plan's faults to the fleet until the time is over, and leaves all nodes up.
package struct Nemesis: Sendable {
    let settings: CrashTestSettings
    let fleet: Fleet
    /// Asked who owns what before each fault.
    let cluster: Cluster
    let clock: RunClock
    let progress: @Sendable (String) -> Void

    package struct Outcome: Sendable {
        package var records: [FaultRecord] = []
        /// What must not be, such as a node that does not end on SIGTERM.
        package var findings: [String] = []
        /// Faults that were not done, and why; each once.
        package var notes: [String] = []
        var flips = FlipCounts()
        /// How often a node ended itself at each named point.
        var pointsReached: [String: Int] = [:]

        package init() {}

        mutating func note(_ text: String) { if !notes.contains(text) { notes.append(text) } }
    }

    package init(
        settings: CrashTestSettings, fleet: Fleet, cluster: Cluster, clock: RunClock, progress: @escaping @Sendable (String) -> Void
    ) {
        self.settings = settings
        self.fleet = fleet
        self.cluster = cluster
        self.clock = clock
        self.progress = progress
    }

    /// - Throws: if a node does not come back, or ended by itself.
    package func run(until end: Int64) async throws -> Outcome {
        var plan = NemesisPlan(settings)
        var generator = RandomGenerator(seed: ~settings.seed)
        var outcome = Outcome()
        while true {
            var step = plan.next()
            try await Task.sleep(for: .milliseconds(step.calm))
            try await fleet.checkAlive()
            guard clock.now < end else { return outcome }
            let owners = await owners()
            if step.strikesOwner { aim(&step, owners) }
            for victim in step.victims { await fleet.useSeeds(Bool.random(using: &generator), for: victim) }
            var record = FaultRecord(fault: step.fault, victims: step.victims, at: 0)
            for (group, owner) in owners where step.victims.contains(owner) { record.groups.append(group) }
            switch step.fault {
            case .kill, .killall: try await kill(step, &record)
            case .pause: try await pause(step, &record)
            case .terminate: try await terminate(step, &record, &outcome.findings)
            case .point: try await killAtPoint(step, &record, &outcome)
            case .cut: try await cut(step, &record)
            case .netns:
                guard fleet.network != nil else { continue }
                try await losePackets(step, &record)
            case .delay: try await delay(step, &record)
            case .full:
                guard !fleet.disks.isEmpty else { continue }
                try await fill(step, &record, &outcome)
            case .flip: try await flip(step, &record, &outcome)
            case .old: try await putBackOldCopy(step, &record, &outcome)
            case .twice: try await startTwice(step, &record, &outcome)
            case .reader, .locker: try await visit(step, &record)
            }
            outcome.records.append(record)
            progress(describe(record))
        }
    }

    private func kill(_ step: NemesisPlan.Step, _ record: inout FaultRecord) async throws {
        record.at = clock.now
        if step.fault == .killall {
            try await fleet.killAll()
        } else {
            for victim in step.victims { try await fleet.kill(victim) }
        }
        try await Task.sleep(for: .milliseconds(step.down))
        if let after = step.killAgainAfter {
            _ = try await fleet.start(step.victims[0])
            try await Task.sleep(for: .milliseconds(after))
            try await fleet.kill(step.victims[0])
            record.wasKilledAgain = true
        }
        try await restart(step.victims, &record)
    }

    private func pause(_ step: NemesisPlan.Step, _ record: inout FaultRecord) async throws {
        record.at = clock.now
        for victim in step.victims { await fleet.pause(victim) }
        try await Task.sleep(for: .milliseconds(step.down))
        for victim in step.victims { await fleet.resume(victim) }
        record.restartedAt = clock.now
        record.readyAt = record.restartedAt
    }

    private func terminate(
        _ step: NemesisPlan.Step, _ record: inout FaultRecord, _ findings: inout [String]
    ) async throws {
        record.at = clock.now
        for victim in step.victims {
            let (exit, time) = try await fleet.terminate(victim)
            if exit != .code(0) {
                let end = exit.map { "ended with \($0)" } ?? "did not end"
                findings.append("node\(victim + 1) \(end) \(time) after SIGTERM; it must exit 0 within 5 s")
            }
        }
        try await Task.sleep(for: .milliseconds(step.down))
        try await restart(step.victims, &record)
    }

    /// Starts all victims at once and waits until they serve.
    func restart(_ victims: [Int], _ record: inout FaultRecord) async throws {
        record.restartedAt = clock.now
        record.startTimes = try await withThrowingTaskGroup(of: Duration.self) { group in
            for victim in victims { group.addTask { try await fleet.startUntilReady(victim) } }
            var times: [Duration] = []
            for try await time in group { times.append(time) }
            return times
        }
        record.readyAt = clock.now
    }

    /// The owner of each shard's group by the cluster's word, as a position in the fleet; none if nobody answers.
    func owners() async -> [(group: UInt32, owner: Int)] {
        guard let map = try? await cluster.clusterMap(timeout: .seconds(1)) else { return [] }
        return map.owners.enumerated().compactMap { offset, owner in
            guard let address = map.members.first(where: { $0.id.rawValue == owner })?.address.description,
                let position = fleet.addresses.firstIndex(of: address)
            else { return nil }
            return (UInt32(offset + 1), position)
        }
    }

    /// Puts the node that owns most in the place of the first victim.
    private func aim(_ step: inout NemesisPlan.Step, _ owners: [(group: UInt32, owner: Int)]) {
        let counts = (0..<fleet.count).map { node in owners.count { $0.owner == node } }
        guard let most = counts.max(), most > 0, let target = counts.firstIndex(of: most) else { return }
        if let place = step.victims.firstIndex(of: target) {
            step.victims.swapAt(0, place)
        } else {
            step.victims[0] = target
        }
    }

    private func describe(_ record: FaultRecord) -> String {
        let names = record.victims.sorted().map { "node\($0 + 1)" }.joined(separator: ", ")
        let again = record.wasKilledAgain ? ", one of them killed again while it started" : ""
        let start = record.startTimes.max().map { ", ready after \($0.nanoseconds / 1_000_000) ms" } ?? ""
        return "\(record.at / 1_000_000) ms: \(record.fault.rawValue) \(names)\(again)\(start)"
    }
}
