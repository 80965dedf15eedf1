import ArgumentParser
import Entities
import Node

struct CounterGet: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "get",
        abstract: "Print a counter's value.",
        discussion: "A counter that nobody has touched is 0.")

    @Argument(help: ArgumentHelp("The counter: 1 to 512 bytes of UTF-8.", valueName: "id"))
    var id: String

    @Option(help: "linearizable: every increment answered before; local: what one replica has applied, possibly old.")
    var consistency = ConsistencyName.linearizable

    @OptionGroup var cluster: ClusterOptions
    @OptionGroup var output: OutputOptions

    func run() async throws {
        let entity = try EntityID(id)
        try await cluster.withCluster { cluster in
            let counters = try await cluster.entities(Counter.self, timeout: self.cluster.limit)
            let (counter, revision) = try await counters[entity].state(
                consistency: consistency == .local ? .local : .linearizable)
            guard output.json else { return StandardOutput.line("\(counter.balance)") }
            StandardOutput.json(Value(entity: id, value: counter.balance, revision: revision))
        }
    }

    private struct Value: Encodable {
        var entity: String
        var value: Int64
        var revision: UInt64
    }
}
