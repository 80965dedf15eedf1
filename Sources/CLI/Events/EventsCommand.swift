import ArgumentParser

struct EventsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "events",
        abstract: "Read an entity's events from the cluster, or follow them as they happen.",
        subcommands: [EventsList.self, EventsFollow.self])
}

/// Whose events, and from where on.
struct EventsPlace: ParsableArguments {
    @Argument(help: ArgumentHelp("The entity's kind, as in counter.", valueName: "kind"))
    var kind: String

    @Argument(help: ArgumentHelp("The entity's id.", valueName: "id"))
    var id: String

    @Option(help: ArgumentHelp("Only events with a higher revision than this.", valueName: "revision"))
    var after: UInt64 = 0
}
