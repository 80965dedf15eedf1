import ArgumentParser
import Testing

@testable import CLI

@Suite struct ArgumentTests {
    private func parse<C: ParsableCommand>(_: C.Type, _ arguments: String...) throws -> C {
        let command = try HoldfastCommand.parseAsRoot(arguments)
        return try #require(command as? C)
    }

    @Test func `an amount may be negative in either spelling`() throws {
        #expect(try parse(CounterIncrement.self, "counter", "increment", "alice", "--by", "-5").by == -5)
        #expect(try parse(CounterIncrement.self, "counter", "increment", "alice", "--by=-5").by == -5)
        #expect(try parse(CounterIncrement.self, "counter", "increment", "--by", "\(Int64.min)", "alice").by == .min)
        #expect(try parse(CounterIncrement.self, "counter", "increment", "alice").by == 1)
    }

    @Test(arguments: ["9223372036854775808", "-9223372036854775809", "1.5", "ten", "", "0x10", " 1"])
    func `an amount that is none is usage`(_ text: String) {
        #expect {
            try HoldfastCommand.parseAsRoot(["counter", "increment", "alice", "--by", text])
        } throws: { error in
            HoldfastCommand.exitCode(for: error).rawValue == 64
                && HoldfastCommand.message(for: error).contains("a whole number from \(Int64.min) to \(Int64.max)")
        }
    }

    @Test func `an id that looks like an option stands after two dashes`() throws {
        #expect(try parse(CounterGet.self, "counter", "get", "--", "--json").id == "--json")
        #expect(!Invocation(["counter", "get", "--", "--json"]).wantsJSON)
        #expect(Invocation(["counter", "get", "x", "--json"]).wantsJSON)
    }

    @Test func `addresses come from the command line then the environment then the default`() throws {
        let named = try parse(CounterGet.self, "counter", "get", "a", "--connect", "x:1, y:2", "--connect", "z:3")
        #expect(named.cluster.addresses(environment: ["HOLDFAST_CONNECT": "e:9"]) == ["x:1", "y:2", "z:3"])
        let unnamed = try parse(CounterGet.self, "counter", "get", "a")
        #expect(unnamed.cluster.addresses(environment: ["HOLDFAST_CONNECT": "e:9,f:8"]) == ["e:9", "f:8"])
        #expect(unnamed.cluster.addresses(environment: [:]) == ["127.0.0.1:7400"])
        #expect(unnamed.cluster.addresses(environment: ["HOLDFAST_CONNECT": ""]) == ["127.0.0.1:7400"])
    }

    @Test func `an empty address on the command line is not the default`() throws {
        let empty = try parse(CounterGet.self, "counter", "get", "a", "--connect", ",")
        #expect(empty.cluster.addresses(environment: [:]) == [])
    }

    @Test(arguments: ["0", "-1", "nan", "inf", "soon", "1e300"])
    func `a time that is none is refused`(_ text: String) {
        #expect(Seconds(argument: text) == nil)
    }

    @Test func `a time may have a fraction`() {
        #expect(Seconds(argument: "0.25")?.duration == .milliseconds(250))
        #expect(Seconds(argument: "60")?.duration == .seconds(60))
    }

    @Test func `every subcommand has help`() {
        func check(_ command: any ParsableCommand.Type) {
            #expect(!command.configuration.abstract.isEmpty, "\(command)")
            for subcommand in command.configuration.subcommands { check(subcommand) }
        }
        check(HoldfastCommand.self)
    }
}
