import ArgumentParser
import Entities
import JSON
import Primitives

struct EntitySend: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "send",
        abstract: "Send an entity a command and print its reply.",
        discussion: """
            For example: entity send counter alice increment '{"by": 10}'. The command has a request id. Sent again with the same one, also much \
            later and by another process, it takes effect once, and its first reply is printed.
            """)

    @OptionGroup var place: EntityPlace

    @Argument(help: ArgumentHelp("The command's name.", valueName: "command"))
    var name: String

    @Argument(help: ArgumentHelp("The command as JSON.", valueName: "json"))
    var payload = "{}"

    @Option(help: ArgumentHelp("1 to 255 bytes of UTF-8 that name this very command.", valueName: "uuid"))
    var requestID: String?

    @OptionGroup var cluster: ClusterOptions
    @OptionGroup var output: OutputOptions

    func run() async throws {
        // Made once, before the first attempt, so that every retry is the same command.
        let request = requestID ?? UniqueID.random().description
        let receipt = try await cluster.withCluster { cluster in
            try await RawEntity(cluster, place.kind, place.id, timeout: self.cluster.limit).send(name, payload, requestID: request)
        }
        guard output.json else { return StandardOutput.line(String(decoding: receipt.reply, as: UTF8.self)) }
        StandardOutput.json(
            Sent(
                kind: place.kind, entity: place.id, reply: JSONText(checked: receipt.reply), requestID: request,
                receipt: ReceiptLine(receipt)))
    }

    private struct Sent: Encodable {
        var kind: String
        var entity: String
        var reply: JSONText
        var requestID: String
        var receipt: ReceiptLine
    }
}
