import Directory
import Engine
import Entities
import Foundation
import Journal
import Node
import Primitives
import Processes
import Shards

/// Faults of the nodes' files and folders.
extension Nemesis {
    // MARK: Kills at named points

    private static let points = KillPoint.allCases.filter { $0 != .migration && $0 != .birth && $0 != .install }

    /// Restarts a node that ends itself at a point of its journal's work, or is killed if it does not come there.
    func killAtPoint(_ step: NemesisPlan.Step, _ record: inout FaultRecord, _ outcome: inout Outcome) async throws {
        var generator = RandomGenerator(seed: step.manner)
        let point = Self.points.randomElement(using: &generator)!
        let countMax = switch point { case .opened: 1; case .checkpoint, .reclaim: 3; default: 60 }
        let count = Int.random(in: 1...countMax, using: &generator)
        let victim = step.victims[0]
        record.at = clock.now
        try await fleet.kill(victim)
        _ = try await fleet.start(victim, environment: ["HOLDFAST_KILL_POINT": "\(point.rawValue):\(count)"])
        let exit = await fleet.waitForExit(victim, within: .seconds(2))
        if exit == .signal(9) {
            outcome.pointsReached[point.rawValue, default: 0] += 1
        } else if let exit {
            outcome.findings.append("node\(victim + 1) ended with \(exit) on its way to \(point.rawValue): \(await fleet.endOfLog(victim))")
        } else {
            try await fleet.kill(victim)
        }
        try await Task.sleep(for: .milliseconds(step.down))
        try await restart(step.victims, &record)
    }

    // MARK: Flipped bits

    /// Flips a bit in the file or the WAL of a killed node. The node must refuse its file, or find the damage when it verifies it and be
    /// replaced, or the bit has no meaning.
    func flip(_ step: NemesisPlan.Step, _ record: inout FaultRecord, _ outcome: inout Outcome) async throws {
        var generator = RandomGenerator(seed: step.manner)
        let victim = step.victims[0]
        // A second copy that is lost before the first is replaced would be real loss.
        try await cluster.waitUntilSettled(timeout: settings.patience)
        let member = await member(at: victim)
        record.at = clock.now
        try await fleet.kill(victim)
        let folder = await fleet.folders[victim]
        let names = ["journal.db", "journal.db-wal"].filter { (Self.size(folder + "/" + $0) ?? 0) > 0 }
        guard let name = names.randomElement(using: &generator), let place = Self.flipBit(folder + "/" + name, &generator) else {
            return try await restart([victim], &record)
        }
        outcome.flips.made += 1
        let problem = Self.verify(folder)
        let node = try await fleet.start(victim)
        _ = await waitUntil(within: settings.patience) { node.isReady || node.process.exit != nil }
        // What it meets while it serves, it must not survive either.
        try await Task.sleep(for: .milliseconds(step.down))
        if let exit = await fleet.takeExit(victim) {
            outcome.flips.refused += 1
            if exit != .code(74) {
                outcome.findings.append("node\(victim + 1) ended with \(exit) after \(name), \(place): \(await fleet.endOfLog(victim))")
            }
        } else if problem != nil {
            outcome.flips.verified += 1
            if name.hasSuffix("-wal") {
                outcome.findings.append("node\(victim + 1) served with \(name) damaged at \(place): \(problem!)")
            }
            try await fleet.kill(victim)
        } else {
            outcome.flips.harmless += 1
            record.restartedAt = clock.now
            return
        }
        try await replace(victim, member, &record)
    }

    private static func size(_ path: String) -> Int? {
        (try? FileManager.default.attributesOfItem(atPath: path))?[.size] as? Int
    }

    /// Nil if the file cannot be written.
    private static func flipBit(_ path: String, _ generator: inout RandomGenerator) -> String? {
        guard let size = size(path), let file = FileHandle(forUpdatingAtPath: path) else { return nil }
        defer { try? file.close() }
        let place = Int.random(in: 0..<size, using: &generator)
        let bit = UInt8.random(in: 0..<8, using: &generator)
        do {
            try file.seek(toOffset: UInt64(place))
            guard let byte = try file.read(upToCount: 1)?.first else { return nil }
            try file.seek(toOffset: UInt64(place))
            try file.write(contentsOf: [byte ^ 1 << bit])
            return "byte \(place), bit \(bit)"
        } catch {
            return nil
        }
    }

