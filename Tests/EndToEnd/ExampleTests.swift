import CLI
import Foundation
import Holdfast
import HoldfastTesting
import Testing

@testable import Examples

extension EndToEnd {
    @Suite struct BankAccountFaultTests {
        let workload = Workload<BankAccount> { random in
            let cents = Int64.random(in: 1...100, using: &random)
            if Bool.random(using: &random) { return BankAccount.Deposit(cents: cents) }
            return BankAccount.Withdraw(cents: cents)
        } query: { _ in
            BankAccount.Balance()
        } invariant: { account in
            account.balance >= 0
        }

        @Test func `every simulated fault leaves the accounts in order`() async throws {
            let summary = try await workload.simulate(seeds: 1...10)
            #expect(summary.operations > 500)
        }

        @Test(.timeLimit(.minutes(3)))
        func `no cent is lost or made under kill -9`() async throws {
            let summary = try await workload.crashTest(program: builtProgram("holdfast-examples"), for: .seconds(6))
            #expect(summary.replies > 0 && summary.refusals > 0 && summary.answers > 0)
            #expect(!summary.faults.isEmpty)
        }
    }

    /// The examples as programs.
    @Suite struct ExamplePrograms {
        @Test(.timeLimit(.minutes(3)))
        func `no article is lost or made when nodes stop, are cut off or end in mid-write`() async throws {
            let workload = Workload<ShoppingCart> { random in
                let quantity = Int.random(in: 1...9, using: &random)
                if Int.random(in: 0..<3, using: &random) == 0 { return ShoppingCart.Remove(article: "tea", quantity: quantity) }
                return ShoppingCart.Add(article: "tea", quantity: quantity)
            } invariant: { cart in
                cart.quantities.values.allSatisfy { (1...ShoppingCart.quantityMax).contains($0) }
            }
            let faults: [CrashFault] = [.pause, .terminate, .point, .cut, .delay]
            let summary = try await workload.crashTest(program: builtProgram("holdfast-examples"), for: .seconds(8), faults: faults)
            #expect(summary.replies > 0 && summary.refusals > 0 && summary.answers > 0)
            #expect(summary.faults.values.reduce(0, +) > 0)
        }

        @Test func `an invariant that breaks is found, and the nodes' folders are kept`() async throws {
            let workload = Workload<BankAccount> { _ in BankAccount.Deposit(cents: 1) } invariant: { $0.balance < 3 }
            let failure = await #expect(throws: CrashTestFailure.self) {
                try await workload.crashTest(program: builtProgram("holdfast-examples"), nodes: 1, for: .seconds(1), faults: [.pause], seed: 5)
            }
            let failed = try #require(failure)
            #expect(failed.findings.first?.contains("the invariant does not hold at revision 3: {\"balance\":3}") ?? false, "\(failed)")
            #expect(failed.seed == 5)
            #expect(FileManager.default.fileExists(atPath: failed.folder + "/node1/journal.db"))
            try FileManager.default.removeItem(atPath: failed.folder)
        }

