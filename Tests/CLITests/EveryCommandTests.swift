import ArgumentParser
import JSON
import Testing

@testable import CLI

/// What holds for every command.
@Suite struct EveryCommandTests {
    private func forEachCommand(_ body: ([String], CommandHelp) -> Void) throws {
        func walk(_ command: CommandHelp, _ path: [String]) {
            guard command.commandName != "help" else { return }
            let path = path + [command.commandName]
            let below = command.subcommands ?? []
            if below.isEmpty || command.commandName == "node" { body(path, command) }
            for each in below { walk(each, path) }
        }
        walk(try JSON.decode(CommandHelp.Dump.self, from: Array(HoldfastCommand._dumpHelp().utf8)).command, [])
    }

    @Test func `every command takes --json, but for the manual, which is a page`() throws {
        try forEachCommand { path, command in
            let names = (command.arguments ?? []).flatMap { $0.names ?? [] }.map(\.name)
            #expect(names.contains("json") == (path.last != "manual"), "\(path)")
        }
    }

    @Test func `every command and every argument says what it is`() throws {
        try forEachCommand { path, command in
            #expect(command.abstract?.hasSuffix(".") ?? false, "\(path)")
            for argument in command.arguments ?? [] where argument.shouldDisplay {
                #expect(!(argument.abstract ?? "").isEmpty, "\(path) \(argument.preferredName?.name ?? argument.valueName ?? "")")
            }
        }
    }
}