    /// What a verification says is wrong with a stopped node's journal; nil for nothing.
    private static func verify(_ folder: String) -> String? {
        do throws(JournalError) {
            let reader = try JournalReader(directory: folder)
            defer { reader.close() }
            return try reader.verify(replaying: [KindRuntime(Counter.self)]).problems.first
        } catch {
            return error.message
        }
    }

    // MARK: Folders

    /// Has a node that cannot be trusted any more come back as a new one, and the old one removed.
    private func replace(_ victim: Int, _ member: NodeID?, _ record: inout FaultRecord) async throws {
        try await fleet.setAside(victim)
        try await restart([victim], &record)
        if let member {
            // Nobody may lead the directory for a moment; asking twice does no harm.
            let isRemoved = await waitUntil(within: settings.patience, every: .milliseconds(100)) {
                let map = try? await cluster.change(.remove(node: member), timeout: .seconds(5))
                return map?.members.first { $0.id == member }?.status == .removed
            }
            guard isRemoved else { throw ChildError("node \(member) is not removed within \(settings.patience)") }
        }
        try await cluster.waitUntilSettled(timeout: settings.patience)
    }

    /// The number of the node at a position.
    private func member(at position: Int) async -> NodeID? {
        guard let map = try? await cluster.clusterMap(timeout: .seconds(5)) else { return nil }
        return map.members.filter { $0.address.description == fleet.addresses[position] && $0.status != .removed }.map(\.id).max()
    }

    /// A copy of a folder is taken, the node goes on, and the copy is put back: the cluster must not take it for the node.
    func putBackOldCopy(_ step: NemesisPlan.Step, _ record: inout FaultRecord, _ outcome: inout Outcome) async throws {
        let victim = step.victims[0]
        try await cluster.waitUntilSettled(timeout: settings.patience)
        let member = await member(at: victim)
        record.at = clock.now
        try await fleet.kill(victim)
        try await fleet.copyFolder(victim)
        try await fleet.startUntilReady(victim)
        try await Task.sleep(for: .milliseconds(step.down))
        try await fleet.kill(victim)
        try await fleet.putBackCopy(victim)
        let (exit, log) = try await fleet.startInVain(victim)
        if exit != .code(74) {
            let end = exit.map { "ended with \($0)" } ?? "went on"
            outcome.findings.append("node\(victim + 1), started on an old copy of its folder, \(end): \(log)")
        }
        try await replace(victim, member, &record)
    }

    /// A second process on a folder that is in use must end with 74 and not be noticed.
    func startTwice(_ step: NemesisPlan.Step, _ record: inout FaultRecord, _ outcome: inout Outcome) async throws {
        let victim = step.victims[0]
        record.at = clock.now
        let (exit, log) = try await fleet.startInVain(victim, port: try FreePorts.pick(1)[0])
        if exit != .code(74) {
            let end = exit.map { "ended with \($0)" } ?? "went on"
            outcome.findings.append("a second process on the folder of node\(victim + 1) \(end): \(log)")
        }
        record.restartedAt = clock.now
    }

    // MARK: Disks and visitors

    /// Fills disks, and frees them. A node may wait, or end with 74 if a write found no room.
    func fill(_ step: NemesisPlan.Step, _ record: inout FaultRecord, _ outcome: inout Outcome) async throws {
        record.at = clock.now
        for victim in step.victims { fleet.disks[victim].fill() }
        try await Task.sleep(for: .milliseconds(step.down))
        for victim in step.victims { fleet.disks[victim].free() }
        var ended: [Int] = []
        for victim in step.victims {
            guard let exit = await fleet.takeExit(victim) else { continue }
            ended.append(victim)
            if exit != .code(74) {
                outcome.findings.append("node\(victim + 1) ended with \(exit) on a full disk: \(await fleet.endOfLog(victim))")
            }
        }
        try await restart(ended, &record)
    }

    /// Somebody from outside holds a transaction on the victim's file.
    func visit(_ step: NemesisPlan.Step, _ record: inout FaultRecord) async throws {
        let folder = await fleet.folders[step.victims[0]]
        record.at = clock.now
        let guest = try step.fault == .reader ? Guest.reading(folder) : Guest.locking(folder)
        do { try await Task.sleep(for: .milliseconds(step.down)) } catch {
            guest.leave()
            throw error
        }
        guest.leave()
        record.restartedAt = clock.now
    }
}