        @Test func `a program of one's own has the commands that look after a cluster, and says its name`() async throws {
            try await Stage.run { stage in
                var launch = try stage.launch("node1")
                launch.executable = try builtProgram("holdfast-examples")
                launch.httpPort = try FreePorts.pick(1)[0]
                let node = try await stage.start(launch)
                let shards = try await stage.run(["cluster", "shards", "--json"], at: node)
                for kind in ["account", "cart", "limiter"] { #expect(shards.output.contains("\(kind)/9"), "\(shards)") }
                let help = try ChildProcess.start(
                    ChildProcess.Launch(executable: launch.executable, arguments: ["--help"], errorFile: "\(stage.folder)/help.err"))
                #expect(await help.waitForExit(timeout: .seconds(20)) == .code(0))
                #expect(help.output.contains("USAGE: holdfast-examples <subcommand>"), "\(help.output)")
                #expect(!help.output.contains("counter"))
            }
        }

        @Test func `its entities are reached from the command line, and looked after like counters`() async throws {
            try await Stage.run { stage in
                let settings = stage.folder + "/settings.json"
                try Data(#"{"checkpoint-entries": 1}"#.utf8).write(to: URL(fileURLWithPath: settings))
                var launch = try stage.launch("node1", arguments: ["--config", settings])
                launch.executable = try builtProgram("holdfast-examples")
                let node = try await stage.start(launch)
                func run(_ arguments: String...) async throws -> Stage.Result {
                    try await stage.run(arguments, at: node, executable: launch.executable)
                }
                let deposit = ["entity", "send", "account", "alice", "deposit"]
                #expect(try await run("entity", "get", "account", "alice", "--json").output.contains(#""state":{"balance":0},"revision":0"#))
                let first = try await stage.run(deposit + [#"{"cents": 500}"#, "--request-id", "k1"], at: node, executable: launch.executable)
                #expect(first.exit == .code(0) && first.output == "500\n", "\(first)")
                let again = try await stage.run(
                    deposit + [#"{"cents": 500}"#, "--request-id", "k1", "--json"], at: node, executable: launch.executable)
                #expect(again.output.contains(#""kind":"account","entity":"alice","reply":500,"requestID":"k1","receipt":{"shard":"account/"#), "\(again)")
                for (arguments, code, words) in [
                    (["entity", "send", "account", "alice", "withdraw", #"{"cents": 501}"#], Int32(65), "there are only 500 cents"),
                    (deposit + [#"{"cents": 1}"#, "--request-id", "k1"], 65, "this request id was used for another"),
                    (deposit + ["{"], 64, "deposit cannot be read"),
                    (["entity", "send", "account", "alice", "rob"], 66, "rob"),
                    (["entity", "get", "acount", "alice"], 66, "acount"),
                    (["entity", "get", "account", ""], 64, "1 to 512 bytes"),
                ] {
                    let refused = try await stage.run(arguments, at: node, executable: launch.executable)
                    #expect(refused.exit == .code(code) && refused.errors.contains(words), "\(arguments): \(refused)")
                }
                #expect(try await run("entity", "get", "account", "alice").output == #"{"balance":500}"# + "\n")
                let lines = stage.folder + "/lines"
                try Data("send account alice withdraw {\"cents\": 120}\nstate account alice\nevents account alice\nget alice\n".utf8)
                    .write(to: URL(fileURLWithPath: lines))
                let shell = try ChildProcess.start(
                    ChildProcess.Launch(
                        executable: "/bin/sh",
                        arguments: ["-c", "exec '\(launch.executable)' shell --connect \(node.address) < '\(lines)'"],
                        errorFile: "\(stage.folder)/shell.err"))
                #expect(await shell.waitForExit(timeout: .seconds(20)) == .code(64), "there are no counters here")
                #expect(shell.output.hasPrefix("380\n{\"balance\":380}\n") && shell.output.contains(#"withdrawn {"cents":120}"#), "\(shell.output)")
                // Every state of the application's own kinds is made anew, once a checkpoint has it.
                var sound = ""
                for _ in 0..<100 where !sound.contains(", 1 of them as their events make them") {
                    let verified = try await stage.run(["journal", "verify", "--data", launch.data], executable: launch.executable)
                    #expect(verified.exit == .code(0), "\(verified)")
                    sound = verified.output
                }
                #expect(sound.contains(", 1 of them as their events make them"), "\(sound)")
                let manual = try await stage.run(["manual"], executable: launch.executable)
                #expect(manual.exit == .code(0) && manual.output.contains(".Nm holdfast-examples"), "\(manual.output.prefix(300))")
            }
        }

        @Test func `a program that has not been built is told`() {
            #expect(throws: (any Error).self) { try builtProgram("no-such-program") }
        }
    }
}
