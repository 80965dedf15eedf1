import ArgumentParser

struct CounterCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "counter",
        abstract: "Count with the built-in entity kind.",
        subcommands: [CounterIncrement.self, CounterGet.self])
}
