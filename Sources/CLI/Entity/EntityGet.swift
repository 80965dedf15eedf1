import ArgumentParser
import JSON

struct EntityGet: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "get",
        abstract: "Print an entity's state.",
        discussion: "An entity that nobody has touched has its kind's first state, at revision 0.")

    @OptionGroup var place: EntityPlace

    @Option(help: "linearizable: everything answered before; local: what one replica has applied, possibly old.")
    var consistency = ConsistencyName.linearizable

    @OptionGroup var cluster: ClusterOptions
    @OptionGroup var output: OutputOptions

    func run() async throws {
        let (state, revision) = try await cluster.withCluster { cluster in
            try await RawEntity(cluster, place.kind, place.id, timeout: self.cluster.limit).state(consistency)
        }
        guard output.json else { return StandardOutput.line(String(decoding: state, as: UTF8.self)) }
        StandardOutput.json(Shown(kind: place.kind, entity: place.id, state: JSONText(checked: state), revision: revision))
    }

    private struct Shown: Encodable {
        var kind: String
        var entity: String
        var state: JSONText
        var revision: UInt64
    }
}
