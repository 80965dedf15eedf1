import ArgumentParser
import Entities
import Node
import Primitives

struct CounterIncrement: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "increment",
        abstract: "Add to a counter and print its new value.",
        discussion: """
            The increment has a request id. Sent again with the same one, also much later and by another process, it counts \
            once, and prints what it printed first.
            """)

    @Argument(help: ArgumentHelp("The counter: 1 to 512 bytes of UTF-8.", valueName: "id"))
    var id: String

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("How much to add; may be negative.", valueName: "n"),
        transform: Self.parseAmount)
    var by: Int64 = 1

    @Option(help: ArgumentHelp("1 to 255 bytes of UTF-8 that name this very increment.", valueName: "uuid"))
    var requestID: String?

    @OptionGroup var cluster: ClusterOptions
    @OptionGroup var output: OutputOptions

    static func parseAmount(_ text: String) throws -> Int64 {
        if let amount = Int64(text) { return amount }
        throw ValidationError("it must be a whole number from \(Int64.min) to \(Int64.max).")
    }

    func run() async throws {
        let entity = try EntityID(id)
        // Made once, before the first attempt, so that every retry is the same increment.
        let request = requestID ?? UniqueID.random().description
        do {
            let receipt = try await cluster.withCluster { cluster in
                let counters = try await cluster.entities(Counter.self, timeout: self.cluster.limit)
                return try await counters[entity].send(Counter.Increment(by: by), requestID: request)
            }
            show(receipt, request)
        } catch let error as CommandError<Counter.Overflow> {
            throw CommandFailure(error, requestID: request)
        } catch let failure as Failure {
            throw CommandFailure(failure, requestID: request)
        }
    }

    private func show(_ receipt: Receipt<Int64>, _ request: String) {
        guard output.json else { return StandardOutput.line("\(receipt.reply)") }
        StandardOutput.json(
            Incremented(
                entity: id, value: receipt.reply, requestID: request,
                receipt: ReceiptLine(receipt)))
    }

    private struct Incremented: Encodable {
        var entity: String
        var value: Int64
        var requestID: String
        var receipt: ReceiptLine
    }
}
