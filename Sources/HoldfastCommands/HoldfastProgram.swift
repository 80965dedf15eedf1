internal import CLI
public import Entities

/// The command line of an application with entities of its own: the nodes that run them, and what looks after a cluster.
///
/// ```swift
/// @main
/// struct Bank {
///     static func main() async {
///         await HoldfastProgram(name: "bank", kinds: [BankAccount.self]).run()
///     }
/// }
/// ```
///
/// `bank node` takes every option, variable and setting of `holdfast node`: HTTP, TLS, tokens, seeds, `--config`. `bank entity send account alice
/// deposit '{"cents": 500}'` and `bank entity get account alice` reach the entities; `bank cluster`, `journal`, `events`, `shell`, `certificates`,
/// `token` and `manual` are those of `holdfast`. Exit codes are too.
public struct HoldfastProgram: Sendable {
    private let program: Program

    /// - Parameters:
    ///   - name: how the program is called, for its help.
    ///   - kinds: what its nodes run. Each is registered with `--shards` shards at the first start of a cluster, 10 if nothing is said.
    public init(name: String, kinds: [any Entity.Type]) {
        precondition(!kinds.isEmpty, "a program without kinds has nothing to run")
        precondition(name != Program.builtIn.name, "“\(name)” is the name of the program that runs counters")
        program = Program(name: name, kinds: kinds)
    }

    /// Runs the command that the process's arguments name, and ends the process with its exit code.
    public func run() async -> Never { await program.main() }
}
