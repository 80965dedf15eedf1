import Directory
import Engine
import Foundation
import JSON
import Node
import Primitives
import Linearizability
import Synchronization

/// One run: start real nodes, load them, strike them, let them come to rest, prove.
struct CrashTest: Sendable {
    let settings: CrashTestSettings
    /// For people who watch.
    let progress: @Sendable (String) -> Void

    /// - Throws: if the test itself cannot be set up. What goes wrong later is in the report.
    func run() async throws -> CrashTestReport {
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
        await waitUntilSpread(cluster)

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
        await stop(fleet, &findings)
        report.findings = findings.texts
        report.findingsCount = findings.count
        report.passed = findings.count == 0
        if !report.passed { keepHistory(acts, last, workload.names) }
        return report
    }

    /// A node that owns nothing is not missed when it is killed: the coordinator gets some time to spread the shards.
    private func waitUntilSpread(_ cluster: Cluster) async {
        _ = await waitUntil(within: .seconds(15), every: .milliseconds(50)) {
            guard let map = try? await cluster.clusterMap(timeout: .seconds(2)) else { return false }
            return Set(map.owners.filter { $0 != 0 }).count >= min(settings.nodes, map.owners.count)
        }
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
        let isSettled = await waitUntil(within: settings.patience, every: .milliseconds(50)) {
            guard let status = try? await cluster.status(timeout: .seconds(2)) else { return false }
            return status.isSettled && status.members.allSatisfy { $0.status == .up || $0.status == .removed }
                && status.shards.allSatisfy { $0.behind.allSatisfy { $0.entries == 0 } }
        }
        if !isSettled { findings.add("the cluster has not settled within \(settings.patience) of the last fault") }
        let last = await workload.readAll()
        let unread = last.count { $0 == nil }
        if unread > 0 { findings.add("\(unread) entities could not be read at the end") }
        await waitForCommits(fleet, &findings)
        return last
    }

    /// The files must say within seconds that everything is committed.
    private func waitForCommits(_ fleet: Fleet, _ findings: inout Findings) async {
        let folders = await fleet.folders
        var difference: String?
        let isEqual = await waitUntil(within: .seconds(10), every: .milliseconds(100)) {
            difference = Self.differenceOfCommits(folders)
            return difference == nil
        }
        if !isEqual { findings.add(difference ?? "the files do not agree on what is committed") }
    }

    private static func differenceOfCommits(_ folders: [String]) -> String? {
        var commits: [UInt32: (node: Int, commit: Int64)] = [:]
        do throws(ChildError) {
            for (position, folder) in folders.enumerated() {
                for group in try JournalScan(folder: folder).groups() {
                    if let (node, commit) = commits[group.group], commit != group.commit {
                        return "\(group.shard): the file of node\(node + 1) says that \(commit) is committed, "
                            + "that of node\(position + 1) says \(group.commit)"
                    }
                    commits[group.group] = (position, group.commit)
                }
            }
            return nil
        } catch {
            return "\(error)"
        }
    }

    /// Every node must end on SIGTERM.
    private func stop(_ fleet: Fleet, _ findings: inout Findings) async {
        for position in 0..<fleet.count {
            guard let (exit, time) = try? await fleet.terminate(position), exit != .code(0) else { continue }
            findings.add("node\(position + 1): \(exit.map { "\($0)" } ?? "no end") \(time) after SIGTERM at the end of the run")
        }
    }

    private func keepHistory(_ acts: [[Act]], _ last: [Act?], _ names: RequestNames) {
        let operations = (acts + [last.compactMap { $0 }]).joined().map { $0.operation(names) }
        guard let bytes = try? HistoryFormat.encode(operations) else { return }
        _ = FileManager.default.createFile(atPath: settings.folder + "/history.jsonl", contents: Data(bytes))
    }
}
