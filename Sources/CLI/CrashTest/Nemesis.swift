import Directory
import Engine
import Foundation
import Node
import Primitives

/// Does the plan's faults to the fleet until the time is over, and leaves all nodes up.
struct Nemesis: Sendable {
    let settings: CrashTestSettings
    let fleet: Fleet
    /// Asked who owns what before each fault.
    let cluster: Cluster
    let clock: RunClock
    let progress: @Sendable (String) -> Void

    struct Outcome: Sendable {
        var records: [FaultRecord] = []
        /// What must not be, such as a node that does not end on SIGTERM.
        var findings: [String] = []
    }

    /// - Throws: if a node does not come back, or ended by itself.
    func run(until end: Int64) async throws -> Outcome {
        var plan = NemesisPlan(settings)
        var generator = RandomGenerator(seed: ~settings.seed)
        var outcome = Outcome()
        while true {
            let step = plan.next()
            try await Task.sleep(for: .milliseconds(step.calm))
            try await fleet.checkAlive()
            guard clock.now < end else { return outcome }
            for victim in step.victims { await fleet.useSeeds(Bool.random(using: &generator), for: victim) }
            var record = FaultRecord(fault: step.fault, victims: step.victims, at: 0)
            record.groups = await ownedGroups(by: step.victims)
            switch step.fault {
            case .kill, .killall: try await kill(step, &record)
            case .pause: try await pause(step, &record)
            case .terminate: try await terminate(step, &record, &outcome.findings)
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
    private func restart(_ victims: [Int], _ record: inout FaultRecord) async throws {
        record.restartedAt = clock.now
        record.startTimes = try await withThrowingTaskGroup(of: Duration.self) { group in
            for victim in victims { group.addTask { try await fleet.startUntilReady(victim) } }
            var times: [Duration] = []
            for try await time in group { times.append(time) }
            return times
        }
        record.readyAt = clock.now
    }

    /// The groups that nodes own by the cluster's word; none if nobody answers.
    private func ownedGroups(by victims: [Int]) async -> [UInt32] {
        guard let map = try? await cluster.clusterMap(timeout: .seconds(1)) else { return [] }
        let addresses = Set(victims.map { fleet.addresses[$0] })
        let nodes = Set(map.members.filter { addresses.contains($0.address.description) }.map(\.id.rawValue))
        return map.owners.enumerated().filter { nodes.contains($0.element) }.map { UInt32($0.offset + 1) }
    }

    private func describe(_ record: FaultRecord) -> String {
        let names = record.victims.sorted().map { "node\($0 + 1)" }.joined(separator: ", ")
        let again = record.wasKilledAgain ? ", one of them killed again while it started" : ""
        let start = record.startTimes.max().map { ", ready after \($0.nanoseconds / 1_000_000) ms" } ?? ""
        return "\(record.at / 1_000_000) ms: \(record.fault.rawValue) \(names)\(again)\(start)"
    }
}
