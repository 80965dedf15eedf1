import Directory
import Engine
import Foundation
import JSON
import Node
import Primitives
import Linearizability
import Synchronization
import Processes

/// One run: start real nodes, load them, strike them, let them come to rest, prove.
package struct CrashTest: Sendable {
    let settings: CrashTestSettings
    /// For people who watch.
    let progress: @Sendable (String) -> Void

    /// - Throws: if the test itself cannot be set up. What goes wrong later is in the report.
    package init(settings: CrashTestSettings, progress: @escaping @Sendable (String) -> Void) {
        self.settings = settings
        self.progress = progress
    }

    package func run() async throws -> CrashTestReport {
        try FileManager.default.createDirectory(atPath: settings.folder, withIntermediateDirectories: true)
        let fleet = try await Fleet.make(settings)
        do {
            var report = try await run(fleet)
            await fleet.endAll()
            await fleet.removeNetwork()
            if report.passed {
                await fleet.unmountAll()
            } else if !fleet.disks.isEmpty {
                report.notes.append("the nodes' files are on file systems of memory: look at them before you unmount disk1 …")
            }
            return report
        } catch {
            await fleet.endAll()
            await fleet.removeNetwork()
            throw error
        }
    }

    private func run(_ fleet: Fleet) async throws -> CrashTestReport {
        var report = CrashTestReport(seed: settings.seed, nodes: settings.nodes)
        var findings = Findings()
        progress("starting \(settings.nodes) nodes in \(settings.folder)")
        for position in 0..<fleet.count { try await fleet.startUntilReady(position) }
        if settings.faults.contains(.full), fleet.disks.isEmpty {
            report.notes.append("full: skipped, as this user cannot mount a file system here")
        }
        if settings.faults.contains(.netns), fleet.network == nil {
            report.notes.append("netns: skipped, as this user cannot make network namespaces here, or `ip` is not installed")
        }
        let clock = RunClock()
        let workload = try await Workload.connect(settings, to: fleet.addresses, clock: clock)
        let cluster = workload.clusters[0]
        try await cluster.waitFor(members: settings.nodes, timeout: settings.patience)
        try await cluster.waitUntilSettled(timeout: settings.patience)
        await fleet.waitUntilSpread(cluster)

        progress("load and faults for \(settings.duration)")
        let begin = clock.now
        let (acts, outcome, end) = await load(workload, fleet, clock, &findings)
        report.seconds = Double(end - begin) / 1e9
        measure(acts, outcome.records, &report)
        report.notes += outcome.notes
        (report.flips, report.pointsReached) = (outcome.flips, outcome.pointsReached)
        for text in outcome.findings + workload.state.wrongAnswers { findings.add(text) }
        report.attemptsUnanswered = workload.state.attemptsUnanswered
        report.resent = workload.state.resent.load(ordering: .relaxed)

        progress("coming to rest")
        let last = await rest(workload, fleet, &findings)
        await workload.close()
        progress("proving")
        var proof = Proof()
        proof.judge(acts, last: last, names: workload.names)
        do throws(ChildError) {
            try proof.examine(folders: await fleet.folders, acts: acts, last: last, names: workload.names)
        } catch {
            findings.add("\(error)")
        }
        findings.add(proof.findings)
        (report.entitiesJudged, report.entriesCompared) = (proof.entitiesJudged, proof.entriesCompared)
        report.replicasCompared = proof.replicas
        findings.add(await fleet.stopAll())
        report.findings = findings.texts
        report.findingsCount = findings.count
        report.passed = findings.count == 0
        if !report.passed { keepHistory(acts, last, workload.names) }
        return report
    }

    // MARK: Load

    /// Callers and nemesis side by side, until the time is over; then the callers' last answers.
    private func load(
        _ workload: Workload, _ fleet: Fleet, _ clock: RunClock, _ findings: inout Findings
    ) async -> (acts: [[Act]], outcome: Nemesis.Outcome, end: Int64) {
        let state = workload.state
        async let running = workload.run()
        let nemesis = Nemesis(
            settings: settings, fleet: fleet, cluster: workload.clusters[workload.clusters.count - 1], clock: clock,
            progress: progress)
        var outcome = Nemesis.Outcome()
        do {
            outcome = try await nemesis.run(until: clock.now + settings.duration.nanoseconds)
        } catch {
            findings.add("\(error)")
        }
        // All nodes are up: whoever waits for an answer must get it now.
        state.isEnding.store(true, ordering: .relaxed)
        let end = clock.now
        let patience = Task {
            try await Task.sleep(for: settings.patience)
            state.isOver.store(true, ordering: .relaxed)
        }
        let acts = await running
        patience.cancel()
        let left = acts.joined().count { $0.ending == .unknown }
        if left > 0 { findings.add("\(left) increments were never answered, although all nodes are up") }
        return (acts, outcome, end)
    }

    private func measure(_ acts: [[Act]], _ records: [FaultRecord], _ report: inout CrashTestReport) {
        for act in acts.joined() {
            if act.ending == .unknown { report.outcomesUnknown += 1; continue }
            report.operations += 1
            if act.isIncrement { report.incrementsAcknowledged += 1 } else { report.readsAnswered += 1 }
        }
        report.operationsPerSecond = report.seconds > 0 ? Double(report.operations) / report.seconds : 0
        for record in records {
            report.faults[record.fault.rawValue, default: 0] += 1
            report.killedAgain += record.wasKilledAgain ? 1 : 0
        }
        report.startMilliseconds = Spread(nanoseconds: records.flatMap { $0.startTimes.map(\.nanoseconds) })
        let gaps = WriteGaps(acts)
        for fault in Fault.allCases {
            let all = gaps.gaps(records, of: fault)
            report.writeGapByShardMilliseconds[fault.rawValue] = Spread(nanoseconds: all.map(\.nanoseconds))
            let slowest = Dictionary(grouping: all, by: \.fault).values.map { $0.map(\.nanoseconds).max()! }
            report.writeGapMilliseconds[fault.rawValue] = Spread(nanoseconds: slowest)
        }
    }

    // MARK: Rest

    /// Waits until every replica has everything, and reads every entity.
    private func rest(_ workload: Workload, _ fleet: Fleet, _ findings: inout Findings) async -> [Act?] {
        let cluster = workload.clusters[0]
        if !(await fleet.waitForRest(cluster)) { findings.add("the cluster has not settled within \(settings.patience) of the last fault") }
        let last = await workload.readAll()
        let unread = last.count { $0 == nil }
        if unread > 0 { findings.add("\(unread) entities could not be read at the end") }
        findings.add(await fleet.waitForCommits())
        return last
    }

    private func keepHistory(_ acts: [[Act]], _ last: [Act?], _ names: RequestNames) {
        let operations = (acts + [last.compactMap { $0 }]).joined().map { $0.operation(names) }
        guard let bytes = try? HistoryFormat.encode(operations) else { return }
        _ = FileManager.default.createFile(atPath: settings.folder + "/history.jsonl", contents: Data(bytes))
    }
}
