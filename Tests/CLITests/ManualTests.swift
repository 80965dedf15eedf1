import ArgumentParser
import Foundation
import JSON
import Testing

@testable import CLI

@Suite struct ManualTests {
    private func page() throws -> [String] {
        let help = try JSON.decode(CommandHelp.Dump.self, from: Array(HoldfastCommand._dumpHelp().utf8))
        return ManualPage(help.command, date: "March 1, 2026").lines
    }

    @Test func `every command that is shown has its section`() throws {
        let lines = try page()
        func check(_ type: any ParsableCommand.Type, _ path: [String]) {
            let configuration = type.configuration
            guard configuration.shouldDisplay else { return }
            if configuration.subcommands.isEmpty {
                #expect(lines.contains(".Ss " + path.joined(separator: " ")), "\(path)")
            }
            for command in configuration.subcommands { check(command, path + [command.configuration.commandName ?? ""]) }
        }
        check(HoldfastCommand.self, ["holdfast"])
        #expect(lines.contains(".It Fl \\-request-id Ar uuid"))
    }

    /// A tool that is not there checks nothing; CI has it.
    private func run(_ tool: String, _ arguments: [String], input: String) throws -> (code: Int32, output: String)? {
        guard let path = ["/usr/bin/", "/usr/local/bin/", "/opt/homebrew/bin/"].map({ $0 + tool }).first(where: { access($0, X_OK) == 0 })
        else { return nil }
        let file = NSTemporaryDirectory() + "/holdfast-\(UUID().uuidString).txt"
        try input.write(toFile: file, atomically: true, encoding: .utf8)
        defer { try? FileManager.default.removeItem(atPath: file) }
        let process = Process()
        process.executableURL = URL(fileURLWithPath: path)
        process.arguments = arguments + [file]
        let pipe = Pipe()
        process.standardOutput = pipe
        process.standardError = pipe
        try process.run()
        let output = pipe.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        return (process.terminationStatus, String(decoding: output, as: UTF8.self))
    }

    @Test func `mandoc finds nothing to complain of`() throws {
        guard let result = try run("mandoc", ["-Tlint", "-Wwarning"], input: try page().joined(separator: "\n") + "\n") else { return }
        #expect(result.code == 0, "\(result.output)")
    }

    @Test(arguments: ["bash", "zsh", "fish"])
    func `completions are scripts that their shells can read`(shell: String) throws {
        let script = HoldfastCommand.completionScript(for: try #require(CompletionShell(rawValue: shell)))
        #expect(script.contains("request-id"))
        guard let result = try run(shell, ["-n"], input: script) else { return }
        #expect(result.code == 0, "\(result.output)")
    }
}
