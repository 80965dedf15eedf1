import ArgumentParser

struct EntityGroup: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "entity",
        abstract: "Send a command to an entity of any kind, or read its state, as JSON.",
        subcommands: [EntitySend.self, EntityGet.self])
}
