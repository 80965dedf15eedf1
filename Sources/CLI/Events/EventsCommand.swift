import ArgumentParser

struct EventsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "events",
        abstract: "Read an entity's events from the cluster, or follow them as they happen.",
        subcommands: [EventsList.self, EventsFollow.self])
}

/// Whose events, and from where on.
struct EventsPlace: ParsableArguments {
    @OptionGroup var entity: EntityPlace

    @Option(help: ArgumentHelp("Only events with a higher revision than this.", valueName: "revision"))
    var after: UInt64 = 0

    var kind: String { entity.kind }
    var id: String { entity.id }
}
