import ArgumentParser

/// The command line: one subcommand per file, in the folder of its name.
struct HoldfastCommand: AsyncParsableCommand {
    static var configuration: CommandConfiguration { Program.current.configuration }
}
