import ArgumentParser
import Engine

struct EventsList: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "List an entity's events, oldest first.",
        discussion: "One event a line: when, which entity, its revision, and the event. Everything answered before is in the list.")

    @OptionGroup var place: EventsPlace

    @Option(help: ArgumentHelp("Events at most.", valueName: "n"))
    var limit: Int?

    @OptionGroup var cluster: ClusterOptions
    @OptionGroup var output: OutputOptions

    func validate() throws {
        guard limit ?? 1 >= 1 else { throw ValidationError("--limit is \(limit!); it must be at least 1.") }
    }

    func run() async throws {
        try await cluster.withCluster { cluster in
            var reading = EventReading(place)
            var left = limit ?? .max
            while left > 0 {
                let (events, isLast) = try await reading.next(
                    of: cluster, limit: min(left, Int(EntityHistory.limitMax)), timeout: self.cluster.limit)
                output.show(events, kind: place.kind, id: place.id)
                left -= events.count
                if isLast { break }
            }
        }
    }
}
