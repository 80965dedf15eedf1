import ArgumentParser
import CrashTesting
import Foundation

struct CrashTestCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "crash-test",
        abstract: "Kill real nodes in mid-workload, and prove that nothing was lost, doubled or reordered.",
        discussion: """
            Starts nodes of this program on ports of 127.0.0.1, loads them with concurrent callers, and strikes them by faults drawn \
            from a seed. Every increment has one request id and is retried until it is answered. After the run comes the proof: each \
            counter's history is linearizable; every answered request is exactly once in every replica's journal, as it was answered; \
            balances are the sums of the events; the replicas' journals are equal. Exit code 0 only if all of it holds; otherwise \
            everything is kept, and the seed and the folder are printed.

            Faults: kill (kill -9 of up to a minority), killall (of all nodes at once), pause (SIGSTOP), terminate (SIGTERM), point (a node \
            ends itself at a named point of its journal's work), cut (nodes cut off by a relay, whole, one way or in part), netns (the same with network namespaces; takes \
            root, and no relay beside it), delay (late bytes, \
            connections broken in mid-frame), full (disks filled and freed; takes root), flip (a bit flipped in a killed node's file), old (an \
            old copy of a folder put back), twice (two processes on one folder), reader and locker (a program from outside holds a \
            transaction on a node's file). `all` is all of them but netns.
            """)

    @Option(help: ArgumentHelp("How many nodes.", valueName: "n"))
    var nodes = 3

    @Option(help: "How long faults go on.")
    var seconds = Seconds(30)

    @Option(help: ArgumentHelp("Which faults.", valueName: "kill,killall,pause,…|all"), transform: Self.parseFaults)
    var faults: [Fault] = [.kill, .killall]

    @Option(help: ArgumentHelp("Decides which faults come when, and to whom. Default: a new one for each run.", valueName: "n"))
    var seed: UInt64?

    @Option(help: ArgumentHelp("Faults follow each other after so many times less undisturbed load than usual.", valueName: "n"))
    var pace: Int64 = 1

    @Option(help: ArgumentHelp("Concurrent callers.", valueName: "n"))
    var callers = 24

    @Option(help: ArgumentHelp("Counters.", valueName: "n"))
    var entities = 200

    @Option(help: ArgumentHelp("Where to keep journals and logs, also of a run that passes. Default: a new folder, taken away after a run that passes.", valueName: "dir"))
    var folder: String?

    @OptionGroup var output: OutputOptions

    static func parseFaults(_ text: String) throws -> [Fault] {
        if text == "all" { return Fault.allCases.filter { $0 != .netns } }
        return try text.split(separator: ",").map { name in
            guard let fault = Fault(rawValue: String(name)) else {
                let known = Fault.allCases.map(\.rawValue).joined(separator: ", ")
                throw ValidationError("there is no fault “\(name)”; there are \(known).")
            }
            return fault
        }
    }

    func validate() throws {
        guard (1...9).contains(nodes) else { throw ValidationError("--nodes must be from 1 to 9.") }
        guard (1...100).contains(pace) else { throw ValidationError("--pace must be from 1 to 100.") }
        guard (1...10_000).contains(callers) else { throw ValidationError("--callers must be from 1 to 10000.") }
        guard (1...1_000_000).contains(entities) else { throw ValidationError("--entities must be from 1 to 1000000.") }
        guard !faults.contains(.netns) || !faults.contains(where: \.needsRelay) else {
            throw ValidationError("netns needs nodes that reach each other without the relay that cut and delay need; run them one after the other.")
        }
        guard !faults.isEmpty else { throw ValidationError("--faults must name one at least.") }
        if let folder, let content = try? FileManager.default.contentsOfDirectory(atPath: folder), !content.isEmpty {
            throw ValidationError("\(folder) is not empty; the nodes of a crash test start from nothing.")
        }
    }

    func run() async throws {
        let place = folder ?? NSTemporaryDirectory() + "/holdfast-crash-test-\(UUID().uuidString.prefix(8))"
        var settings = CrashTestSettings(seed: seed ?? UInt64.random(in: 1..<1_000_000_000), folder: place)
        settings.nodes = nodes
        settings.duration = seconds.duration
        settings.faults = faults
        settings.pace = pace
        settings.callers = callers
        settings.entities = entities
        var report: CrashTestReport
        do {
            report = try await CrashTest(settings: settings) { StandardError.line($0) }.run()
        } catch {
            throw CommandFailure(
                .unavailable, "crash-test", "the crash test could not be set up: \(error)\nIts folder: \(place)")
        }
        if report.passed, folder == nil {
            try? FileManager.default.removeItem(atPath: place)
        } else {
            report.folder = place
        }
        if output.json {
            StandardOutput.json(report)
        } else {
            for line in report.lines { StandardOutput.line(line) }
        }
        guard report.passed else {
            throw CommandFailure(.journal, "crash-test-failed", "the proof failed; seed \(settings.seed), everything is in \(place)")
        }
    }
}
