import Foundation
import Simulator

/// `simulate --mutation all`: every rule broken in turn, at the seed that is known to show it.
///
/// Each in a process of its own, as an assertion of the core may be what notices.
struct AllMutations {
    var wantsJSON: Bool

    private struct Found: Encodable {
        var mutation: String
        var rule: String
        var seed: UInt64
        var isCaught: Bool
        var byWhat: String
    }

    func run() async throws {
        var results: [Found] = []
        for mutation in Mutation.all {
            let found = try await check(mutation)
            results.append(found)
            if wantsJSON { StandardOutput.json(found) }
        }
        if !wantsJSON {
            var table = TextTable(("mutation", .left), ("seed", .right), ("caught by", .left))
            for found in results { table.add(found.mutation, "\(found.seed)", found.isCaught ? found.byWhat : "NOTHING") }
            table.print()
        }
        let missed = results.filter { !$0.isCaught }.map(\.mutation)
        guard missed.isEmpty else {
            throw CommandFailure(
                .journal, "mutation-missed",
                "no check noticed \(missed.joined(separator: ", ")) at the seed that used to show it. Look for another: "
                    + "holdfast simulate --mutation NAME --seeds 10000")
        }
    }

    private func check(_ mutation: Mutation) async throws -> Found {
        let child: ChildProcess
        do throws(ChildError) {
            child = try ChildProcess.start(
                ChildProcess.Launch(
                    executable: ownExecutable(),
                    arguments: ["simulate", "--mutation", mutation.name, "--seed", "\(mutation.seed)", "--json"],
                    errorFile: "/dev/null"))
        } catch {
            throw CommandFailure(.unavailable, "process", "a run could not be started: \(error)")
        }
        let exit = await child.waitForExit(timeout: .seconds(60))
        let isCaught = exit != .code(CommandExit.done.rawValue) && exit != .code(CommandExit.usage.rawValue)
        return Found(
            mutation: mutation.name, rule: mutation.rule, seed: mutation.seed, isCaught: isCaught,
            byWhat: violation(in: child.output) ?? "an assertion of the core")
    }

    /// The first words of what the run said; nil if it could not say anything any more.
    private func violation(in output: String) -> String? {
        guard let start = output.range(of: "\"violation\":\"") else { return nil }
        let text = output[start.upperBound...].prefix { $0 != "\"" }
        return text.count > 100 ? text.prefix(100) + "…" : String(text)
    }
}
