internal import CrashTesting
internal import Foundation

extension Workload {
    /// Runs real nodes in processes of their own, on loopback, with journals on disk; has callers do the workload; strikes the nodes; and holds
    /// the journals against what callers were told.
    ///
    /// Every command carries a request id and is sent until it is answered. Afterwards each must be in the journals exactly once and as it was
    /// answered, if it was; see ``Workload`` for the rest.
    /// - Parameters:
    ///   - program: the path of the author's program, whose `node` command takes the options of `holdfast node`, as `HoldfastProgram`'s does;
    ///     ``builtProgram(_:)`` finds one beside the tests.
    ///   - nodes: 1 to 9.
    ///   - duration: how long faults go on under load. Starting and checking take some seconds more.
    ///   - faults: drawn from these.
    ///   - callers: how many ask at a time.
    ///   - seed: decides which faults come when and to whom, and what callers ask; nil: a new one. How far nodes come in between is up to the
    ///     machine, so the same seed is a similar run and not the same.
    ///   - progress: called with a line for people now and then.
    /// - Throws: ``CrashTestFailure`` with what was found, and where the nodes' folders are kept.
    @discardableResult
    public func crashTest(
        program: String, nodes: Int = 3, for duration: Duration = .seconds(10), faults: [CrashFault] = [.kill, .killAll],
        callers: Int = 8, seed: UInt64? = nil, progress: @escaping @Sendable (String) -> Void = { _ in }
    ) async throws -> CrashTestSummary {
        precondition((1...9).contains(nodes), "a crash test has 1 to 9 nodes")
        precondition(!faults.isEmpty, "a crash test without faults")
        precondition((1...10_000).contains(callers), "a crash test has 1 to 10000 callers")
        let folder = NSTemporaryDirectory() + "/holdfast-crash-test-\(UUID().uuidString.prefix(8))"
        var settings = CrashTestSettings(seed: seed ?? UInt64.random(in: 1..<1_000_000_000), folder: folder)
        settings.executable = program
        settings.nodes = nodes
        settings.duration = duration
        settings.faults = faults.map(\.fault)
        settings.callers = callers
        settings.entities = entities
        settings.readPercent = readPercent
        let run = CrashRun(workload: self, settings: settings, progress: progress)
        let summary: CrashTestSummary
        do { summary = try await run.run() } catch {
            throw CrashTestFailure(seed: settings.seed, findings: ["the crash test could not be run: \(error)"], folder: folder)
        }
        guard summary.findings.isEmpty else {
            throw CrashTestFailure(seed: settings.seed, findings: summary.findings, folder: folder)
        }
        try? FileManager.default.removeItem(atPath: folder)
        return summary
    }
}

/// What a crash test did.
public struct CrashTestSummary: Hashable, Sendable {
    /// Gives the same faults again.
    public var seed: UInt64
    /// Commands that took effect, or were answered without any.
    public var replies = 0
    /// Commands that the entity refused.
    public var refusals = 0
    /// Questions answered.
    public var answers = 0
    /// How often each fault came about, by name.
    public var faults: [String: Int] = [:]
    /// Entries that were found equal on another node.
    public var entriesCompared = 0
    var findings: [String] = []
}

/// What a crash test found that must not be.
public struct CrashTestFailure: Error, Hashable, Sendable, CustomStringConvertible {
    /// Gives the same faults again.
    public var seed: UInt64
    /// What was found, at least one.
    public var findings: [String]
    /// Where the nodes' folders and logs are.
    public var folder: String

    /// All of it in words.
    public var description: String {
        findings.map { "FOUND: \($0)\n" }.joined() + "The seed was \(seed). The nodes' journals and logs are in \(folder)"
    }
}
