internal import CrashTesting
internal import Directory
internal import Engine
internal import Entities
internal import Foundation
internal import Logging
internal import Node
internal import Primitives
internal import Processes
internal import Simulator

/// One crash test of an author's program.
struct CrashRun<E: Entity>: Sendable {
    let workload: Workload<E>
    let settings: CrashTestSettings
    let progress: @Sendable (String) -> Void

    /// - Throws: if the test itself cannot be done.
    func run() async throws -> CrashTestSummary {
        try FileManager.default.createDirectory(atPath: settings.folder, withIntermediateDirectories: true)
        let fleet = try await Fleet.make(settings)
        do {
            let summary = try await run(fleet)
            await fleet.endAll()
            return summary
        } catch {
            await fleet.endAll()
            throw error
        }
    }

    private func run(_ fleet: Fleet) async throws -> CrashTestSummary {
        var summary = CrashTestSummary(seed: settings.seed)
        progress("starting \(settings.nodes) nodes in \(settings.folder)")
        for position in 0..<fleet.count { try await fleet.startUntilReady(position) }
        let silent = Logger(label: "holdfast.testing", factory: { _ in SwiftLogNoOpLogHandler() })
        let cluster = try await Cluster.connect(to: fleet.addresses, timeout: .seconds(30), logger: silent)
        try await cluster.waitFor(members: settings.nodes, timeout: settings.patience)
        guard try await cluster.clusterMap().kinds.contains(where: { $0.name == E.kind }) else {
            throw ChildError("\(settings.executable) runs nodes without \(E.kind)")
        }
        try await cluster.waitUntilSettled(timeout: settings.patience)
        await fleet.waitUntilSpread(cluster)

        progress("load and faults for \(settings.duration), seed \(settings.seed)")
        let callers = CrashCallers(workload: workload, settings: settings, cluster: cluster)
        async let running = callers.run()
        let nemesis = Nemesis(settings: settings, fleet: fleet, cluster: cluster, clock: callers.clock, progress: progress)
        var findings: [String] = []
        do {
            let outcome = try await nemesis.run(until: callers.clock.now + settings.duration.span.nanoseconds)
            findings = outcome.findings
            for record in outcome.records { summary.faults[record.fault.rawValue, default: 0] += 1 }
        } catch {
            findings.append("\(error)")
        }
        // All nodes are up: whoever waits for an answer must get it now.
        let patience = Task { await callers.end() }
        var seen = await running
        patience.cancel()
        progress("coming to rest")
        if !(await fleet.waitForRest(cluster)) { findings.append("the cluster has not settled within \(settings.patience) of the last fault") }
        seen += await callers.readAll()
        findings += (await fleet.waitForCommits()).texts
        await cluster.close()
        findings += callers.findings

        progress("checking \(seen.count) answers")
        let committed = try CommittedRecords(folders: await fleet.folders, kind: E.kind)
        findings += committed.findings.texts
        summary.entriesCompared = committed.entriesCompared
        findings += workload.check.findings(committed.records, seen)
        findings += (await fleet.stopAll()).texts
        summary.count(seen)
        summary.findings = findings
        return summary
    }
}

extension CrashTestSummary {
    fileprivate mutating func count(_ seen: [Observation]) {
        for one in seen {
            switch one.outcome {
            case .replied: if one.isCommand { replies += 1 } else { answers += 1 }
            case .refused: refusals += 1
            case .notCommitted, .unknown: break
            }
        }
    }
}

extension Duration {
    /// Whole nanoseconds.
    fileprivate var span: Span { Span(nanoseconds: components.seconds * 1_000_000_000 + components.attoseconds / 1_000_000_000) }
}
